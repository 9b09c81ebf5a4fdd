"""Two faces of time: the wall's, which may step, and the steady one, which does not."""

import time
from datetime import UTC, datetime

from cratesync.server.clock import HandClock, SystemClock


def test_the_steady_time_starts_at_utc_and_moves_by_the_monotonic_clock(monkeypatch):
    clock = SystemClock()
    before = clock.steady()
    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert abs(before - datetime.now(UTC).timestamp()) < 5
    assert 0 <= clock.steady() - before < 5


def test_a_step_of_the_wall_clock_does_not_move_the_steady_time():
    clock = HandClock()
    start = clock.steady()
    clock.step(-3600)
    clock.advance(10)

    assert clock.steady() == start + 10
    assert clock.now().timestamp() == start - 3590
