"""How long to rest after being turned away, and when to give up."""

import pytest

from cratesync.engine.throttle import UNHEARD_MAX, next_throttle


def row(*events, window_seconds=60.0, roll=0.0, retry_after_seconds=None):
    """The throttle after events at these moments; a moment with True was heard."""
    throttle = None
    for at, heard in events:
        throttle = next_throttle(
            throttle,
            window_seconds=window_seconds,
            heard=heard,
            retry_after_seconds=retry_after_seconds,
            roll=roll,
            now=at,
        )
    return throttle


def rests(roll, count=6):
    """Each event comes as soon as the rest before it is over."""
    throttle, now, waits = None, 0.0, []
    for _ in range(count):
        throttle = next_throttle(
            throttle, window_seconds=60.0, heard=True, retry_after_seconds=None, roll=roll, now=now
        )
        waits.append(throttle.hold_until - now)
        now = throttle.hold_until
    return waits


def test_first_a_moment_then_whole_windows_each_twice_as_long():
    assert rests(0.0) == [1.0, 60.0, 120.0, 240.0, 240.0, 240.0]


def test_jitter_makes_them_longer_never_shorter():
    assert rests(1.0) == [3.0, 75.0, 150.0, 300.0, 300.0, 300.0]


def test_a_scaled_window_scales_the_rests():
    assert row((0.0, True), window_seconds=6.0).hold_until == pytest.approx(0.1)


@pytest.mark.parametrize(("asked", "granted"), [(0.5, 1.0), (30.0, 30.0), (3_600.0, 3_600.0), (1e9, 3_600.0)])
def test_retry_after_is_honoured_up_to_an_hour(asked, granted):
    assert row((0.0, True), retry_after_seconds=asked).hold_until == granted


def test_five_silent_failures_in_a_row_are_hopeless():
    silent = [(60.0 * n, False) for n in range(UNHEARD_MAX)]

    assert not row(*silent[:-1]).hopeless(240.0)
    assert row(*silent).hopeless(240.0)


def test_an_answer_that_was_heard_begins_that_count_anew():
    mixed = [(0.0, False), (60.0, False), (120.0, True), (180.0, False), (240.0, False)]

    assert row(*mixed).unheard == 2
    assert not row(*mixed).hopeless(240.0)


def test_an_hour_of_being_turned_away_is_hopeless():
    hour = [(300.0 * n, True) for n in range(13)]

    assert not row(*hour[:-1]).hopeless(3_300.0)
    assert row(*hour).hopeless(3_600.0)


def test_an_event_long_after_the_last_one_begins_a_new_row():
    """A client that was away for a day and meets one failure has not been turned away for a day."""
    throttle = row((0.0, False), (60.0, False), (86_400.0, True))

    assert (throttle.since, throttle.count, throttle.unheard) == (86_400.0, 1, 0)
    assert not throttle.hopeless(86_400.0)
