"""Waits grow to a cap, with full jitter."""

from hypothesis import given
from hypothesis import strategies as st

from cratesync.client.backoff import Backoff


def bounds(count, **limits):
    asked = []

    def uniform(low, high):
        asked.append((low, high))
        return high

    backoff = Backoff(uniform, **limits)
    for _ in range(count):
        backoff.next_seconds()
    return asked, backoff


def test_the_bound_doubles_up_to_the_cap_and_each_wait_may_be_nothing():
    asked, _ = bounds(6, first_seconds=1.0, cap_seconds=10.0)

    assert asked == [(0, 1), (0, 2), (0, 4), (0, 8), (0, 10), (0, 10)]


def test_after_success_the_wait_is_short_again():
    asked, backoff = bounds(5)
    backoff.reset()
    backoff.next_seconds()

    assert asked[-1] == asked[0]


@given(st.integers(1, 2000))
def test_it_never_exceeds_the_cap_however_long_the_server_is_away(tries):
    asked, _ = bounds(tries, first_seconds=1.0, cap_seconds=30.0)

    assert max(high for _, high in asked) <= 30.0
