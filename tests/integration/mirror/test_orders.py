"""Lists are sorted alike on both databases, and a walk through one stays right whatever changes meanwhile."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from cratesync.server.store.moves import MOVES_MAX, WalkOutrunError
from cratesync.server.store.orders import Order, Place, in_order
from cratesync.server.store.tables import changes
from integration.mirror.shelf import Shelf, item, want

SORTS = ("key", "added", "artist", "title", "year", "label", "rating")


def ordered(sort, *, descending=False):
    return Order(sort, descending)


async def test_records_go_by_what_people_would_look_for(shelf):
    await shelf.put(
        item(
            1,
            artists=["The Beatles"],
            title="Help!",
            year=1965,
            labels=[("Parlophone", "PMC 1255")],
            rating=5,
        ),
        item(2, artists=["ABBA"], title="Arrival", year=1976, labels=[("Polar", "POLS 272")], rating=3),
        item(
            3,
            artists=["Björk (2)"],
            title="Debut",
            year=1993,
            labels=[("One Little Indian", "TPLP 31")],
            rating=4,
        ),
        item(
            4,
            artists=["beatles"],
            title="The Arrival",
            year=1965,
            labels=[("Parlophone", "PMC 1202")],
            rating=0,
        ),
    )

    assert await shelf.keys() == [1, 2, 3, 4]
    assert await shelf.keys(order=ordered("key", descending=True)) == [4, 3, 2, 1]
    assert await shelf.keys(order=ordered("artist")) == [2, 1, 4, 3]
    assert await shelf.keys(order=ordered("title")) == [2, 3, 1, 4]
    assert await shelf.keys(order=ordered("year")) == [1, 4, 2, 3]
    assert await shelf.keys(order=ordered("label")) == [3, 4, 1, 2]
    assert await shelf.keys(order=ordered("rating")) == [2, 3, 1, 4]
    assert await shelf.keys(order=ordered("rating", descending=True)) == [1, 3, 2, 4]


async def test_the_time_of_adding_counts_and_not_how_it_is_written(shelf):
    await shelf.put(
        item(1, added="2024-03-01T23:30:00-08:00"),
        item(2, added="2024-03-02T06:00:00+00:00"),
        item(3, added="yesterday"),
        item(4, added=None),
    )

    assert await shelf.keys(order=ordered("added")) == [2, 1, 3, 4]
    assert await shelf.keys(order=ordered("added", descending=True)) == [1, 2, 4, 3]


@pytest.mark.parametrize("sort", ["artist", "title", "year", "label", "rating", "added"])
async def test_what_has_no_value_comes_last_either_way_and_equals_go_by_key(shelf, sort):
    def valued(key, number):
        stamp = f"20{number:02}-01-01T00:00:00Z"
        said = {"artists": [f"a{number}"], "title": f"a{number}", "labels": [f"a{number}"], "year": number}
        return item(key, rating=number, added=stamp, **said)

    await shelf.put(item(1, rating=0, year=0), valued(2, 2), valued(3, 1), item(4), valued(5, 2))

    assert await shelf.keys(order=ordered(sort)) == [3, 2, 5, 1, 4]
    assert await shelf.keys(order=ordered(sort, descending=True)) == [5, 2, 3, 4, 1]


NAMES = (
    "Zebra",
    "zebra",
    "Éclair",
    "eclair",
    "10cc",
    "!!!",
    "…",
    "日本",
    "ﬁn",
    "Ω",
    "ǅ",
    "🎷",
    "\ue000",
    "straße",
    "Sigur Rós",
    "a" * 500,
    "a" * 500 + "b",
    " ",
    "",
)


@pytest.mark.parametrize("sort", ["artist", "title", "label"])
async def test_texts_are_sorted_byte_by_byte_on_both_databases(shelf, sort):
    await shelf.put(
        *(item(key, artists=[name], title=name, labels=[name]) for key, name in enumerate(NAMES, 1))
    )
    column = f"{sort}_key"
    page = await shelf.page()
    places = [Place(row[column], row["instance_id"]) for row in page.rows]
    for descending in (False, True):
        order = ordered(sort, descending=descending)
        expected = [place.key for place in in_order(places, order)]

        assert await shelf.keys(order=order) == expected
        assert [key for key, _ in await walked(shelf, order, limit=3)] == expected


async def walked(shelf, order, *, limit, kind="collection", between=()):
    """Keys with their pages' totals, page by page, and what happens between two pages."""
    met, reached = [], None
    happening = iter(between)
    while True:
        page = await shelf.page(order=order, reached=reached, limit=limit, kind=kind)
        met += [
            (row["instance_id" if kind == "collection" else "release_id"], page.total) for row in page.rows
        ]
        if (reached := page.reached) is None:
            return met
        for change in next(happening, ()):
            await change


async def test_a_record_that_moves_behind_the_reader_is_not_missed(shelf):
    await shelf.put(*(item(key, rating=key) for key in range(1, 6)))

    met = await walked(shelf, ordered("rating"), limit=2, between=[[shelf.put(item(5, rating=1))]])

    assert [key for key, _ in met] == [1, 2, 3, 4, 5]


