"""One HTTP call."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import httpx

from cratesync.client.answers import answered, oversize, unanswered
from cratesync.protocol.messages import CALL_SECONDS_MAX, FRAME_BYTES_MAX, ApiRequest, ApiResponse
from cratesync.providers.discogs.allow_list import UPSTREAM

Fetch = Callable[[ApiRequest], Awaitable[ApiResponse]]

# Whatever can happen to a call instead of an answer, but a timeout. No text of theirs is shown: it could hold a header's value.
NETWORK_FAULTS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)


class HttpFetch:
    """Makes the call of a request that the guard let through, and always has an answer.

    No redirects, no cookies, no proxies from the environment: the call goes to the address that was checked.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        user_agent: str,
        rate_header: str = UPSTREAM.rate_header,
        call_seconds: float = CALL_SECONDS_MAX,
        body_bytes_max: int = FRAME_BYTES_MAX,
    ) -> None:
        self._http = http
        self._user_agent = user_agent
        self._rate_header = rate_header
        self._call_seconds = call_seconds
        self._body_bytes_max = body_bytes_max

    async def __call__(self, request: ApiRequest) -> ApiResponse:
        """The answer, within the deadline for the whole call."""
        try:
            async with asyncio.timeout(self._call_seconds):
                return await self._call(request)
        except (TimeoutError, httpx.TimeoutException):
            error = f"timeout: The call was not finished after {self._call_seconds:g} seconds."
        except NETWORK_FAULTS as fault:
            error = f"network: The call failed before its answer was complete ({type(fault).__name__})."
        return unanswered(request.request_id, error)

    async def _call(self, request: ApiRequest) -> ApiResponse:
        # A bare Request: `AsyncClient.build_request` would add the client's own headers and cookies.
        names = {name.lower() for name in request.headers}
        headers = dict(request.headers) | {"Accept-Encoding": "gzip"}
        if "user-agent" not in names:
            headers["User-Agent"] = self._user_agent
        call = httpx.Request(request.method, request.url, headers=headers)
        response = await self._http.send(call, stream=True, auth=None, follow_redirects=False)
        try:
            if 300 <= response.status_code < 400:
                sentence = "The answer was a redirect, and redirects are not followed."
                return unanswered(request.request_id, f"refused_redirect: {sentence}")
            body = await bounded_body(response, self._body_bytes_max)
        finally:
            await response.aclose()
        if body is None:
            return oversize(unanswered(request.request_id, ""))
        return answered(
            request.request_id,
            response.status_code,
            response.headers.multi_items(),
            body,
            rate_header=self._rate_header,
        )


async def bounded_body(response: httpx.Response, bytes_max: int) -> bytes | None:
    """The body, unpacked; nothing where it is larger than the limit, at which reading stops."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)


def http_for_calls(*, local_address: str | None, calls_max: int, verify: ssl.SSLContext) -> httpx.AsyncClient:
    """The pool that calls to the outside API go through. Its deadline is `HttpFetch`'s, body included."""
    limits = httpx.Limits(max_connections=calls_max, max_keepalive_connections=calls_max)
    transport = httpx.AsyncHTTPTransport(
        verify=verify, limits=limits, local_address=local_address, trust_env=False
    )
    return httpx.AsyncClient(transport=transport, timeout=None, trust_env=False, follow_redirects=False)  # noqa: S113
