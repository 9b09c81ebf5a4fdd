"""The lists and single records over REST: cursors, odd parameters, and what was removed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import product
from typing import get_args
from urllib.parse import quote

import pytest

from cratesync.server.store.orders import Sort
from integration.mirror.shelf import item, want

LISTS = ("/api/collection", "/api/wantlist")


@pytest.fixture
async def shelf(their_shelf):
    await their_shelf.put(
        *(item(key, title=f"Title {key:02}", year=1960 + key % 3, genres=["Jazz"]) for key in range(1, 31))
    )
    await their_shelf.put(*(want(key, title=f"Title {key:02}") for key in range(1, 4)))
    return their_shelf


def fault_of(answer):
    return answer.status_code, answer.json()["code"]


async def walk(caller, path):
    """Keys page by page, following `nextCursor`."""
    keys, cursor = [], ""
    while True:
        page = (await caller.get(f"{path}{cursor}")).json()
        keys += [each.get("instanceId", each["releaseId"]) for each in page["items"]]
        if page["nextCursor"] is None:
            return keys
        cursor = f"&cursor={page['nextCursor']}"


async def test_a_cursor_leads_through_the_whole_list_in_any_order(caller, shelf):
    for sort, order in product(get_args(Sort), ("asc", "desc")):
        asked = f"/api/collection?sort={sort}&order={order}&genre=Jazz&q=title"
        once = await walk(caller, f"{asked}&limit=500")

        assert sorted(once) == list(range(1, 31))
        assert await walk(caller, f"{asked}&limit=13") == once


async def test_whoever_looks_far_ahead_passes_over_what_lies_between(caller, shelf):
    asked = "/api/collection?sort=title&order=desc&genre=Jazz&limit=4"
    first = (await caller.get(asked)).json()
    ahead = (await caller.get(f"{asked}&skip=20&cursor={first['nextCursor']}")).json()
    straight = (await caller.get(f"{asked}&skip=24")).json()
    beyond = (await caller.get(f"{asked}&skip=2147483647")).json()

    assert [each["instanceId"] for each in ahead["items"]] == [6, 5, 4, 3]
    assert straight["items"] == ahead["items"]
    assert await walk(caller, f"{asked}&cursor={ahead['nextCursor']}&limit=500") == [2, 1]
    assert (beyond["items"], beyond["nextCursor"], beyond["total"]) == ([], None, 30)
    assert [
        each["releaseId"] for each in (await caller.get("/api/wantlist?skip=1&limit=1")).json()["items"]
    ] == [2]


async def test_a_cursor_is_good_for_the_walk_that_it_was_given_out_for(caller, shelf):
    page = (await caller.get("/api/collection?limit=5&sort=year&genre=Jazz")).json()
    cursor = page["nextCursor"]

    assert len(cursor) < 100
    for other in (
        "/api/collection?limit=5&genre=Jazz",
        "/api/collection?limit=5&sort=title&genre=Jazz",
        "/api/collection?limit=5&sort=year&order=desc&genre=Jazz",
        "/api/collection?limit=5&sort=year",
        "/api/collection?limit=5&sort=year&genre=Jazz&q=title",
        "/api/collection?limit=5&sort=year&genre=Jazz&folder=1",
        "/api/wantlist?limit=5&sort=year&genre=Jazz",
    ):
        assert fault_of(await caller.get(f"{other}&cursor={cursor}")) == (400, "bad_cursor")
    assert (
        await caller.get(f"/api/collection?limit=9&sort=year&genre=Jazz&cursor={cursor}")
    ).status_code == 200


@pytest.mark.parametrize("sort", ["added", "title", "year", "key"])
async def test_a_cursor_that_somebody_made_up_does_no_harm(caller, shelf, sort):
    given = (await caller.get(f"/api/collection?limit=5&sort={sort}")).json()["nextCursor"]
    walk_of = urlsafe_b64decode_text(given).split('"')[1]
    for rest in (
        "0,1,99999999999999999999999",
        "0,1,9223372036854775807",
        "0,1,-9223372036854775808",
        '0,1,"\\u0000"',
        "0,1,[]",
        "0,1,1e400",
        "0,-1,null",
        "99999999999999999999,1,null",
        "null,null,null",
        '0,1,"' + "a" * 1000 + '"',
        '0,1,"\\ud800"',
    ):
        made_up = urlsafe_b64encode(f'["{walk_of}",{rest}]'.encode()).decode().rstrip("=")
        answer = await caller.get(f"/api/collection?limit=5&sort={sort}&cursor={made_up}")

        assert (answer.status_code == 200) or fault_of(answer) == (400, "bad_cursor"), rest
    for nonsense in ("%00", "é", "=", "a", "W10", "bnVsbA", ""):
        answer = await caller.get(f"/api/collection?cursor={nonsense}")
        assert fault_of(answer) == (400, "bad_cursor"), nonsense
    assert fault_of(await caller.get(f"/api/collection?cursor={'a' * 3000}")) == (400, "invalid_parameter")


def urlsafe_b64decode_text(cursor):
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


BEYOND = (
    f"q={'a' * 10_000}",
    "sort=colour",
    "order=sideways",
    "limit=0",
    "limit=501",
    "skip=-1",
    "skip=2147483648",
    "year=nineteen",
    "year=-1",
    "year=99999999999999999999",
    "releaseId=9223372036854775808",
    "masterId=-1",
    "rating=2147483648",
    "decade=1.5",
    "decade=1975",
    f"genre={'a' * 501}",
    "&".join(["genre=a"] * 51),
    "&".join(["releaseId=1"] * 51),
)


async def test_parameters_beyond_their_bounds_are_refused_with_a_sentence(caller, shelf):
    for path, parameters in product(LISTS, BEYOND):
        for what in ("",) if parameters.startswith(("sort", "order", "skip")) else ("", "/facets"):
            answer = await caller.get(f"{path}{what}?{parameters}")
            assert fault_of(answer) == (400, "invalid_parameter"), answer.text
            assert repr(parameters.partition("=")[0]) in answer.json()["message"]


HOSTILE = (
    "'",
    '"',
    "' OR '1'='1",
    "a\x00b",
    "\x00",
    "%",
    "_",
    "*",
    "\\",
    "()",
    "🎷🎺",
    "NEAR(a b)",
    "a" * 200,
    "\ufffd",
)


async def test_hostile_texts_find_nothing_and_break_nothing(caller, shelf):
    names = ("genre", "style", "format", "label", "artist")
    for text in map(quote, HOSTILE):
        everywhere = "&".join(f"{name}={text}" for name in names)
        for asked in (
            f"/api/collection?q={text}",
            f"/api/collection?{everywhere}",
            f"/api/collection/facets?q={text}&{everywhere}",
            f"/api/wantlist?q={text}&{everywhere}",
        ):
            answer = await caller.get(asked)
            assert (answer.status_code, answer.json().get("total")) == (200, 0), asked


async def test_bytes_that_are_no_text_break_nothing(caller, shelf):
    answer = await caller.get("/api/collection?q=%ff%fe&genre=%c3%28")
    assert answer.status_code == 200
    assert answer.json()["total"] == 0


async def test_an_empty_search_is_none(caller, shelf):
    for text in ("", "%20", "%09%0A"):
        assert (await caller.get(f"/api/collection?q={text}")).json()["total"] == 30


async def test_a_list_tells_the_number_of_the_feed_that_it_is_as_new_as(caller, shelf):
    before = (await caller.get("/api/collection?limit=1")).json()["mirror"]["changeSeq"]
    await shelf.put(item(31, title="New"))
    after = (await caller.get("/api/collection?q=nothing")).json()["mirror"]["changeSeq"]

    assert (before, after) == (33, 34)


async def test_a_single_record_is_the_same_as_in_the_list(caller, shelf):
    for path in LISTS:
        first = (await caller.get(f"{path}?limit=1")).json()["items"][0]
        assert (await caller.get(f"{path}/1")).json() == first


async def test_a_record_that_was_removed_says_so_and_one_that_never_was_is_not_found(caller, shelf, server):
    await shelf.remove(2)
    await shelf.remove(3, kind="wantlist")

    for path in ("/api/collection/2", "/api/wantlist/3"):
        answer = await caller.get(path)
        assert fault_of(answer) == (410, "item_removed")
        assert answer.json()["removedAt"] == "2030-01-01T00:00:00Z"
    for key in ("0", "77", "-1", "9223372036854775807", "9223372036854775808", "9" * 40):
        for path in LISTS:
            assert fault_of(await caller.get(f"{path}/{key}")) == (404, "item_not_found"), key
    bob = await server.register("bob")
    assert fault_of(await bob.get("/api/collection/1")) == (404, "item_not_found")
    assert fault_of(await caller.get("/api/collection/one")) == (404, "not_found")


async def test_reading_needs_the_scope_and_shows_nothing_of_others(caller, shelf, server):
    bob = await server.register("bob")
    answer = await caller.post("/api/auth/tokens", {"name": "a client", "scopes": ["fetch"]})
    stranger = server.with_token(answer.json()["token"])
    for path in (*LISTS, *(f"{each}{what}" for each in LISTS for what in ("/facets", "/statistics", "/1"))):
        assert fault_of(await stranger.get(path)) == (403, "scope_missing")
        assert fault_of(await server.with_token("nobody").get(path)) == (401, "not_signed_in")
    assert (await bob.get("/api/collection")).json()["total"] == 0
    assert (await bob.get("/api/collection/facets")).json()["genres"] == []
    assert (await bob.get("/api/collection/statistics")).json()["totals"]["records"] == 0