async def test_a_record_that_moves_ahead_of_the_reader_is_not_met_twice(shelf):
    await shelf.put(*(item(key, artists=[f"artist {key}"]) for key in range(1, 6)))

    met = await walked(
        shelf, ordered("artist"), limit=2, between=[[shelf.put(item(1, artists=["the zombies"]))]]
    )

    assert [key for key, _ in met] == [1, 2, 3, 4, 5]


async def test_a_record_that_moves_twice_stands_where_it_stood_at_first(shelf):
    await shelf.put(*(want(key, year=1970 + key) for key in range(1, 8)))

    met = await walked(
        shelf,
        ordered("year", descending=True),
        kind="wantlist",
        limit=2,
        between=[
            [shelf.put(want(1, year=1999)), shelf.put(want(6, year=1901))],
            [shelf.put(want(1, year=1990)), shelf.put(want(6, year=1902))],
        ],
    )

    assert [key for key, _ in met] == [7, 6, 5, 4, 3, 2, 1]


async def test_more_moves_than_a_page_can_look_at_end_the_walk(shelf):
    keys = range(1, MOVES_MAX + 2)
    await shelf.put(*(item(key, rating=1) for key in keys))
    first = await shelf.page(order=ordered("rating"), limit=1)
    await shelf.put(*(item(key, rating=2) for key in keys))

    with pytest.raises(WalkOutrunError):
        await shelf.page(order=ordered("rating"), reached=first.reached)
    assert len((await shelf.page(order=ordered("key"), reached=first.reached)).rows) == 100


async def test_a_walk_that_began_before_the_feed_does_has_ended(shelf):
    await shelf.put(*(item(key, rating=key) for key in range(1, 6)))
    first = await shelf.page(order=ordered("rating"), limit=2)
    await shelf.put(item(6, rating=6))
    async with shelf.database.write() as connection:
        await connection.execute(delete(changes).where(changes.c.user_id == shelf.user_id))

    with pytest.raises(WalkOutrunError):
        await shelf.page(order=ordered("rating"), reached=first.reached)
    assert len((await shelf.page(reached=first.reached)).rows) == 4


RECORDS = st.fixed_dictionaries(
    {
        "artists": st.sampled_from([["The Ärzte"], ["arzte"], ["Zz Top"], ["日本"], [""], []]),
        "title": st.sampled_from(["b", "B", "a", None]),
        "year": st.sampled_from([1970, 1971, 0, None]),
        "labels": st.sampled_from([["x"], [("x", "1")], []]),
        "rating": st.sampled_from([0, 1, 2, 5, None]),
        "added": st.just("2024-01-01T00:00:00Z"),
    }
)
KEYS = st.integers(1, 12)
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, RECORDS),
    st.tuples(st.just("put"), KEYS, RECORDS),
    st.tuples(st.just("remove"), KEYS, st.none()),
)


@pytest.mark.parametrize("sort", SORTS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, RECORDS, min_size=4), st.lists(STEPS, max_size=6), st.booleans())
async def test_whoever_looks_ahead_sees_what_a_walk_comes_to_there(database, sort, there, steps, descending):
    shelf = await Shelf.of_somebody_new(database)
    await shelf.put(*(item(key, **said) for key, said in there.items()))
    order = ordered(sort, descending=descending)
    begun = (await shelf.page(order=order, limit=1)).reached
    for what, key, said in steps:
        await (shelf.remove(key) if what == "remove" else shelf.put(item(key, **said)))

    ahead = keys_of(await shelf.page(order=order, reached=begun))
    for skip in range(len(ahead) + 2):
        page = await shelf.page(order=order, reached=begun, skip=skip, limit=2)

        assert keys_of(page) == ahead[skip : skip + 2]
        assert (page.reached is None) == (skip + 2 >= len(ahead))
        if page.reached is not None:
            assert keys_of(await shelf.page(order=order, reached=page.reached)) == ahead[skip + 2 :]


def keys_of(page):
    return [row["instance_id"] for row in page.rows]


@pytest.mark.parametrize("sort", SORTS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(KEYS, RECORDS, min_size=4),
    st.lists(st.lists(STEPS, max_size=4), max_size=5),
    st.integers(1, 4),
    st.booleans(),
)
async def test_whatever_changes_between_pages_what_stays_is_met_once(
    database, sort, there, between, limit, descending
):
    shelf = await Shelf.of_somebody_new(database)
    await shelf.put(*(item(key, **said) for key, said in there.items()))
    order = ordered(sort, descending=descending)
    expected = await shelf.keys(order=order)
    gone = {key for steps in between for what, key, _ in steps if what == "remove"}

    def happen(what, key, said):
        return shelf.remove(key) if what == "remove" else shelf.put(item(key, **said))

    met = await walked(
        shelf,
        order,
        limit=limit,
        between=[(happen(*step) for step in steps) for steps in between],
    )

    assert [key for key, _ in met if key in there and key not in gone] == [
        key for key in expected if key not in gone
    ]
