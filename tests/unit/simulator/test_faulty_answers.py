import json

import pytest

from cratesync.simulator import Fault, Kind

ITEMS = "/users/ada/collection/folders/0/releases"
PAGE = {"Origin": "https://page.test"}


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        (Kind.SERVER_ERROR, 500, "application/json"),
        (Kind.BAD_GATEWAY, 502, "text/html; charset=UTF-8"),
        (Kind.HTML, 200, "text/html; charset=UTF-8"),
        (Kind.EMPTY, 200, "application/json"),
        (Kind.TRUNCATED, 200, "application/json"),
    ],
)
async def test_an_answer_goes_wrong_as_it_was_told_to(discogs, ada, kind, status, content_type):
    discogs.faults.set(Fault(kind, next=1))
    wrong = await ada.get(ITEMS)
    right = await ada.get(ITEMS)

    assert (wrong.status_code, wrong.headers["content-type"]) == (status, content_type)
    if kind is not Kind.SERVER_ERROR:
        with pytest.raises(json.JSONDecodeError):
            wrong.json()
    assert right.status_code == 200
    assert [call.fault for call in discogs.journal] == [kind, None]


async def test_pages_of_the_edge_are_opaque_to_a_browser(discogs, ada):
    discogs.faults.set(Fault(Kind.BAD_GATEWAY))
    answer = await ada.get(ITEMS, headers=PAGE)

    assert "access-control-allow-origin" not in answer.headers
    assert "x-discogs-ratelimit" not in answer.headers


async def test_a_slow_call_waits(discogs, ada, clock):
    discogs.faults.set(Fault(Kind.SLOW, next=1, seconds=12))
    before = clock.seconds

    assert (await ada.get("/oauth/identity")).status_code == 200
    assert clock.seconds - before == 12


@pytest.mark.parametrize(
    ("kind", "change"), [(Kind.DRIFT_ADD, 1), (Kind.DRIFT_REMOVE, -1), (Kind.DRIFT_BOTH, 0)]
)
@pytest.mark.parametrize("path", [ITEMS, "/users/ada/wants"])
async def test_a_list_drifts_after_the_page_was_answered(discogs, ada, kind, change, path):
    user = discogs.user("ada")
    entries = user.collection.instance_ids if path == ITEMS else user.wantlist.release_ids
    before = entries()
    discogs.faults.set(Fault(kind, next=1, page=1))
    shown = (await ada.get(path, params={"sort": "added"})).json()

    assert shown["pagination"]["items"] == len(before)
    assert len(entries()) == len(before) + change
    assert entries() != before


async def test_drift_lets_an_owned_item_slip_past_a_scan_while_every_count_is_right(discogs, ada):
    owned = set(discogs.user("ada").collection.instance_ids())
    discogs.faults.set(Fault(Kind.DRIFT_BOTH, next=1, page=1))
    seen, counts = set(), set()
    for page in (1, 2, 3):
        body = (await ada.get(ITEMS, params={"sort": "added", "per_page": 100, "page": page})).json()
        seen |= {item["instance_id"] for item in body["releases"]}
        counts.add(body["pagination"]["items"])
    still_owned = set(discogs.user("ada").collection.instance_ids())

    assert counts == {250}
    assert len(seen) == 250
    assert len(still_owned & owned - seen) == 1
