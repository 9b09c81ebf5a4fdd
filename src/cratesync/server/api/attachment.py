"""An answer that is an export: sent as it is read, and given up when nobody takes it any more."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager

import structlog
from litestar import Litestar, Request, Response
from litestar.background_tasks import BackgroundTask, BackgroundTasks
from litestar.datastructures import Cookie, State
from litestar.enums import MediaType
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send, TypeEncodersMap

from cratesync.server.exports.making import Export

TAKE_SECONDS_MAX = 30.0
TAKEN_BYTES = 64 * 1024
"""Whoever takes less than this in that time holds a place that others wait for."""

_log = structlog.stdlib.get_logger(__name__)


class Attachment(Response[bytes]):
    """The export is opened when its answer begins, and closed when that ends, however it does."""

    def __init__(
        self, export: AbstractAsyncContextManager[Export], *, filename: str, media_type: str
    ) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        super().__init__(b"", headers=headers, media_type=media_type)
        self._export = export

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002 - this and what follows are the base's
        request: Request[object, object, State],  # noqa: ARG002
        *,
        background: BackgroundTask | BackgroundTasks | None = None,  # noqa: ARG002
        cookies: Iterable[Cookie] | None = None,  # noqa: ARG002
        encoded_headers: Iterable[tuple[bytes, bytes]] | None = None,  # noqa: ARG002
        headers: dict[str, str] | None = None,  # noqa: ARG002
        is_head_response: bool = False,  # noqa: ARG002
        media_type: MediaType | str | None = None,  # noqa: ARG002
        status_code: int | None = None,  # noqa: ARG002
        type_encoders: "TypeEncodersMap | None" = None,  # noqa: ARG002
    ) -> ASGIResponse:
        """What sends it."""
        return _Sending(self._export, self.headers, str(self.media_type))


class _Sending(ASGIResponse):
    _should_set_content_length = False

    def __init__(
        self, export: AbstractAsyncContextManager[Export], headers: dict[str, str], media_type: str
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        self._export = export

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the base names it
        """Until it is sent, or the caller has hung up. What goes wrong before the first byte is answered like any other fault."""
        sending = asyncio.ensure_future(self._send(send))
        hanging_up = asyncio.ensure_future(_hang_up(receive))
        try:
            await asyncio.wait((sending, hanging_up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            hanging_up.cancel()
            await asyncio.wait((sending, hanging_up))
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        async with self._export as export:
            if export.size is not None:
                self.headers["content-length"] = str(export.size)
            await self.start_response(send)
            try:
                while part := await export.read():
                    for start in range(0, len(part), TAKEN_BYTES):
                        await _taken(send, part[start : start + TAKEN_BYTES], more=True)
                await _taken(send, b"", more=False)
            except _NotTakenError:
                _log.info("export_not_taken")  # what is not complete is cut off


class _NotTakenError(Exception):
    """The caller is too slow, or gone without a word."""


async def _taken(send: Send, piece: bytes, *, more: bool) -> None:
    try:
        async with asyncio.timeout(TAKE_SECONDS_MAX):
            await send({"type": "http.response.body", "body": piece, "more_body": more})
    except TimeoutError:
        raise _NotTakenError from None


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
