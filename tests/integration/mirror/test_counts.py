"""Facets and statistics equal what counting by hand gives."""

from collections import Counter
from random import Random

import pytest

from integration.mirror.shelf import item, want

GENRES, STYLES = ("Jazz", "Rock", "Pop"), ("Modal", "Punk", "Ambient", "Dub")
FORMATS = (
    ("Vinyl", "LP"),
    ("Vinyl", '7"', "Single"),
    ("CD",),
    ("Cassette", "Album"),
    ("Vinyl", "LP", "Album"),
)
YEARS = (1959, 1965, 1970, 1979, 1980, 0, None)
LABELS = (("Columbia", "1"), ("Columbia", "2"), "Polar", "Warp")


def drawn(seed, number):
    """Records without any pattern, the same for the same seed."""
    dice = Random(seed)
    for key in range(1, number + 1):
        yield (
            key,
            {
                "title": dice.choice(("Blue", "Green")),
                "genres": dice.sample(GENRES, dice.randint(0, 3)),
                "styles": dice.sample(STYLES, dice.randint(0, 2)),
                "formats": dice.sample(FORMATS, dice.randint(0, 2)),
                "year": dice.choice(YEARS),
                "labels": dice.sample(LABELS, dice.randint(0, 3)),
                "artists": dice.sample(("Miles Davis", "ABBA", "Autechre"), dice.randint(1, 2)),
                "rating": dice.choice((None, 0, 3, 5)),
                "added": dice.choice(("2023-12-31T23:00:00-08:00", "2024-05-05T00:00:00Z", "once", None)),
            },
        )


def shown(counts):
    """What the API shows of a dimension, as pairs."""
    return {each["value"]: each["count"] for each in counts}


def names_of(record):
    """What a record counts for, read off the API's own list."""
    year = record["year"] or 0
    return {
        "folders": {record.get("folderId")} - {None},
        "genres": set(record["genres"]),
        "styles": set(record["styles"]),
        "formats": {
            text for each in record["formats"] for text in (each["name"], *(each["descriptions"] or ()))
        },
        "decades": {year // 10 * 10},
        "labels": {each["name"] for each in record["labels"]},
        "artists": {each["name"] for each in record["artists"]},
        "ratings": {record["rating"] or 0},
    }


def counted(records, dimension):
    return Counter(value for record in records for value in names_of(record)[dimension])


@pytest.fixture
async def shelf(their_shelf):
    dice = Random(5)
    await their_shelf.put(
        *(
            item(key, release=1 + key // 2, folder=dice.choice((1, 2, 7, None)), **said)
            for key, said in drawn(1, 80)
        )
    )
    await their_shelf.put(*(want(key, **said) for key, said in drawn(2, 40)))
    await their_shelf.remove(1, 2, 3)
    return their_shelf


async def whole(caller, path):
    answer = await caller.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


FILTERS = {
    "folders": "folder=1&folder=7",
    "genres": "genre=Jazz",
    "styles": "style=Punk&style=Dub",
    "formats": "format=LP",
    "decades": "decade=1970&decade=0",
    "labels": "label=Columbia",
    "ratings": "rating=5&rating=0",
}


async def test_a_facet_counts_under_every_filter_but_its_own(caller, shelf):
    for path, kind in (("/api/collection", "collection"), ("/api/wantlist", "wantlist")):
        dimensions = [name for name in FILTERS if name != "folders" or kind == "collection"]
        for chosen in ((), ("genres", "ratings"), tuple(dimensions)):
            query = "&".join([*(FILTERS[name] for name in chosen), "q=b", "limit=500"])
            facets = await whole(caller, f"{path}/facets?{query}")

            assert facets["total"] == (await whole(caller, f"{path}?{query}"))["total"]
            for dimension in dimensions:
                others = "&".join(
                    [*(FILTERS[name] for name in chosen if name != dimension), "q=b", "limit=500"]
                )
                records = (await whole(caller, f"{path}?{others}"))["items"]
                assert shown(facets[dimension]) == counted(records, dimension), (dimension, query)
    assert (await whole(caller, "/api/wantlist/facets"))["folders"] == []


async def test_names_go_by_count_numbers_by_number_and_what_is_chosen_is_always_shown(caller, shelf):
    facets = await whole(caller, "/api/collection/facets?limit=1&style=Ambient&style=Nonsense")
    every = await whole(caller, "/api/collection/facets")

    counts = [each["count"] for each in every["styles"]]
    assert counts == sorted(counts, reverse=True)
    assert facets["styles"][0] == every["styles"][0]
    assert {each["value"] for each in facets["styles"]} == {every["styles"][0]["value"], "Ambient"}
    assert len(facets["labels"]) == 1
    for dimension in ("folders", "decades", "ratings"):
        values = [each["value"] for each in every[dimension]]
        assert values == sorted(values)


async def test_statistics_equal_a_count_by_hand(caller, shelf):
    for path in ("/api/collection", "/api/wantlist"):
        for query in ("", "genre=Jazz&q=blue"):
            records = (await whole(caller, f"{path}?limit=500&{query}"))["items"]
            statistics = await whole(caller, f"{path}/statistics?{query}")

            assert statistics["totals"] == {
                "records": len(records),
                "releases": len({each["releaseId"] for each in records}),
                "labels": len(counted(records, "labels")),
                "artists": len(counted(records, "artists")),
            }
            for dimension in ("decades", "genres", "styles", "formats", "labels", "artists", "ratings"):
                assert shown(statistics[dimension]) == counted(records, dimension)
            months = Counter(each["dateAdded"] for each in records)
            assert statistics["additions"] == [
                {"month": month, "count": months[stamp]}
                for month, stamp in (
                    ("2024-01", "2023-12-31T23:00:00-08:00"),
                    ("2024-05", "2024-05-05T00:00:00Z"),
                )
            ]


async def test_an_empty_mirror_has_facets_and_statistics_too(caller):
    facets = await whole(caller, "/api/collection/facets")
    statistics = await whole(caller, "/api/wantlist/statistics")

    assert facets["total"] == statistics["totals"]["records"] == 0
    assert facets["genres"] == statistics["additions"] == []
