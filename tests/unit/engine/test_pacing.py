"""When the next call may leave."""

import msgspec
import pytest

from cratesync.engine.learning import Learned
from cratesync.engine.pacing import (
    Cause,
    Departure,
    Hint,
    Pace,
    Quota,
    Slot,
    allowance,
    arrive,
    depart,
    departure,
    end_unanswered,
    loaded,
    lose,
    releases,
    sent_within,
    throttled,
)
from cratesync.engine.provider import RateLimit

QUOTA = Quota(calls=10, window_seconds=60.0, reserve=2)
LEASE = 90.0


def called(pace=None, *, at, keys, answered_after=None, rate_limit=None):
    """A pace after these calls left at one moment, and were answered some seconds later."""
    pace = pace or Pace()
    for key in keys:
        pace = depart(pace, QUOTA, key=key, lease_until=at + LEASE, now=at)
    if answered_after is not None:
        for key in keys:
            pace = arrive(pace, QUOTA, key=key, rate_limit=rate_limit, now=at + answered_after)
    return pace


def turned_away(pace, key, *, now, heard=True):
    return throttled(pace, QUOTA, key=key, heard=heard, retry_after_seconds=None, roll=0.0, now=now)


def leaves(pace, now, learned=None, **options):
    return departure(pace, QUOTA, learned, now, **options)


# --- slots ---


def test_a_fresh_quota_lets_all_but_the_reserve_go_at_once():
    assert leaves(called(at=0.0, keys="abcdefg"), 0.0) == Departure(0.0, Cause.NOTHING)
    assert leaves(called(at=0.0, keys="abcdefgh"), 0.0).cause is Cause.QUOTA


def test_one_call_at_least_may_always_leave_whatever_the_reserve():
    assert Quota(2, 60.0, 5).usable == 1


def test_a_slot_is_in_use_until_one_window_after_its_answer():
    pace = called(at=0.0, keys="abcdefgh", answered_after=3.0)

    assert leaves(pace, 5.0) == Departure(63.0, Cause.QUOTA)
    assert leaves(pace, 63.0) == Departure(63.0, Cause.NOTHING)


def test_then_one_leaves_as_one_expires():
    pace = called(at=0.0, keys="abcd", answered_after=1.0)
    pace = called(pace, at=20.0, keys="efgh", answered_after=1.0)
    assert leaves(pace, 30.0).at == 61.0

    pace = called(pace, at=61.0, keys="ijkl")
    assert leaves(pace, 61.0).at == 81.0


def test_a_call_without_an_answer_counts_until_a_window_after_its_lease():
    pace = called(at=0.0, keys="abcdefgh")

    assert leaves(pace, 5.0).at == LEASE + 60
    assert leaves(lose(pace, "abcdefgh"), 5.0).at == LEASE + 60


def test_an_answer_after_the_lease_does_not_hold_the_slot_longer():
    pace = called(at=0.0, keys="abcdefgh", answered_after=LEASE + 50)

    assert leaves(pace, LEASE + 51).at == LEASE + 60


def test_a_late_answer_to_a_lost_call_frees_its_slot_sooner():
    pace = lose(called(at=0.0, keys="abcdefgh"), "a")
    pace = arrive(pace, QUOTA, key="a", rate_limit=None, now=10.0)

    assert leaves(pace, 11.0).at == 70.0


def test_a_call_that_ended_without_an_answer_is_over():
    pace = end_unanswered(called(at=0.0, keys="abcdefgh"), key="a", now=60.0)

    assert leaves(pace, 61.0).at == 120.0


def test_a_repeated_answer_changes_nothing():
    pace = called(at=0.0, keys="a", answered_after=1.0)

    assert arrive(pace, QUOTA, key="a", rate_limit=RateLimit(10, 9, 1), now=30.0) == pace


def test_slots_that_say_nothing_any_more_are_forgotten():
    pace = called(at=0.0, keys="abc", answered_after=1.0)
    pace = called(pace, at=200.0, keys="d")

    assert [slot.key for slot in pace.slots] == ["d"]
    assert sent_within(pace, 60.0, 210.0) == 1


