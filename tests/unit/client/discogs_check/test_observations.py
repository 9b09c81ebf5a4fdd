"""Whatever comes, something can be said of it, and no value of a record is kept."""

import json
from itertools import cycle

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cratesync.client.discogs_check.asks import PLAN
from cratesync.client.discogs_check.bodies import Subject, body_of, subject_in
from cratesync.client.discogs_check.calls import Answer
from cratesync.client.discogs_check.expectations import judge
from cratesync.client.discogs_check.findings import Seen
from cratesync.client.discogs_check.observations import observe
from unit.client.discogs_check.test_shapes import JSON

OLDEST = next(ask for ask in PLAN if ask.name == "items-oldest")
BASE_URL = "https://api.discogs.com"


def observed(content, *, ask=OLDEST, status=200, headers=(), subject=None):
    answer = Answer(status, tuple(headers), content, len(content), 0.1)
    return observe(ask, answer, body_of(content), base_url=BASE_URL, subject=subject)


def page(records, **pagination):
    return json.dumps({"pagination": pagination, "releases": records}).encode()


def dated(*dates):
    return page([{"date_added": date} for date in dates])


def test_dates_are_compared_as_instants():
    summer, winter = "2026-10-25T01:30:00-07:00", "2026-10-25T01:10:00-08:00"

    assert observed(dated(summer, winter)).listing.by_date == "oldest_first"
    assert observed(dated(winter, summer)).listing.by_date == "newest_first"
    assert observed(dated(winter, winter)).listing.by_date == "unknown"
    assert observed(dated(winter, "yesterday")).listing.by_date == "neither"
    assert (
        observed(dated("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")).listing.by_date
        == "oldest_first"
    )


def test_links_of_another_host_or_another_query_are_noticed():
    def links(url):
        return observed(page([], urls={"next": url})).listing

    echo = "per_page=100&page=2&sort=added&sort_order=asc"
    here = links(f"{BASE_URL}/users/ada/wants?{echo}")
    assert (here.urls_here, here.urls_echo) == (True, True)
    assert links(f"{BASE_URL}.evil.example/?{echo}").urls_here is False
    assert links(f"{BASE_URL}/?page=2").urls_echo is False
    assert links("http://[").urls_echo is False


def test_the_copies_of_a_release_are_known_by_their_ids():
    copy = {"id": 5, "instance_id": 50}

    assert observed(page([copy]), subject=Subject(5, 50)).listing.of_subject is True
    assert (
        observed(page([copy, {"id": 6, "instance_id": 60}]), subject=Subject(5, 50)).listing.of_subject
        is False
    )
    assert observed(page([]), subject=Subject(5, 50)).listing.of_subject is False


def test_a_long_message_is_cut_between_words():
    body = json.dumps({"message": "word " * 199 + "canary-token-that-would-be-cut-in-half"}).encode()

    assert "canary" not in observed(body, status=404).message


def test_kinds_of_bodies_are_told_apart():
    kinds = {
        content: observed(content).body
        for content in (b"{}", b"{", b"<html>", b"\n", b"\xff", b"[" * 100_000)
    }

    assert list(kinds.values()) == ["json", "broken_json", "page", "empty", "page", "broken_json"]


def test_no_value_of_a_record_is_kept():
    record = {
        "id": 4711,
        "instance_id": 4712,
        "notes": [{"value": "canary"}],
        "basic_information": {"title": "canary"},
    }
    observation = observed(page([record]), headers=[("Set-Cookie", "canary"), ("X-Echo", "canary")])

    kept = msgspec.json.encode(observation).decode()
    assert "canary" not in kept + repr(observation)
    assert "471" not in kept


def test_the_first_copy_with_ids_is_the_subject():
    body = body_of(page([{"id": "x"}, {"id": 5, "instance_id": 50}]))

    assert subject_in(body) == Subject(5, 50)
    assert "50" not in repr(subject_in(body)) + repr(body)


ANY_RECORD = st.dictionaries(
    st.sampled_from(["id", "instance_id", "date_added", "rating", "notes", "basic_information"]), JSON
)
ANY_PAGE = st.fixed_dictionaries(
    {
        "pagination": JSON
        | st.dictionaries(st.sampled_from(["page", "pages", "items", "urls", "per_page"]), JSON),
        "releases": JSON | st.lists(ANY_RECORD),
        "folders": JSON,
        "message": JSON,
    }
)


@settings(deadline=None, max_examples=50)
@given(st.binary() | ANY_PAGE.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_can_come_is_too_odd(content):
    observations = [
        observed(content, ask=ask, status=status, subject=Subject(1, 2))
        for ask, status in zip(PLAN, cycle((200, 404, 422, 500)), strict=False)
    ]

    judge(Seen(observations))
