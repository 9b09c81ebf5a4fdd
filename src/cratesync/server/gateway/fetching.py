"""One connection's part in fetching: claim when rung or when something is due, and stand by while another one fetches."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from cratesync.protocol.messages import DiscogsApiRequest
from cratesync.server.clock import Clock
from cratesync.server.dispatcher import Claimed, Dispatcher
from cratesync.server.seats import Candidate, Seats


class Fetching:
    """A task claims only when there may be something to be claimed; in between there is a bell, and at most a timer."""

    __slots__ = (
        "_candidate",
        "_clock",
        "_dispatcher",
        "_ended",
        "_on_fault",
        "_rung",
        "_seated",
        "_seats",
        "_send",
        "_task",
        "_timer",
        "_user_id",
    )

    def __init__(
        self,
        user_id: UUID,
        candidate: Candidate,
        *,
        seats: Seats,
        dispatcher: Dispatcher,
        clock: Clock,
        send: Callable[[DiscogsApiRequest], None],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self._user_id = user_id
        self._candidate = candidate
        self._seats = seats
        self._dispatcher = dispatcher
        self._clock = clock
        self._send = send
        self._on_fault = on_fault
        self._seated = self._rung = self._ended = False
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, *, seated: bool) -> None:
        """The connection has arrived, and has the seat or stands by."""
        self._seated = seated
        self.ring()

    def ring(self) -> None:
        """Something may be due."""
        self._rung = True
        if self._task is None and not self._ended:
            self._task = asyncio.ensure_future(self._fetch())

    def nudge(self) -> None:
        """Look, unless a time to look is set."""
        if self._timer is None:
            self.ring()

    def send(self, claimed: Claimed) -> None:
        """Send what was claimed, here or together with an answer, and look again when that says so."""
        for message in claimed.messages:
            self._send(message)
        self._stop_timer()
        if claimed.look_again_at is not None and not self._ended:
            left = max(0.0, claimed.look_again_at - self._clock.steady())
            self._timer = asyncio.get_running_loop().call_later(left, self._look_again)

    async def end(self) -> None:
        """No more. What is being claimed at this moment is claimed to its end: cut off, it would cost a database connection."""
        self._ended = True
        self._stop_timer()
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def _fetch(self) -> None:
        try:
            while self._rung and not self._ended:
                self._rung = False
                self._stop_timer()
                await self._look()
        except Exception as error:  # noqa: BLE001 - the session ends by it, and tells of it
            self._on_fault(error)
        finally:
            self._task = None

    async def _look(self) -> None:
        if not self._seated:
            self._seated = await self._seats.take_if_vacant(self._user_id, self._candidate)
        if self._seated:
            claimed = await self._dispatcher.claim(self._user_id, self._candidate.connection_id)
            self._seated = claimed.seated
            # Whoever has just lost the seat looks whether it is vacant.
            self._rung = self._rung or not claimed.seated
            self.send(claimed)

    def _look_again(self) -> None:
        self._timer = None
        self.ring()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
