"""One REST call to the server."""

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

import httpx
import msgspec
from msgspec import Struct

from cratesync.client.errors import ServerNotReachedError, ServerRefusedError
from cratesync.client.secret import Secret
from cratesync.client.server_url import ServerUrl

T = TypeVar("T")

CALL_SECONDS = 25.0  # saving a Discogs token waits ten seconds for its check
SILENCE_SECONDS = 300.0  # in a download: some files are made before they are sent
BODY_BYTES_MAX = 4 * 1024 * 1024
_SENTENCE_CHARACTERS_MAX = 500
_PROXY_STATUSES = frozenset({502, 503, 504})
_FAULTS = (TimeoutError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


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
        except _FAULTS as fault:
            raise self._not_reached(type(fault).__name__) from None
        self._must_be_good(status, answer)
        return answer

    async def download(self, path: str, take: Callable[[bytes], None], *, token: Secret) -> int:
        """Hand over the bytes of a good answer as they come, and say how many they were. Raises `ServerRefusedError` for any
        other answer, before the first of them. `take` raises `ClientError` and nothing else."""
        headers = {"Authorization": f"Bearer {token.reveal()}"}
        timeout = httpx.Timeout(CALL_SECONDS, read=SILENCE_SECONDS)
        try:
            async with self._http.stream(
                "GET", self._server.rest(path), headers=headers, timeout=timeout
            ) as response:
                status, taken = response.status_code, 0
                if status == 200:
                    async for chunk in response.aiter_bytes():
                        take(chunk)
                        taken += len(chunk)
                    return taken
                answer = await _bounded(response)
        except _FAULTS as fault:
            raise self._not_reached(type(fault).__name__) from None
        self._must_be_good(status, answer)
        raise self._no_answer_of_ours(status)

    def read(self, answer: bytes, shape: type[T]) -> T:
        """What a good answer says. Raises `ServerRefusedError` where it is not what a Cratesync server says."""
        try:
            return msgspec.json.decode(answer, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._no_answer_of_ours(200) from None

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
            return response.status_code, await _bounded(response)

    def _must_be_good(self, status: int, answer: bytes) -> None:
        if status in _PROXY_STATUSES:
            raise self._not_reached(f"HTTP {status}")
        if status >= 300:
            raise _refused(status, answer)

    def _no_answer_of_ours(self, status: int) -> ServerRefusedError:
        sentence = f"What {self._server.base} answered is not what a Cratesync server says."
        return ServerRefusedError(status, "bad_answer", sentence)

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


async def _bounded(response: httpx.Response) -> bytes:
    answer = bytearray()
    async for chunk in response.aiter_bytes():
        answer += chunk
        if len(answer) > BODY_BYTES_MAX:
            raise httpx.StreamError("too long")
    return bytes(answer)


def _refused(status: int, answer: bytes) -> ServerRefusedError:
    try:
        error = msgspec.json.decode(answer, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ServerRefusedError(status, f"http_{status}", f"The server answered with HTTP {status}.")
    sentence = error.message[:_SENTENCE_CHARACTERS_MAX]
    return ServerRefusedError(status, error.code, sentence, error.session_id)
