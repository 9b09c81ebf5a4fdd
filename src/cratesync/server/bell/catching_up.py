"""A bell may be lost: the database knows what it would have said.

Each message of a user has the next number of the user's `revision`. Who is connected here and was told less than that is told how things
stand. While the bell rings this makes up for what was lost on the way; while it does not, it is how news comes here at all.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from cratesync.protocol import codec
from cratesync.server.clock import Clock
from cratesync.server.gateway.hub import Hub
from cratesync.server.news import News
from cratesync.server.store import ledgers
from cratesync.server.store.database import Database
from cratesync.server.ticking import sparing_the_others

TICK_SECONDS = 1.0
ROUND_SECONDS = 10.0
# Syncs that ended so long before the last look may have been dated by another machine's clock.
CLOCKS_DIFFER_SECONDS_MAX = 60.0


class CatchingUp:
    """Looks at everybody who is connected here: each second while `is_ringing` says no, else now and then. `woken` is set where somebody is
    known to have missed something."""

    def __init__(
        self, *, database: Database, hub: Hub, news: News, clock: Clock, is_ringing: Callable[[], bool]
    ) -> None:
        self.woken = asyncio.Event()
        self._database = database
        self._hub = hub
        self._news = news
        self._clock = clock
        self._is_ringing = is_ringing
        self._missed: set[UUID] = set()
        self._everybody = False
        self._round_at = float("-inf")
        self._whole_at = clock.now()

    def look_at(self, user_id: UUID) -> None:
        """There is more of this user than was said."""
        if self._hub.count(user_id):
            self._missed.add(user_id)
            self.woken.set()

    def look_at_everybody(self) -> None:
        """Nobody knows of whom there is more."""
        self._everybody = True
        self.woken.set()

    async def tick(self) -> None:
        """Look at those who are known to have missed something, or at everybody."""
        due = self._clock.steady() - self._round_at >= ROUND_SECONDS
        missed, self._missed = self._missed | self._hub.take_behind(), set()
        if self._everybody or due or not self._is_ringing():
            await self._look_at_everybody()
        elif missed:
            await self._tell(missed, ended_after=self._ended_after())

    async def _look_at_everybody(self) -> None:
        self._everybody = False
        began, ended_after = self._clock.now(), self._ended_after()
        try:
            await self._tell(await self._behind(), ended_after=ended_after)
        except BaseException:
            self._everybody = True
            raise
        self._whole_at, self._round_at = began, self._clock.steady()

    def _ended_after(self) -> datetime:
        """Whatever ended before is known here: it was there when everybody was looked at."""
        return self._whole_at - timedelta(seconds=CLOCKS_DIFFER_SECONDS_MAX)

    async def _behind(self) -> Iterable[UUID]:
        told = self._hub.all_told()
        if not told:
            return ()
        async with self._database.read() as connection:
            return await ledgers.moved_on(connection, told)

    async def _tell(self, users: Iterable[UUID], *, ended_after: datetime) -> None:
        for user_id in users:
            if not self._hub.count(user_id):
                continue
            with sparing_the_others("catching up", user_id):
                revision, messages = await self._news.since(user_id, ended_after=ended_after)
                frames = [codec.encode(message) for message in messages]
                self._hub.tell(user_id, frames, first=0, last=revision)
