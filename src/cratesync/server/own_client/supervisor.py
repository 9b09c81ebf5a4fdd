"""Keeps the server's own client running: day and night, without an open tab."""

import asyncio

import structlog
from msgspec import Struct

from cratesync.server.clock import Clock
from cratesync.server.own_client.child import Child
from cratesync.server.own_client.credential import OwnCredential
from cratesync.server.store.users import User

_log = structlog.stdlib.get_logger(__name__)


class SupervisorTiming(Struct, frozen=True):
    """Seconds. One that lived for `settled` has its past failures forgiven."""

    account_looked_for_every: float = 2.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    settled: float = 60.0


class Supervisor:
    """One client at a time, started anew whenever it ends, after growing waits."""

    def __init__(
        self, child: Child, credential: OwnCredential, clock: Clock, timing: SupervisorTiming | None = None
    ) -> None:
        self._child = child
        self._credential = credential
        self._clock = clock
        self._timing = timing or SupervisorTiming()

    async def run(self) -> None:
        """Until cancelled: then the client is ended, and its token with it. Nothing else ends this: the server can do without."""
        timing = self._timing
        wait = timing.first_wait
        while True:
            began = self._clock.steady()
            try:
                ended = await self._one_life(await self._somebody())
            except Exception as error:  # noqa: BLE001 - the database may be away, or what nobody foresaw; the log has all of it
                _log.warning("own_client_failed", exc_info=error)
                ended = type(error).__name__
            if self._clock.steady() - began >= timing.settled:
                wait = timing.first_wait
            _log.warning("own_client_ended", why=ended, again_in_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, timing.longest_wait)

    async def _somebody(self) -> User:
        """On a new server there is nobody yet to work for."""
        said = False
        while (user := await self._credential.user()) is None:
            if not said:
                _log.info("own_client_waits", why="there is no account yet that it could work for")
                said = True
            await asyncio.sleep(self._timing.account_looked_for_every)
        return user

    async def _one_life(self, user: User) -> str:
        """Why it ended."""
        async with self._credential.lent(user.id) as token:
            _log.info("own_client_starts", username=user.username)
            return f"exit code {await self._child.run(token)}"
