"""Keeps a node on the bell: opens a line, watches that it rings, sends what waits, and opens another one when it is lost."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from typing import NoReturn
from uuid import UUID

import structlog
from msgspec import Struct

from cratesync.engine.retry import RetryPolicy, backoff_seconds
from cratesync.server.bell.bell import Bell, BellLostError, Hear, Line
from cratesync.server.bell.metrics import BellMetrics
from cratesync.server.bell.notes import beat, pack
from cratesync.server.bell.outgoing import Outgoing

BATCH_USERS_MAX = 500
# At most a hundred batches a second; the first of them leaves at once.
BATCH_EVERY_SECONDS = 0.01
FLUSH_SECONDS_MAX = 1.0

_log = structlog.stdlib.get_logger(__name__)


class RingerTiming(Struct, frozen=True):
    """Seconds. A line that does not bring back what was said on it for `silent` is lost, whatever the system says of its sockets."""

    beat_every: float = 5.0
    silent: float = 15.0
    first_wait: float = 0.5
    longest_wait: float = 15.0


class Ringer:
    """One line at a time. What is told while there is none is kept as an advice to look. Call `stop` once `run` was cancelled."""

    def __init__(
        self,
        *,
        node: str,
        bell: Bell,
        metrics: BellMetrics,
        timing: RingerTiming | None = None,
    ) -> None:
        self._node = node
        self._bell = bell
        self._metrics = metrics
        self._timing = timing or RingerTiming()
        self._waits = RetryPolicy(
            first_seconds=self._timing.first_wait, longest_seconds=self._timing.longest_wait
        )
        self._outgoing = Outgoing()
        self._something = asyncio.Event()
        self._echoed = asyncio.Event()
        self._line: Line | None = None

    @property
    def is_ringing(self) -> bool:
        """Whether this node hears what it says, and so what others say."""
        return self._line is not None

    # --- what is to be told ---

    def tell(self, user_id: UUID, *, sync: str, revision: int, frame: bytes) -> None:
        """A message for the clients of this user on other nodes."""
        if self._line is None:
            self._outgoing.miss(user_id)
            self._metrics.dropped.inc()
        elif not self._outgoing.tell(user_id, sync=sync, revision=revision, frame=frame):
            self._metrics.dropped.inc()
        self._something.set()

    def ring(self, user_id: UUID) -> None:
        """Something of this user may be due on other nodes."""
        self._outgoing.ring(user_id)
        self._something.set()

    def echo(self) -> None:
        """This node has heard itself."""
        self._echoed.set()

    # --- the line ---

    async def run(self, hear: Hear, *, found: Callable[[], None]) -> NoReturn:
        """Until cancelled. `found` is called whenever a line rings again: what was said meanwhile was not heard."""
        failures = 0
        said = False
        while True:
            try:
                await self._one_line(hear, found)
            except BellLostError as error:
                was_ringing = self._line is not None
                self._lost()
                failures = 1 if was_ringing else failures + 1
                if was_ringing or not said:
                    _log.warning("bell_lost", why=str(error))
                    said = True
            await asyncio.sleep(backoff_seconds(self._waits, failures, random.random()))

    async def stop(self) -> None:
        """Say what still waits, if that can be done at once, and give the line up."""
        line, self._line = self._line, None
        self._metrics.connected.set(0)
        if line is None:
            return
        with contextlib.suppress(BellLostError, TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS_MAX):
                while self._outgoing:
                    await self._ring(line)
        await line.close()

    async def _one_line(self, hear: Hear, found: Callable[[], None]) -> NoReturn:
        line = await self._bell.connect(hear)
        try:
            jobs = [asyncio.ensure_future(job) for job in (line.listen(), self._speak(line, found))]
            try:
                await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for job in jobs:
                    job.cancel()
                ended = await asyncio.gather(*jobs, return_exceptions=True)
        except asyncio.CancelledError:
            if self._line is None:
                await line.close()
            raise
        await line.close()
        raise _why(ended)

    async def _speak(self, line: Line, found: Callable[[], None]) -> NoReturn:
        """Beat once to know that the bell rings, then send what waits as it comes, and beat where nothing does."""
        loop = asyncio.get_running_loop()
        self._echoed.clear()
        await line.ring([beat(self._node)])
        try:
            async with asyncio.timeout(self._timing.silent):
                await self._echoed.wait()
        except TimeoutError:
            raise BellLostError("what is said on it is not heard") from None
        self._line = line
        self._metrics.connected.set(1)
        _log.info("bell_found")
        found()
        heard_at = loop.time()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.beat_every):
                    await self._something.wait()
            self._something.clear()
            if self._echoed.is_set():
                self._echoed.clear()
                heard_at = loop.time()
            elif loop.time() - heard_at > self._timing.silent:
                raise BellLostError("what is said on it is heard no more")
            await self._ring(line)
            await asyncio.sleep(BATCH_EVERY_SECONDS)

    async def _ring(self, line: Line) -> None:
        notes = self._outgoing.take(BATCH_USERS_MAX)
        everybody = self._outgoing.everybody_looks()
        payloads = [packed for packed, _ in pack(self._node, notes, bytes_max=self._bell.payload_bytes_max)]
        if everybody or not payloads:
            payloads.append(beat(self._node, everybody=everybody))
        try:
            await line.ring(payloads)
        except BaseException:
            self._outgoing.look(notes)
            if everybody:
                self._outgoing.everybody_has_to_look()
            raise
        self._metrics.sent.inc(len(notes))
        if self._outgoing:
            self._something.set()

    def _lost(self) -> None:
        self._line = None
        self._metrics.connected.set(0)
        self._outgoing.forget_messages()


def _why(ended: Sequence[BaseException | None]) -> BellLostError:
    for error in ended:
        if isinstance(error, BellLostError):
            return error
    _log.error("bell_failed", exc_info=next((error for error in ended if isinstance(error, Exception)), None))
    return BellLostError("nobody foresaw why; the log has it")
