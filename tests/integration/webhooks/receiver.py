"""A receiver of webhooks: a small HTTP server that answers as it is told, on an address that no provider has."""

import asyncio
import hmac
import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

HOST = "127.0.0.2"
PATIENCE_SECONDS = 12.0


class Received(NamedTuple):
    """One request: its line, its headers by lower-case name, its body."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return self.told["type"]

    @property
    def data(self) -> dict[str, Any]:
        return self.told["data"]

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """By the words of Standard Webhooks, written anew."""
        key = b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = "v1," + b64encode(hmac.new(key, signed, "sha256").digest()).decode()
        return self.headers["webhook-signature"] == wanted


class Receiver:
    """`answers` are the next raw answers; after them it says 204. None keeps the caller waiting for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.received: list[Received] = []
        self.answers: list[bytes | None] = []
        self.connections = 0
        self._news = asyncio.Event()
        self._may_answer: asyncio.Event | None = None

    def hold(self, until: asyncio.Event) -> None:
        """Nothing is answered before this happens."""
        self._may_answer = until

    def will_say(self, *statuses: int) -> None:
        """Bare answers with these statuses, in this order."""
        self.answers += [f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode() for status in statuses]

    async def has_received(self, count: int) -> list[Received]:
        """All, once they are so many."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(self.received) < count:
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError:
            raise AssertionError(f"{len(self.received)} came, not {count}: {self.received}") from None
        assert len(self.received) == count, self.received
        return self.received

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {}
            for line in head[1:-2]:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0], headers, body))
            self._news.set()
            if self._may_answer is not None:
                await self._may_answer.wait()
            answer = self.answers.pop(0) if self.answers else b"HTTP/1.1 204 No Content\r\n\r\n"
            if answer is None:
                await reader.read()  # until the caller gives up
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port, until the body ends."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, HOST, 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://{HOST}:{receiver.port}/hook"
    try:
        yield receiver
    finally:
        server.close()
