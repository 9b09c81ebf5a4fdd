"""The other side, for tests of the client: a Cratesync server and a Discogs that do what the test says.

Both are real servers on loopback. The WebSocket is the library's own protocol machine over a plain stream, so that a test
can also break the socket, or say nothing.
"""

import asyncio
import inspect
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from cratesync.client.clock import format_instant
from cratesync.protocol.codec import decode_client_message, encode
from cratesync.protocol.messages import (
    FRAME_BYTES_MAX,
    PROTOCOL_VERSION,
    Ack,
    Authenticate,
    Authenticated,
    DiscogsApiRequest,
    DiscogsApiResponse,
    Ping,
    ResponseAck,
    Welcome,
)
from unit.client.signed import Signer

PATIENCE_SECONDS = 5.0

# A test about what the client logs must not find what this server logs.
_quiet = logging.getLogger("scripted")
_quiet.setLevel(logging.CRITICAL)


class Call(NamedTuple):
    """A plain HTTP request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    ip: str

    @property
    def json(self):
        return json.loads(self.body)


async def read_call(reader, writer) -> Call | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    lower = {name.lower(): value for name, value in headers.items()}
    body = await reader.readexactly(int(lower.get("content-length", 0)))
    return Call(method, path, headers, body, writer.get_extra_info("peername")[0])


def http_answer(status, body, headers=()) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Loopback:
    """Serves one coroutine a connection, and ends them all at the end of the test."""

    def __init__(self):
        self._serving: set[asyncio.Task] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**24)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _connected(self, reader, writer):
        self._serving.add(asyncio.current_task())
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._serving.discard(asyncio.current_task())
            writer.transport.abort()


class ScriptedDiscogs(Loopback):
    """Answers by path; what was not scripted is an empty JSON object. Remembers the calls."""

    def __init__(self):
        super().__init__()
        self.calls: list[Call] = []
        self.came = asyncio.Condition()
        self.answers: dict[str, bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]] = {}

    async def serve(self, reader, writer):
        call = await read_call(reader, writer)
        if call is None:
            return
        async with self.came:
            self.calls.append(call)
            self.came.notify_all()
        answer = self.answers.get(call.path.partition("?")[0], http_answer(200, b"{}"))
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(writer)

    async def calls_made(self, count):
        async with asyncio.timeout(PATIENCE_SECONDS), self.came:
            await self.came.wait_for(lambda: len(self.calls) >= count)


class Socket:
    """One WebSocket connection, seen from the server."""

    def __init__(self, server, protocol, reader, writer):
        self._server, self._protocol, self._reader, self._writer = server, protocol, reader, writer
        self._frames = asyncio.Queue()
        self.closed = asyncio.Event()
        self.connection_id = f"connection-{len(server.connection_ids) + 1}"
        server.connection_ids.append(self.connection_id)

    async def pump(self):
        try:
            while data := await self._reader.read(65536):
                self._receive(data)
                await self._flush()
        finally:
            self.closed.set()

    def _receive(self, data):
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
                self._partial = getattr(self, "_partial", b"") + event.data
                if event.fin:
                    assert event.opcode is not Opcode.BINARY
                    self._frames.put_nowait(self._partial)
                    self._partial = b""

    async def _flush(self):
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)
            else:
                self._writer.write_eof()
        await self._writer.drain()

    async def frame(self):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._frames.get()

    async def hear(self, *types):
        """The next message of these types; others are passed over."""
        while not isinstance(message := decode_client_message(await self.frame()), types):
            pass
        return message

    async def send(self, message):
        self._protocol.send_text(message if isinstance(message, bytes) else encode(message))
        await self._flush()

    async def welcome(self, *signers, user_id="user-1", frame_bytes_max=FRAME_BYTES_MAX) -> Authenticate:
        """Read the sign-in and take it."""
        authenticate = await self.hear(Authenticate)
        await self.greet(*signers, user_id=user_id, frame_bytes_max=frame_bytes_max)
        return authenticate

    async def greet(self, *signers, user_id="user-1", frame_bytes_max=FRAME_BYTES_MAX):
        welcome = Welcome(
            connection_id=self.connection_id,
            user_id=user_id,
            server_time=format_instant(datetime.now(UTC)),
            frame_bytes_max=frame_bytes_max,
            protocol_version=PROTOCOL_VERSION,
            signing_keys=tuple(signer.offer() for signer in signers or (self._server.signer,)),
        )
        await self.send(Authenticated(id="welcome", data=welcome))

    async def ask(
        self, request_id, path="/oauth/identity", *, attempt=1, signer=None, headers=None, expires_in=25
    ):
        """Send a signed request."""
        request = (signer or self._server.signer).request(
            request_id,
            url=self._server.discogs_url + path,
            attempt=attempt,
            connection_id=self.connection_id,
            headers=headers,
            expires_at=format_instant(datetime.now(UTC) + timedelta(seconds=expires_in)),
        )
        await self.send(DiscogsApiRequest(id=f"ask-{request_id}-{attempt}", data=request))

    async def answer(self):
        return (await self.hear(DiscogsApiResponse)).data

    async def acknowledge(self, request_id, outcome="accepted"):
        await self.send(ResponseAck(id=f"ack-{request_id}", data=Ack(request_id=request_id, outcome=outcome)))

    async def answered(self, request_id, path="/oauth/identity", **how):
        """Ask, read the answer and acknowledge it."""
        await self.ask(request_id, path, **how)
        answer = await self.answer()
        await self.acknowledge(request_id)
        return answer

    async def nothing_more_was_said(self):
        """A ping comes back, and nothing before it."""
        await self.send(Ping(id="nothing more"))
        return type(decode_client_message(await self.frame())).__name__ == "Pong"

    async def close(self, code, reason=""):
        self._protocol.send_close(code, reason)
        await self._flush()
        await self.gone()

    async def gone(self):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.closed.wait()

    def cut(self):
        self._writer.transport.abort()


class ScriptedServer(Loopback):
    """A Cratesync server whose REST answers are in `rest` and whose sockets the test takes with `socket`."""

    def __init__(self, discogs_url="http://127.0.0.1:9"):
        super().__init__()
        self.discogs_url = discogs_url
        self.signer = Signer("key-1")
        self.calls: list[Call] = []
        self.rest: dict[tuple[str, str], object] = {}
        self.handshake_status: int | None = None
        self.handshake_location = "http://127.0.0.1:9/ws"
        self.connection_ids: list[str] = []
        self._sockets = asyncio.Queue()

    async def socket(self) -> Socket:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._sockets.get()

    async def serve(self, reader, writer):
        protocol = ServerProtocol(logger=_quiet)
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /ws "):
            if self.handshake_status is not None:
                location = [("location", self.handshake_location)]
                writer.write(http_answer(self.handshake_status, b"", location))
                await writer.drain()
                return
            protocol.receive_data(head)
            (request,) = protocol.events_received()
            assert isinstance(request, Request)
            protocol.send_response(protocol.accept(request))
            socket = Socket(self, protocol, reader, writer)
            await socket._flush()
            self._sockets.put_nowait(socket)
            await socket.pump()
            return
        replay = asyncio.StreamReader(limit=2**24)
        replay.feed_data(head)
        length = next(
            (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")), b": 0"
        )
        replay.feed_data(await reader.readexactly(int(length.split(b": ")[1])))
        call = await read_call(replay, writer)
        self.calls.append(call)
        status, answer = await self._rest_answer(call)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        writer.write(http_answer(status, body, [("content-type", "application/json")]))
        await writer.drain()

    async def _rest_answer(self, call):
        answer = self.rest.get((call.method, call.path))
        if callable(answer):
            answer = answer(call)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is None:
            return 404, {"code": "not_found", "message": "Nothing is here."}
        return answer if isinstance(answer, tuple) else (200, answer)


class Observed:
    """What the client says of itself, in order."""

    def __init__(self):
        self.events = []
        self._queue = asyncio.Queue()

    def __call__(self, event):
        self.events.append(event)
        self._queue.put_nowait(event)

    async def next(self, *types):
        """The next event of these types; others are passed over."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not isinstance(event := await self._queue.get(), types):
                pass
        return event