# --- what people are told meanwhile ---


def test_answers_under_way_are_expected_soon_when_people_ask():
    pace = called(at=0.0, keys="abcdefgh")

    assert leaves(pace, 1.0, latency_seconds=0.5).at == 61.0
    assert releases(pace, QUOTA, 1.0, latency_seconds=4.0) == [64.0] * 8


# --- hints ---


def test_calls_of_others_take_from_what_may_leave():
    pace = called(at=0.0, keys="ab", answered_after=1.0, rate_limit=RateLimit(10, 7, 3))

    assert pace.hint == Hint(10, 5, 61.0)
    assert allowance(pace, QUOTA, None, 2.0) == 3


def test_numbers_that_our_own_calls_explain_are_no_hint():
    pace = called(at=0.0, keys="abcde", answered_after=1.0, rate_limit=RateLimit(10, 5, 5))

    assert pace.hint is None


def test_calls_whose_slots_freed_while_this_one_was_under_way_explain_them_too():
    pace = called(at=0.0, keys="abcd", answered_after=1.0)
    pace = called(pace, at=60.0, keys="e")
    pace = called(pace, at=70.0, keys="f")
    pace = arrive(pace, QUOTA, key="e", rate_limit=RateLimit(10, 4, 6), now=75.0)

    assert pace.hint is None


def test_remaining_alone_tells_as_much():
    pace = called(at=0.0, keys="a", answered_after=1.0, rate_limit=RateLimit(remaining=4))

    assert pace.hint == Hint(10, 5, 61.0)


@pytest.mark.parametrize(("limit", "allowed"), [(5, 3), (10, 8), (240, 8), (1, 0)])
def test_a_limit_that_the_api_changed_counts_only_downwards(limit, allowed):
    pace = called(at=0.0, keys="a", answered_after=1.0, rate_limit=RateLimit(limit=limit))

    assert allowance(pace, QUOTA, None, 2.0) == allowed


def test_the_next_good_numbers_lift_a_hint():
    pace = called(at=0.0, keys="a", answered_after=1.0, rate_limit=RateLimit(10, 9, 1))
    pace = called(pace, at=2.0, keys="b", answered_after=1.0, rate_limit=RateLimit(10, 1, 9))

    assert pace.hint is None


def test_where_others_spend_all_one_call_looks_again_after_a_window():
    pace = called(at=0.0, keys="a", answered_after=1.0, rate_limit=RateLimit(10, 10, 0))
    assert leaves(pace, 2.0) == Departure(61.0, Cause.QUOTA)

    assert leaves(pace, 61.0).cause is Cause.NOTHING
    looking = depart(pace, QUOTA, key="b", lease_until=61.0 + LEASE, now=61.0)
    assert leaves(looking, 61.0).cause is Cause.QUOTA

    free = arrive(looking, QUOTA, key="b", rate_limit=RateLimit(10, 0, 10), now=62.0)
    assert leaves(free, 62.0).cause is Cause.NOTHING
    lost = lose(looking, "b")
    assert leaves(lost, 62.0).cause is Cause.NOTHING


def test_an_answer_without_numbers_leaves_the_hint_alone():
    pace = called(at=0.0, keys="a", answered_after=1.0, rate_limit=RateLimit(10, 9, 1))

    assert called(pace, at=2.0, keys="b", answered_after=1.0).hint == pace.hint


# --- blind ---


def test_a_blind_client_keeps_to_its_budget_while_anything_is_under_way():
    pace = called(at=0.0, keys="abcde")

    assert leaves(pace, 0.0, Learned(5)).cause is Cause.QUOTA


def test_with_its_budget_spent_and_nothing_under_way_it_tries_one_more():
    pace = called(at=0.0, keys="abcde", answered_after=1.0)
    assert leaves(pace, 2.0, Learned(5)).cause is Cause.NOTHING

    trying = called(pace, at=2.0, keys="f")
    assert leaves(trying, 2.0, Learned(5)).cause is Cause.QUOTA


