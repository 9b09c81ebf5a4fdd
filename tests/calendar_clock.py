"""A clock for tests of days and weeks: the calendar stands still until it is moved by hand, while waits take their real time."""

from datetime import UTC, datetime, timedelta

from cratesync.server.clock import SystemClock


class CalendarClock:
    """Weeks pass at a word, on both faces; in between steady time goes on as the machine's does."""

    def __init__(self, start: datetime = datetime(2030, 3, 4, 9, 17, tzinfo=UTC)) -> None:
        self._now = start
        self._machine = SystemClock()
        self._passed = timedelta()

    def now(self) -> datetime:
        return self._now

    def steady(self) -> float:
        return self._machine.steady() + self._passed.total_seconds()

    def pass_(self, span: timedelta) -> None:
        assert span >= timedelta()
        self._now += span
        self._passed += span

    def go_to(self, moment: datetime) -> None:
        self.pass_(moment - self._now)

    def step(self, span: timedelta) -> None:
        """Set the calendar, as NTP would: no time passes."""
        self._now += span
