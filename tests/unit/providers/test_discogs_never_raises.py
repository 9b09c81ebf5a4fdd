"""Whatever a client sends, `read` answers with an outcome."""

import json
from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cratesync.engine.outcomes import Outcome, PageRead, ReleaseRead
from cratesync.engine.provider import Answer, RateLimit
from cratesync.engine.records import ReleaseDetails
from unit.providers.discogs_answers import DISCOGS, EVERY_TASK, encoded, sent

OUTCOMES = get_args(Outcome)
KINDS = st.sampled_from(["collection", "wantlist"])
TASKS = st.sampled_from(EVERY_TASK)
STATUSES = st.one_of(st.sampled_from([0, 200, 401, 403, 404, 422, 429, 500]), st.integers(-5, 1000))
NAMES = st.one_of(
    st.sampled_from(["Retry-After", "X-Discogs-Ratelimit", "x-discogs-ratelimit-used", "content-type"]),
    st.text(),
)
HEADERS = st.dictionaries(
    NAMES, st.one_of(st.text(), st.integers().map(str), st.floats().map(str)), max_size=4
)
ERRORS = st.one_of(st.none(), st.text(), st.sampled_from(["network", "timeout: x", "refused_x", "oversize"]))

ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places_in(value, path=()):
    """Every place in a JSON value, as the steps that lead to it."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places_in(value[key], (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places_in(member, (*path, index))


def put(value, path, replacement):
    if not path:
        return replacement
    step, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[step] = put(value[step], rest, replacement)
    return changed


NAMES_OF_GOOD = ("collection_page", "wantlist_page", "folders", "fields", "value", "identity", "release")
GOOD = [sent(name) for name in NAMES_OF_GOOD]
PLACES = [(body, place) for body in GOOD for place in places_in(body)]
SPOILED = st.builds(lambda where, odd: put(*where, odd), st.sampled_from(PLACES), ANY_JSON)
BODIES = st.one_of(
    st.binary(),
    ANY_JSON.map(lambda body: json.dumps(body).encode()),
    SPOILED.map(lambda body: json.dumps(body).encode()),
)


def check(kind, task, account, answer):
    outcome = DISCOGS.read(kind, task, account, answer)
    assert isinstance(outcome, OUTCOMES)
    if isinstance(outcome, PageRead):
        for record in outcome.records:
            record.content.digest()
    if isinstance(outcome, ReleaseRead):
        assert msgspec.json.decode(msgspec.json.encode(outcome.details), type=ReleaseDetails)
    return outcome


@settings(max_examples=600, deadline=None)
@given(KINDS, TASKS, st.one_of(st.none(), st.text()), STATUSES, HEADERS, BODIES, ERRORS)
def test_any_answer_is_read_into_an_outcome(kind, task, account, status, headers, body, error):
    check(kind, task, account, Answer(status=status, headers=headers, body=body, error=error))


@settings(max_examples=600, deadline=None)
@given(KINDS, TASKS, SPOILED)
def test_a_good_answer_with_one_thing_spoiled_is_read_into_an_outcome(kind, task, body):
    check(kind, task, "shelf.keeper", Answer(status=200, headers={}, body=json.dumps(body).encode()))


def test_a_good_answer_with_one_byte_spoiled_is_read_into_an_outcome():
    for body in GOOD:
        whole = encoded(body)
        for place in range(0, len(whole), 13):
            for spoiled in (b"\x00", b'"', b"\xff", b"9", b"\\", b"{"):
                broken = whole[:place] + spoiled + whole[place + 1 :]
                for task in (EVERY_TASK[0], EVERY_TASK[1], EVERY_TASK[4]):
                    check("collection", task, "shelf.keeper", Answer(200, {}, broken))


@given(HEADERS)
def test_any_headers_are_read(headers):
    assert isinstance(DISCOGS.rate_limit(headers), RateLimit | None)


def test_a_long_message_is_not_searched_for_ever():
    body = encoded({"message": "page outside " * 200_000})
    check("collection", EVERY_TASK[4], "x", Answer(404, {}, body))
