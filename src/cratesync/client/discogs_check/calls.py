"""The one way out: every call of a check is made here, or refused."""

import asyncio
from collections.abc import Callable

import httpx
from msgspec import Struct

from cratesync.client.discogs_check.asks import MADE_UP_TOKEN, ORIGIN, Ask
from cratesync.client.discogs_check.pace import Pace
from cratesync.client.discogs_check.quota import rate_of
from cratesync.client.errors import ClientError
from cratesync.client.fetch import NETWORK_FAULTS, bounded_body
from cratesync.client.secret import Secret
from cratesync.protocol.allow_list import METHOD
from cratesync.protocol.messages import CALL_SECONDS_MAX, FRAME_BYTES_MAX
from cratesync.providers.discogs.allow_list import ALLOW_LIST

CALLS_MAX = 20
PREFLIGHTS_MAX = 2
THROTTLED = 429
# As the server's own requests say it: https://www.discogs.com/developers ("Versioning and Media Types").
MEDIA_TYPE = "application/vnd.discogs.v2.discogs+json"


class Answer(Struct, frozen=True):
    """What came back. `body` is missing where it was a redirect's or larger than is read; `seconds` include it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    wire_bytes: int
    seconds: float

    def __repr__(self) -> str:
        return f"Answer(status={self.status})"


class CallRefusedError(ClientError):
    """This program does not make that call."""

    code = "refused"


class NoAnswerError(ClientError):
    """The call was made, and no HTTP answer came."""

    code = "no_answer"


class Calls:
    """Makes calls with the user's own token: at most 20, reading ones only, paced, and none after a 429."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        token: Secret,
        user_agent: str,
        pace: Pace,
        monotonic: Callable[[], float],
        call_seconds: float = CALL_SECONDS_MAX,
        body_bytes_max: int = FRAME_BYTES_MAX,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._token = token
        self._user_agent = user_agent
        self._pace = pace
        self._monotonic = monotonic
        self._call_seconds = call_seconds
        self._body_bytes_max = body_bytes_max
        self._preflights = 0
        self._throttled = False
        self.made = 0

    async def make(self, ask: Ask, target: str) -> Answer:
        """One call in its turn. Raises `CallRefusedError` before it, `NoAnswerError` after it."""
        url = self._base_url + target
        self._admit(ask, url)
        await self._pace.turn()
        began = self._monotonic()
        try:
            async with asyncio.timeout(self._call_seconds):
                answer = await self._call(ask, url, began)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError(f"No answer came within {self._call_seconds:g} seconds.") from None
        except NETWORK_FAULTS as fault:
            raise NoAnswerError(
                f"The call failed before its answer was complete ({type(fault).__name__})."
            ) from None
        self._throttled = answer.status == THROTTLED
        self._pace.see(rate_of({name.lower(): value for name, value in answer.headers}).remaining)
        return answer

    def _admit(self, ask: Ask, url: str) -> None:
        if self.made >= CALLS_MAX:
            raise CallRefusedError(f"All {CALLS_MAX} calls of a check have been made.")
        if self._throttled:
            raise CallRefusedError("Discogs said 429: nothing more is asked.")
        if ask.method not in {METHOD, "OPTIONS"}:
            raise CallRefusedError("Only reading calls are made.")
        if ask.method == "OPTIONS" and (self._preflights >= PREFLIGHTS_MAX or ask.caller is not None):
            raise CallRefusedError(f"A check makes {PREFLIGHTS_MAX} preflights, without a token.")
        if not ALLOW_LIST.permits(base_url=self._base_url, method=METHOD, url=url):
            raise CallRefusedError("The address is not on this client's list.")
        self.made += 1
        self._preflights += ask.method == "OPTIONS"

    async def _call(self, ask: Ask, url: str, began: float) -> Answer:
        # A bare Request: `AsyncClient.build_request` would add the client's own headers and cookies.
        request = httpx.Request(ask.method, url, headers=self._headers(ask))
        response = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            redirect = 300 <= response.status_code < 400
            body = None if redirect else await bounded_body(response, self._body_bytes_max)
        finally:
            await response.aclose()
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
        )
        return Answer(
            status=response.status_code,
            headers=headers,
            body=body,
            wire_bytes=response.num_bytes_downloaded,
            seconds=self._monotonic() - began,
        )

    def _headers(self, ask: Ask) -> dict[str, str]:
        headers = {"User-Agent": self._user_agent, "Accept": MEDIA_TYPE, "Accept-Encoding": "gzip"}
        if ask.origin:
            headers["Origin"] = ORIGIN
        if ask.method == "OPTIONS":  # what a browser asks before a call with a token
            headers["Accept"] = "*/*"
            headers["Access-Control-Request-Method"] = METHOD
            headers["Access-Control-Request-Headers"] = "authorization"
        if ask.caller is not None:
            token = self._token.reveal() if ask.caller == "user" else MADE_UP_TOKEN
            headers["Authorization"] = f"Discogs token={token}"
        return headers
