"""The table of expectations and the plan of calls stand by themselves."""

import re
from pathlib import Path

import pytest

from cratesync.client.discogs_check.asks import PLAN
from cratesync.client.discogs_check.calls import CALLS_MAX, PREFLIGHTS_MAX
from cratesync.client.discogs_check.expectations import EXPECTATIONS, judge
from cratesync.client.discogs_check.findings import Seen
from cratesync.providers.discogs.allow_list import ALLOW_LIST, BASE_URL

FACTS = Path(__file__).parents[4] / "docs" / "reference" / "discogs.md"


def test_every_expectation_has_a_name_of_its_own_and_a_fact():
    facts = set(
        re.findall(r"^(?:- \*\*|#{2,3} )(\d+(?:\.\d+)?)(?:\*\*|\.? )", FACTS.read_text("utf-8"), re.MULTILINE)
    )

    ids = [expectation.id for expectation in EXPECTATIONS]
    assert len(set(ids)) == len(ids)
    assert {expectation.fact for expectation in EXPECTATIONS} <= facts


def test_nothing_asked_is_nothing_seen():
    assert {found.outcome for _, found in judge(Seen([]))} == {"not_seen"}


def test_the_plan_keeps_to_the_number_of_calls():
    preflights = [ask for ask in PLAN if ask.method == "OPTIONS"]

    for sort_refused in (True, False):
        assert sum(ask.wants_sort_refused in {None, sort_refused} for ask in PLAN) <= CALLS_MAX
    assert len(preflights) <= PREFLIGHTS_MAX
    assert all(ask.caller is None and ask.origin for ask in preflights)
    assert len({ask.name for ask in PLAN}) == len(PLAN)


@pytest.mark.parametrize("ask", PLAN, ids=lambda ask: ask.name)
def test_every_call_of_the_plan_is_on_the_list(ask):
    target = ask.target("Ada Ö", 5)

    assert ALLOW_LIST.permits(base_url=BASE_URL, method="GET", url=BASE_URL + target)
    assert "Ada" not in ask.shown


def test_what_needs_an_unknown_name_or_release_is_not_asked():
    asked = [ask.name for ask in PLAN if ask.target(None, None) is not None]

    assert asked == ["identity", "unknown-user", "made-up-token"]
