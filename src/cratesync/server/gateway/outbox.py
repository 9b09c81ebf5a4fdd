"""What waits to be sent on one connection: bounded, so that one slow reader never holds up anybody."""

import asyncio

from cratesync.protocol.close_codes import CloseCode


class Outbox:
    """Frames in order, then perhaps a close. A full outbox becomes a close, and what was in it is dropped: everything
    in it is either a snapshot or is leased and comes again."""

    def __init__(self, frames_max: int) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(frames_max)
        self._closing: asyncio.Future[tuple[CloseCode, str]] = asyncio.get_running_loop().create_future()

    def put(self, frame: bytes) -> None:
        """Add a frame."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.close(CloseCode.OUTBOX_FULL, "You read too slowly; come back.")

    def close(self, code: CloseCode, reason: str) -> None:
        """Nothing after what is queued now; the first reason counts."""
        if not self._closing.done():
            self._closing.set_result((code, reason))

    @property
    def closing(self) -> asyncio.Future[tuple[CloseCode, str]]:
        """Done once the connection is to be closed."""
        return self._closing

    async def next(self) -> bytes | None:
        """The next frame, or nothing once it is closed and empty (or was too full)."""
        if self._closing.done():
            overfull = self._closing.result()[0] is CloseCode.OUTBOX_FULL
            return None if overfull or self._frames.empty() else self._frames.get_nowait()
        getting = asyncio.ensure_future(self._frames.get())
        try:
            await asyncio.wait((getting, self._closing), return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else await self.next()
        finally:
            if not getting.done():
                getting.cancel()