def test_a_trial_never_goes_beyond_the_reserve_or_while_it_is_capped():
    pace = called(at=0.0, keys="abcdefgh", answered_after=1.0)

    assert leaves(pace, 2.0, Learned(8)).cause is Cause.QUOTA
    fewer = called(at=0.0, keys="abcde", answered_after=1.0)
    assert leaves(fewer, 2.0, Learned(5, capped_until=3.0)).cause is Cause.QUOTA
    assert leaves(fewer, 3.0, Learned(5, capped_until=3.0)).cause is Cause.NOTHING


# --- what is kept for people ---

LARGE = Quota(calls=60, window_seconds=60.0, reserve=2)


def filled(count, *, at=0.0):
    pace = Pace()
    for key in range(count):
        pace = depart(pace, LARGE, key=str(key), lease_until=at + LEASE, now=at)
        pace = arrive(pace, LARGE, key=str(key), rate_limit=None, now=at + 1)
    return pace


def test_a_queued_call_leaves_a_thirtieth_of_the_quota_to_people():
    assert departure(filled(55), LARGE, None, 1.0, queued=True).cause is Cause.NOTHING
    assert departure(filled(56), LARGE, None, 1.0, queued=True) == Departure(61.0, Cause.QUOTA)

    assert departure(filled(57), LARGE, None, 1.0).cause is Cause.NOTHING
    assert departure(filled(58), LARGE, None, 1.0).cause is Cause.QUOTA


@pytest.mark.parametrize(("calls", "kept"), [(10, 0), (29, 0), (30, 1), (60, 2), (240, 8)])
def test_a_small_quota_has_no_share_to_give(calls, kept):
    assert Quota(calls, 60.0, 0).kept == kept


@pytest.mark.parametrize(("others", "allowed"), [(0, 56), (50, 6), (56, 1), (57, 1), (58, 0)])
def test_where_others_leave_little_one_call_at_least_is_for_the_queue(others, allowed):
    pace = Pace(hint=Hint(60, others, 99.0))

    assert allowance(pace, LARGE, None, 1.0, queued=True) == allowed


def test_a_queued_probe_leaves_the_share_too():
    pace = depart(filled(56), LARGE, key="a", lease_until=LEASE, now=1.0)
    pace, _ = throttled(pace, LARGE, key="a", heard=True, retry_after_seconds=None, roll=0.0, now=2.0)

    assert departure(pace, LARGE, None, 10.0).cause is Cause.NOTHING
    assert departure(pace, LARGE, None, 10.0, queued=True) == Departure(61.0, Cause.THROTTLE)


@pytest.mark.parametrize(("budget", "queue", "people"), [(30, 30, 32), (55, 55, 57), (60, 56, 58)])
def test_a_blind_client_s_queue_has_its_whole_budget_and_people_go_a_share_beyond_it(budget, queue, people):
    learned = Learned(budget, capped_until=99.0)

    assert allowance(Pace(), LARGE, learned, 1.0, queued=True) == queue
    assert allowance(Pace(), LARGE, learned, 1.0) == people


def test_a_person_waits_for_no_trial_of_a_blind_client():
    pace = filled(30)
    assert departure(pace, LARGE, Learned(30), 2.0, queued=True).cause is Cause.NOTHING

    trying = depart(pace, LARGE, key="t", lease_until=LEASE, now=2.0)
    assert departure(trying, LARGE, Learned(30), 2.0, queued=True).cause is Cause.QUOTA
    assert departure(trying, LARGE, Learned(30), 2.0).cause is Cause.NOTHING


# --- throttled ---


def test_calls_that_were_under_way_together_make_one_throttle_event():
    pace = called(at=0.0, keys="abc")
    pace, first = turned_away(pace, "a", now=1.0)
    pace, second = turned_away(pace, "b", now=1.5)

    assert (first, second) == (True, False)
    assert pace.throttle.count == 1


def test_they_still_do_when_a_probe_ended_the_throttle_meanwhile():
    pace = called(at=0.0, keys="abc")
    pace, _ = turned_away(pace, "a", now=1.0)
    pace = called(pace, at=5.0, keys="p", answered_after=1.0)
    assert pace.throttle is None

    pace, is_event = turned_away(pace, "b", now=20.0)

    assert not is_event
    assert pace.throttle is None


