"""A clock that moves by hand."""

from datetime import UTC, datetime

from cratesync.client.clock import Clock


class Hands:
    """A clock that moves when somebody waits."""

    def __init__(self):
        self.seconds = 0.0
        self.waits = []

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.seconds += seconds

    @property
    def clock(self):
        return Clock(lambda: self.seconds, lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
