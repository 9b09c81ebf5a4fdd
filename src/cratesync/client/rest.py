"""One REST call to the server."""

import asyncio
import ssl
from typing import TypeVar

import httpx
import msgspec
from msgspec import Struct

from cratesync.client.errors import ServerNotReachedError, ServerRefusedError
from cratesync.client.secret import Secret
from cratesync.client.server_url import ServerUrl

T = TypeVar("T")

CALL_SECONDS = 25.0  # saving a Discogs token waits ten seconds for its check
BODY_BYTES_MAX = 4 * 1024 * 1024
_SENTENCE_CHARACTERS_MAX = 500
_PROXY_STATUSES = frozenset({502, 503, 504})


class _Error(Struct, rename="camel"):
    code: str
    message: str
    session_id: str | None = None


class Rest:
    """JSON there and back, with a deadline, a limit and no redirects. Raises `ClientError` and nothing else."""

    def __init__(self, http: httpx.AsyncClient, server: ServerUrl) -> None:
        self._http = http
        self._server = server

    async def call(
        self,
        method: str,
        path: str,
        shape: type[T],
        *,
        body: Struct | None = None,
        token: Secret | None = None,
    ) -> T:
        """The answer of the server. Raises `ServerRefusedError` with its code and sentence."""
        return self.read(await self.send(method, path, body=body, token=token), shape)

    async def send(
        self, method: str, path: str, *, body: Struct | None = None, token: Secret | None = None
    ) -> bytes:
        """The bytes of a good answer, which may be none. Raises `ServerRefusedError` for any other."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                status, answer = await self._exchange(method, path, body, token)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as fault:
            raise self._not_reached(type(fault).__name__) from None
        if status in _PROXY_STATUSES:
            raise self._not_reached(f"HTTP {status}")
        if status >= 300:
            raise _refused(status, answer)
        return answer

    def read(self, answer: bytes, shape: type[T]) -> T:
        """What a good answer says. Raises `ServerRefusedError` where it is not what a Cratesync server says."""
        try:
            return msgspec.json.decode(answer, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError):
            sentence = f"What {self._server.base} answered is not what a Cratesync server says."
            raise ServerRefusedError(200, "bad_answer", sentence) from None

    async def _exchange(
        self, method: str, path: str, body: Struct | None, token: Secret | None
    ) -> tuple[int, bytes]:
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else msgspec.json.encode(body)
        url = self._server.rest(path)
        async with self._http.stream(method, url, headers=headers, content=content) as response:
            answer = bytearray()
            async for chunk in response.aiter_bytes():
                answer += chunk
                if len(answer) > BODY_BYTES_MAX:
                    raise httpx.StreamError("too long")
            return response.status_code, bytes(answer)

    def _not_reached(self, why: str) -> ServerNotReachedError:
        return ServerNotReachedError(f"{self._server.base} could not be reached ({why}).")


def http_for_rest(*, user_agent: str, verify: ssl.SSLContext) -> httpx.AsyncClient:
    """The pool that REST calls go through, with the server's cookies in memory. Their deadline is `Rest`'s."""
    return httpx.AsyncClient(
        headers={"User-Agent": user_agent},
        verify=verify,
        timeout=None,  # noqa: S113
        trust_env=False,
        follow_redirects=False,
    )


def _refused(status: int, answer: bytes) -> ServerRefusedError:
    try:
        error = msgspec.json.decode(answer, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ServerRefusedError(status, f"http_{status}", f"The server answered with HTTP {status}.")
    sentence = error.message[:_SENTENCE_CHARACTERS_MAX]
    return ServerRefusedError(status, error.code, sentence, error.session_id)
