"""One try of one delivery: a single POST, to an address that was looked at, for a bounded time.

The only HTTP that the server speaks as a client.
"""

import asyncio
import functools
import ssl
from collections.abc import Mapping
from contextlib import suppress

import httpx
from msgspec import Struct

from cratesync import __version__
from cratesync.server.edge import ApiError
from cratesync.server.webhooks.addresses import Target, Targets, literal

TRY_SECONDS_MAX = 10.0
CONNECT_SECONDS_MAX = 3.0
ADDRESSES_TRIED_MAX = 3
ANSWER_BYTES_READ = 4096
ANSWER_CHARACTERS_KEPT = 200
ERROR_CHARACTERS_KEPT = 300


class Arrived(Struct, frozen=True):
    """The receiver took it."""

    status: int


class Missed(Struct, frozen=True):
    """It did not arrive; `status` where the receiver answered at all."""

    status: int | None
    error: str

    @property
    def gone(self) -> bool:
        """Whether the receiver said that it is gone for good."""
        return self.status == httpx.codes.GONE


@functools.cache
def usual_authorities() -> ssl.SSLContext:
    """The usual authorities, and those of this machine. Read once, it takes a while."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


class Post:
    """Makes single tries. Each has a connection of its own: by address alone, one could be taken for another host's."""

    def __init__(
        self, targets: Targets, *, seconds_max: float = TRY_SECONDS_MAX, tls: ssl.SSLContext | None = None
    ) -> None:
        self._targets = targets
        self._seconds_max = seconds_max
        self._tls = tls

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Arrived | Missed:
        """Try once. Never raises, but for cancellation."""
        try:
            async with asyncio.timeout(self._seconds_max):
                target = await self._targets.find(url)
                return await self._send(target, body, headers)
        except ApiError as error:
            return Missed(None, error.sentence)
        except TimeoutError:
            return Missed(None, f"There was no whole answer within {self._seconds_max:g} s.")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Missed(None, _shortened(f"{type(error).__name__}: {error}", ERROR_CHARACTERS_KEPT))

    async def _send(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Arrived | Missed:
        last: httpx.TransportError | None = None
        for address in target.addresses[:ADDRESSES_TRIED_MAX]:
            try:
                return await self._send_to(address, target.url, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error  # nothing was sent yet
        raise last or httpx.ConnectError("No address was left to try.")

    async def _send_to(
        self, address: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]
    ) -> Arrived | Missed:
        """The name stands in `Host` and in the TLS handshake, which proves it; the connection goes to the address."""
        waits = httpx.Timeout(self._seconds_max, connect=min(CONNECT_SECONDS_MAX, self._seconds_max))
        extensions: dict[str, object] = {"timeout": waits.as_dict()}
        name = url.raw_host.decode()
        if literal(name) is None:
            extensions["sni_hostname"] = name
        request = httpx.Request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={
                "Host": url.netloc.decode(),
                "User-Agent": f"Cratesync/{__version__}",
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            },
            extensions=extensions,
        )
        # The client above the transport would follow a proxy of the environment, keep cookies and log the URL.
        transport = httpx.AsyncHTTPTransport(
            verify=self._tls or usual_authorities(), trust_env=False, limits=httpx.Limits(max_connections=1)
        )
        async with transport:
            response = await transport.handle_async_request(request)
            try:
                if response.is_success:
                    return Arrived(response.status_code)
                return Missed(response.status_code, _refusal(response, await _beginning(response)))
            finally:
                await response.aclose()


async def _beginning(response: httpx.Response) -> bytes:
    """As it came over the line, so that nothing small unpacks into something large; what was cut off is kept so far."""
    read = b""
    with suppress(httpx.HTTPError):
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) >= ANSWER_BYTES_READ:
                break
    return read[:ANSWER_BYTES_READ]


def _refusal(response: httpx.Response, beginning: bytes) -> str:
    if response.is_redirect:
        return f"It answered {response.status_code}: redirects are not followed."
    said = _shortened(beginning.decode(errors="replace"), ANSWER_CHARACTERS_KEPT)
    return f"It answered {response.status_code}: {said}" if said else f"It answered {response.status_code}."


def _shortened(text: str, characters: int) -> str:
    """One line without what no database or terminal should be given."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(clean.split())[:characters]
