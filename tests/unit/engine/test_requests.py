"""What an answer does to a request."""

import pytest

from cratesync.engine.outcomes import (
    AccountMissing,
    Forbidden,
    IdentityRead,
    Refused,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.requests import (
    PRIORITY_IDENTITY,
    PRIORITY_RELEASE,
    PRIORITY_SYNC,
    Request,
    RequestMove,
    RequestStatus,
    Verdict,
    claim,
    is_queued,
    is_side,
    judge,
    move,
    priority_of,
)
from cratesync.engine.retry import RetryPolicy, backoff_seconds
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side

NOW = 1_000.0
POLICY = RetryPolicy()
BROKEN = Transient("server_error", "A fault of its own.")
GOOD = IdentityRead("keeper")
FINAL = [Refused("oversize", "Too large."), Forbidden("Private."), TokenRefused()]


def sent(*, attempt=1, failures=0):
    return Request(
        "r",
        Page(1, 1, Order.OLDEST),
        RequestStatus.SENT,
        attempt=attempt,
        failures=failures,
        lease_until=NOW + 90,
    )


def judged(request, outcome, *, attempt=None, roll=1.0):
    return judge(request, outcome, attempt=attempt, policy=POLICY, roll=roll, now=NOW)


def test_a_claim_is_the_next_attempt_for_a_bounded_time():
    claimed = claim(Request("r", Identity(), due=NOW), lease_until=NOW + 90)

    assert (claimed.status, claimed.attempt, claimed.lease_until, claimed.due) == (
        RequestStatus.SENT,
        1,
        NOW + 90,
        None,
    )
    assert claimed.key() == "r:1"
    assert claimed.key(7) == "r:7"


@pytest.mark.parametrize("status", [RequestStatus.SENT, RequestStatus.PENDING, RequestStatus.RETRYING])
@pytest.mark.parametrize("attempt", [None, 1, 3])
def test_a_good_answer_of_any_attempt_counts(status, attempt):
    request = Request("r", Identity(), status, attempt=3, failures=2)

    verdict = judged(request, GOOD, attempt=attempt)

    assert verdict == Verdict(RequestMove.COMPLETE, failures=2)
    assert not move(request, verdict.move).is_open()


@pytest.mark.parametrize("outcome", [BROKEN, AccountMissing(), Throttled(heard=True), *FINAL])
def test_a_failure_of_an_old_attempt_is_no_news(outcome):
    assert judged(sent(attempt=3, failures=1), outcome, attempt=2) == Verdict(None, failures=1)


@pytest.mark.parametrize("outcome", [Throttled(heard=True), Throttled(heard=False)])
def test_being_turned_away_counts_no_failure(outcome):
    assert judged(sent(failures=4), outcome) == Verdict(RequestMove.GIVE_BACK, failures=4)


@pytest.mark.parametrize("status", [RequestStatus.PENDING, RequestStatus.RETRYING])
def test_being_turned_away_late_changes_nothing(status):
    request = Request("r", Identity(), status, attempt=1)

    assert judged(request, Throttled(heard=True), attempt=1).move is None


@pytest.mark.parametrize("outcome", [BROKEN, AccountMissing()])
def test_what_may_pass_is_tried_again_five_times_at_most(outcome):
    for failures in range(4):
        verdict = judged(sent(failures=failures), outcome, roll=0.5)
        assert (verdict.move, verdict.failures) == (RequestMove.RETRY, failures + 1)
        assert verdict.due == NOW + 0.5 * 2**failures

    assert judged(sent(failures=4), outcome).move is RequestMove.SPEND


@pytest.mark.parametrize("failures", [1, 4])
def test_an_attempt_whose_lease_ended_is_not_counted_twice(failures):
    retrying = Request("r", Identity(), RequestStatus.RETRYING, attempt=failures, failures=failures)

    assert judged(retrying, BROKEN, attempt=failures) == Verdict(None, failures=failures)


@pytest.mark.parametrize("outcome", FINAL)
@pytest.mark.parametrize("status", [RequestStatus.SENT, RequestStatus.PENDING, RequestStatus.RETRYING])
def test_what_will_never_work_is_spent_at_once(outcome, status):
    verdict = judged(Request("r", Identity(), status, attempt=1), outcome, attempt=1)

    assert verdict.move is RequestMove.SPEND
    assert verdict.code
    assert verdict.sentence


def test_the_wait_doubles_up_to_a_minute_with_full_jitter():
    assert [backoff_seconds(POLICY, failures, 1.0) for failures in (1, 2, 3, 7, 8, 5_000)] == [
        1,
        2,
        4,
        60,
        60,
        60,
    ]
    assert backoff_seconds(POLICY, 3, 0.0) == 0.0
    assert backoff_seconds(POLICY, 3, 0.25) == 1.0


def test_the_account_goes_first_and_only_small_things_are_a_side_matter():
    page, lookup = Page(1, 1, Order.OLDEST), Lookup(7)

    assert priority_of(Identity()) == PRIORITY_IDENTITY < PRIORITY_SYNC == priority_of(page)

    assert [is_side(task) for task in (Side("value"), Identity(), page, lookup)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_release_that_a_person_opened_goes_before_pages_and_is_not_of_the_queue():
    page, release = Page(1, 1, Order.OLDEST), Release(7)

    assert priority_of(Identity()) < priority_of(release) == PRIORITY_RELEASE < priority_of(page)
    assert [is_queued(task) for task in (Identity(), release, Side("value"), Lookup(7), page)] == [
        False,
        False,
        True,
        True,
        True,
    ]
