"""What waits to be sent on one connection: bounded, so that one slow reader never holds up anybody."""

import asyncio
from collections.abc import Callable

from cratesync.protocol.close_codes import CloseCode
from cratesync.server.gateway.socket import Socket, SocketClosedError


class Outbox:
    """Frames in order, then perhaps a close. A full outbox becomes a close, and what was in it is dropped: everything
    in it is either a snapshot or is leased and comes again.

    Nothing leaves before `release`. A task writes only while there is something to be written: most connections are silent
    most of the time, and shall cost little.
    """

    __slots__ = ("_close", "_frames", "_frames_max", "_held", "_on_close", "_on_fault", "_socket", "_writing")

    def __init__(
        self,
        socket: Socket,
        frames_max: int,
        *,
        on_close: Callable[[], None],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self._socket = socket
        self._frames_max = frames_max
        self._on_close = on_close
        self._on_fault = on_fault
        self._frames: list[bytes] = []
        self._held = True
        self._writing: asyncio.Task[None] | None = None
        self._close: tuple[CloseCode, str] | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the connection is to be closed."""
        return self._close is not None

    def put(self, frame: bytes) -> None:
        """Add a frame."""
        if self.is_closed:
            return
        if len(self._frames) >= self._frames_max:
            self.close(CloseCode.OUTBOX_FULL, "You read too slowly; come back.")
            return
        self._frames.append(frame)
        self._write_soon()

    def release(self) -> None:
        """Let leave what is there, and what comes."""
        self._held = False
        self._write_soon()

    def close(self, code: CloseCode, reason: str) -> None:
        """Nothing after what is queued now; the first reason counts."""
        if self._close is None:
            self._close = (code, reason)
            self._on_close()

    async def finish(self, within_seconds: float) -> None:
        """Close the socket once what is queued has left, for which it has so long. Whoever does not read does not read the close
        either, so that is given up as soon."""
        code, reason = self._close or (CloseCode.GOING_AWAY, "")
        writing = self._writing
        if writing is not None:
            if code is not CloseCode.OUTBOX_FULL:
                await asyncio.wait((writing,), timeout=within_seconds)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        try:
            async with asyncio.timeout(within_seconds):
                await self._socket.close(code, reason)
        except TimeoutError:
            return

    def _write_soon(self) -> None:
        if self._frames and not self._held and self._writing is None:
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        try:
            while self._frames:
                await self._socket.send(self._frames.pop(0))
        except SocketClosedError:
            self._frames.clear()
            self.close(CloseCode.GOING_AWAY, "")
        except Exception as error:  # noqa: BLE001 - whoever it is that waits for the end tells of it
            self._frames.clear()
            self._on_fault(error)
        finally:
            self._writing = None
