"""The bell by publish and subscribe of Valkey or Redis: two connections a node, one to listen and one to ring."""

import asyncio
import contextlib
from collections.abc import Sequence

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cratesync.server.bell.bell import BellLostError, Hear, Line
from cratesync.server.bell.notes import PAYLOAD_BYTES_MAX
from cratesync.server.secret import Secret

CONNECT_SECONDS_MAX = 5.0
COMMAND_SECONDS_MAX = 5.0

_LOST = (RedisError, OSError)  # a timeout is an OSError


class ValkeyBell:
    """Rings on one channel, whose name all nodes of an installation share."""

    def __init__(self, url: Secret, channel: str) -> None:
        self._url = url
        self._channel = channel

    @property
    def payload_bytes_max(self) -> int:
        """How much is sent in one message."""
        return PAYLOAD_BYTES_MAX

    async def connect(self, hear: Hear) -> Line:
        """Subscribe. Raises `BellLostError`."""
        line = _ValkeyLine(self._url, self._channel, hear)
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await line.open()
        except BaseException as error:
            await line.close()
            if isinstance(error, _LOST):
                raise BellLostError(type(error).__name__) from None
            raise
        return line


class _ValkeyLine:
    """A client without retries of its own: whoever opened it is told, and opens another one."""

    def __init__(self, url: Secret, channel: str, hear: Hear) -> None:
        self._client = redis.asyncio.Redis.from_url(
            url.reveal(),
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_SECONDS_MAX,
            socket_timeout=COMMAND_SECONDS_MAX,
            socket_keepalive=True,
        )
        self._subscription = self._client.pubsub(ignore_subscribe_messages=True)
        self._channel = channel
        self._hear = hear

    async def open(self) -> None:
        await self._client.ping()
        await self._subscription.subscribe(self._channel)

    async def ring(self, payloads: Sequence[bytes]) -> None:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for payload in payloads:
                    _ = pipeline.publish(self._channel, payload)  # queued until it is executed
                await pipeline.execute()
        except _LOST as error:
            raise BellLostError(type(error).__name__) from None

    async def listen(self) -> None:
        try:
            while True:
                message = await self._subscription.get_message(ignore_subscribe_messages=True, timeout=None)
                if message is not None and isinstance(message["data"], bytes):
                    self._hear(message["data"])
        except _LOST as error:
            raise BellLostError(type(error).__name__) from None

    async def close(self) -> None:
        with contextlib.suppress(*_LOST):
            async with asyncio.timeout(COMMAND_SECONDS_MAX):
                await self._subscription.aclose()  # type: ignore[no-untyped-call]  # its own has no annotations
                await self._client.aclose()
