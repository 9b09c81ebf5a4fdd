"""A clock for tests of days and weeks: the wall stands still until it is moved by hand, while waits take their real time."""

from datetime import UTC, datetime, timedelta

from cratesync.server.clock import SystemClock


class CalendarClock:
    """Weeks pass at a word; leases and the pace go by the machine's own clock."""

    def __init__(self, start: datetime = datetime(2030, 3, 4, 9, 17, tzinfo=UTC)) -> None:
        self._now = start
        self._machine = SystemClock()

    def now(self) -> datetime:
        return self._now

    def steady(self) -> float:
        return self._machine.steady()

    def pass_(self, span: timedelta) -> None:
        self._now += span

    def go_to(self, moment: datetime) -> None:
        assert moment >= self._now
        self._now = moment
