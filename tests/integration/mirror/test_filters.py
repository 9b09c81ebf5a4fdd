"""Each filter lets through what it says, alike on both databases."""

import pytest

from cratesync.server.store.search import query_words
from integration.mirror.shelf import item, want


@pytest.fixture
async def shelf(shelf):
    await shelf.put(
        item(
            1,
            release=101,
            master=9,
            title="Kind of Blue",
            artists=["Miles Davis"],
            year=1959,
            labels=[("Columbia", "CL 1355"), ("Columbia", "CS 8163")],
            formats=[("Vinyl", "LP", "Album")],
            genres=["Jazz"],
            styles=["Modal"],
            folder=1,
            rating=5,
            notes=["Mint (M)", "from Björk's sale"],
        ),
        item(
            2,
            release=102,
            title="Bitches Brew",
            artists=["Miles Davis", "Wayne Shorter"],
            year=1970,
            labels=[("Columbia", "GP 26")],
            formats=[("Vinyl", "LP"), ("Box Set",)],
            genres=["Jazz", "Rock"],
            styles=["Fusion"],
            folder=2,
            rating=0,
        ),
        item(
            3,
            release=103,
            title="Purple Rain",
            artists=["Prince (2)"],
            year=0,
            labels=[("Warner Bros. Records", "25110-1")],
            formats=[("CD", "Album")],
            genres=["Funk / Soul", 'so-called "Rock'],
            folder=2,
            rating=None,
            notes=[None, "needs a new case"],
        ),
        item(4, release=101, master=0, title="Kind of Blue", year=1959, folder=3, formats=[("File",)]),
    )
    await shelf.put(want(201, title="Debut", genres=["Electronic"], notes="the mint one, no stickers"))
    return shelf


async def found(shelf, text, **filters):
    return await shelf.keys(words=query_words(text), **filters)


FILTERS = (
    ({"folders": (2,)}, [2, 3]),
    ({"folders": (1, 3)}, [1, 4]),
    ({"folders": (0,)}, [1, 2, 3, 4]),
    ({"genres": ("Jazz",)}, [1, 2]),
    ({"genres": ("Rock", "Funk / Soul")}, [2, 3]),
    ({"genres": ("Rock",)}, [2]),
    ({"genres": ('so-called "Rock',)}, [3]),
    ({"genres": ("jazz",)}, []),
    ({"genres": ("Jaz%", "J_zz", "")}, []),
    ({"styles": ("Fusion", "Modal")}, [1, 2]),
    ({"formats": ("Vinyl",)}, [1, 2]),
    ({"formats": ("Album",)}, [1, 3]),
    ({"formats": ("Box Set", "CD")}, [2, 3]),
    ({"formats": ("File",)}, [4]),
    ({"decades": (1950,)}, [1, 4]),
    ({"decades": (1970, 0)}, [2, 3]),
    ({"years": (1959,)}, [1, 4]),
    ({"years": (0, 1970)}, [2, 3]),
    ({"labels": ("Columbia",)}, [1, 2]),
    ({"labels": ("Warner Bros. Records",)}, [3]),
    ({"artists": ("Wayne Shorter",)}, [2]),
    ({"artists": ("Prince (2)",)}, [3]),
    ({"artists": ("Prince",)}, []),
    ({"ratings": (5,)}, [1]),
    ({"ratings": (0,)}, [2, 3, 4]),
    ({"masters": (9,)}, [1]),
    ({"masters": (0,)}, [2, 3, 4]),
    ({"releases": (101,)}, [1, 4]),
    ({"genres": ("Jazz",), "folders": (2,)}, [2]),
    ({"genres": ("Jazz",), "decades": (1950,), "formats": ("LP",), "ratings": (5,)}, [1]),
    ({"genres": ("Jazz",), "formats": ("CD",)}, []),
)


async def test_values_of_one_filter_are_alternatives_and_all_filters_hold_at_once(shelf):
    for filters, expected in FILTERS:
        assert await shelf.keys(**filters) == expected, filters


SEARCHES = (
    ("miles", [1, 2]),
    ("MILES davis", [1, 2]),
    ("davis mil", [1, 2]),
    ("kind", [1, 4]),
    ("of kind blu", [1, 4]),
    ("shorter", [2]),
    ("cl1355", [1]),
    ("cl 1355", [1]),
    ("1959", [1, 4]),
    ("195", [1, 4]),
    ("columbia vinyl jazz", [1, 2]),
    ("bjorks", [1]),
    ("BJÖRK’S sale", [1]),
    ("mint miles", [1]),
    ("case purple", [3]),
    ("mint purple", []),
    ("avis", []),
    ("", [1, 2, 3, 4]),
    (" \t", [1, 2, 3, 4]),
    ("!!!", []),
    ("' OR 1=1 --", []),
    ('miles" OR "prince', []),
    ("miles* NEAR(davis) -prince", []),
    ("miles & !prince | 'x':*", []),
    ("%", []),
    ("mi_es", []),
    ("\x00 miles \x00", [1, 2]),
    ("🎷", []),
    ("miles 🎷", [1, 2]),
    (" ".join(["miles"] * 5000), [1, 2]),
)


async def test_every_word_begins_one_of_the_release_or_of_the_notes(shelf):
    for text, expected in SEARCHES:
        assert await found(shelf, text) == expected, text


async def test_words_and_filters_hold_at_once(shelf):
    assert await found(shelf, "blue", folders=(3,)) == [4]
    assert await found(shelf, "blue", formats=("LP",)) == [1]


async def test_a_want_is_found_by_its_notes_and_its_release(shelf):
    assert await found(shelf, "mint stick", kind="wantlist") == [201]
    assert await found(shelf, "debut mint", kind="wantlist", genres=("Electronic",)) == [201]
    assert await found(shelf, "miles", kind="wantlist") == []


async def test_what_was_removed_is_not_found_and_what_changed_is_found_anew(shelf):
    await shelf.remove(1)
    await shelf.put(item(4, release=101, title="So What", folder=3))

    assert await found(shelf, "kind of blue") == []
    assert await found(shelf, "so what") == [4]


async def test_nothing_of_somebody_else_is_found(shelf):
    stranger = await type(shelf).of_somebody_new(shelf.database)
    await stranger.put(item(1, title="Kind of Blue", genres=["Jazz"]))

    assert await found(stranger, "blue") == [1]
    assert await found(shelf, "blue") == [1, 4]
    assert (await stranger.page(genres=("Jazz",))).total == 1