def test_a_repeated_or_forgotten_failure_is_no_event():
    pace = called(at=0.0, keys="a")
    pace, _ = turned_away(pace, "a", now=1.0)
    pace = called(pace, at=5.0, keys="p", answered_after=1.0)

    for key in ("a", "long ago"):
        assert turned_away(pace, key, now=9.0)[1] is False


def test_after_a_throttle_one_probe_alone_is_sent():
    pace, _ = turned_away(called(at=0.0, keys="ab"), "a", now=1.0)
    assert leaves(pace, 1.0) == Departure(2.0, Cause.THROTTLE)
    assert leaves(pace, 2.0).cause is Cause.NOTHING

    probing = called(pace, at=2.0, keys="p")
    assert leaves(probing, 2.0) == Departure(2.0 + LEASE, Cause.THROTTLE)
    assert leaves(probing, 2.0, latency_seconds=0.5).at == 2.5


def test_an_answer_to_an_older_call_does_not_end_it_but_the_probe_s_does():
    pace, _ = turned_away(called(at=0.0, keys="ab"), "a", now=1.0)
    pace = arrive(pace, QUOTA, key="b", rate_limit=None, now=1.5)
    assert pace.throttle is not None

    pace = called(pace, at=2.0, keys="p", answered_after=1.0)
    assert pace.throttle is None
    assert leaves(pace, 3.0).cause is Cause.NOTHING


def test_a_lost_probe_is_followed_by_another():
    pace, _ = turned_away(called(at=0.0, keys="ab"), "a", now=1.0)
    pace = called(pace, at=2.0, keys="p")

    assert leaves(lose(pace, "p"), 3.0).cause is Cause.NOTHING
    assert leaves(pace, 2.0 + LEASE).cause is Cause.NOTHING


def test_a_probe_needs_a_free_slot_too_and_a_blind_one_by_its_own_budget():
    full, _ = turned_away(called(at=0.0, keys="abcdefgh", answered_after=None), "a", now=1.0)
    assert leaves(full, 10.0) == Departure(61.0, Cause.THROTTLE)

    half, _ = turned_away(called(at=0.0, keys="abcdef"), "a", now=1.0)
    assert leaves(half, 10.0).cause is Cause.NOTHING
    assert leaves(half, 10.0, Learned(5)) == Departure(LEASE + 60, Cause.THROTTLE)


# --- loaded ---


def test_a_ledger_comes_back_from_json_as_it_was():
    pace, _ = turned_away(
        called(at=0.0, keys="ab", answered_after=1.0, rate_limit=RateLimit(10, 9, 1)), "b", now=3.0
    )

    assert msgspec.json.decode(msgspec.json.encode(pace), type=Pace) == pace
    assert loaded(pace, QUOTA, lease_seconds=LEASE, now=5.0) == pace


def test_what_lies_in_the_future_of_a_loaded_ledger_counts_as_now():
    pace, _ = turned_away(called(at=10_000.0, keys="ab", answered_after=1.0), "x", now=10_002.0)
    pace = called(pace, at=10_003.0, keys="c")
    pace, _ = turned_away(pace, "c", now=10_004.0)

    pace = loaded(pace, QUOTA, lease_seconds=LEASE, now=100.0)

    assert pace.slots == (
        Slot("a", 100.0, 190.0, 100.0),
        Slot("b", 100.0, 190.0, 100.0),
        Slot("c", 100.0, 190.0, 100.0),
    )
    assert (pace.throttle.since, pace.throttle.last, pace.turned_away) == (100.0, 100.0, 100.0)
    assert pace.throttle.hold_until <= 100.0 + 3_600
    assert releases(pace, QUOTA, 100.0) == [160.0] * 3


def test_a_loaded_hint_ends_within_a_window():
    pace = loaded(Pace(hint=Hint(10, 9, 9_999.0)), QUOTA, lease_seconds=LEASE, now=100.0)

    assert pace.hint.until == 160.0
