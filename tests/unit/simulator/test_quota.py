import pytest
from hypothesis import given
from hypothesis import strategies as st

from cratesync.simulator.quota import Quota

WINDOW = 60.0
HOME = "127.0.0.1"


@given(
    limit=st.integers(1, 8),
    pauses=st.lists(st.floats(0, 90, allow_nan=False), max_size=120),
    rejected_counts=st.booleans(),
)
def test_no_window_ever_holds_more_than_the_limit(limit, pauses, rejected_counts):
    quota = Quota(WINDOW, rejected_counts=rejected_counts)
    now = 0.0
    accepted = []
    for pause in pauses:
        now += pause
        if quota.admit(HOME, limit, now).accepted:
            accepted.append(now)

    for start in accepted:
        assert sum(0 <= at - start < WINDOW for at in accepted) <= limit


@given(pauses=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=60))
def test_a_call_is_refused_only_when_the_window_is_full(pauses):
    quota = Quota(WINDOW)
    now = 0.0
    accepted = []
    for pause in pauses:
        now += pause
        admission = quota.admit(HOME, 3, now)
        recent = [at for at in accepted if now - at < WINDOW]

        assert admission.accepted == (len(recent) < 3)
        assert admission.rate.used == len(recent)
        if admission.accepted:
            accepted.append(now)


def test_the_first_call_of_a_window_does_not_count_itself():
    rate = Quota(WINDOW).admit(HOME, 60, 0).rate

    assert (rate.limit, rate.used, rate.remaining) == (60, 0, 60)


def test_a_slot_is_free_again_exactly_one_window_after_the_call_arrived():
    quota = Quota(WINDOW)
    quota.admit(HOME, 1, 5.0)

    assert not quota.admit(HOME, 1, 64.999).accepted
    assert quota.admit(HOME, 1, 65.0).accepted


def test_calls_with_and_without_a_token_share_what_is_used():
    quota = Quota(WINDOW)
    for _ in range(25):
        assert quota.admit(HOME, 60, 0).accepted

    assert not quota.admit(HOME, 25, 1).accepted
    assert quota.admit(HOME, 60, 1).accepted


def test_addresses_do_not_share_anything():
    quota = Quota(WINDOW)
    quota.admit(HOME, 1, 0)

    assert quota.admit("127.0.0.2", 1, 0).accepted
    assert quota.addresses(1) == {HOME: 1, "127.0.0.2": 1}


@pytest.mark.parametrize(("rejected_counts", "slots"), [(False, 0), (True, 1)])
def test_a_rejected_call_uses_a_slot_only_if_it_is_told_to(rejected_counts, slots):
    quota = Quota(WINDOW, rejected_counts=rejected_counts)
    quota.admit(HOME, 1, 0)
    refused = quota.admit(HOME, 1, 30)

    assert refused.slots == slots
    assert quota.admit(HOME, 1, 60).accepted is not rejected_counts


def test_addresses_that_fell_silent_are_forgotten():
    quota = Quota(WINDOW)
    for number in range(5000):
        quota.admit(f"10.0.{number // 256}.{number % 256}", 60, number)

    assert len(quota.addresses(5000)) == 59
    quota.clear()
    assert quota.addresses(5000) == {}
