"""One socket, from the handshake to the close."""

import asyncio
import contextlib
import logging
import ssl
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from cratesync.client.answers import answer_frame
from cratesync.client.clock import Clock, format_instant, parse_instant
from cratesync.client.errors import ClientError
from cratesync.client.events import Connected, Misunderstood, Observer
from cratesync.client.proxy import Proxy
from cratesync.client.race import unless
from cratesync.client.session import ServerClock, Session
from cratesync.client.sign_in import SignIn
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.codec import MalformedMessageError, decode_server_message, encode
from cratesync.protocol.messages import (
    FRAME_BYTES_MAX,
    Authenticate,
    Authenticated,
    ClientInfo,
    ClientMessage,
    Credentials,
    DiscogsApiRequest,
    ErrorMessage,
    Ping,
    Pong,
    ResponseAck,
    ServerMessage,
    SigningKey,
    SyncComplete,
    SyncError,
    SyncProgress,
    Welcome,
)

Trust = Callable[[Sequence[SigningKey]], Mapping[str, str]]

# websockets logs frames at DEBUG, and the first one holds the token.
_quiet = logging.getLogger("cratesync.client.socket")
_quiet.setLevel(logging.CRITICAL)


class Timing(Struct, frozen=True):
    """How long a connection waits for what, in seconds."""

    open_seconds: float = 10.0
    authenticated_seconds: float = 10.0
    ping_after_seconds: float = 20.0
    pong_within_seconds: float = 10.0
    farewell_seconds: float = 3.0


class Ending(Struct, frozen=True):
    """Why a connection is over, whether the sign-in was taken, and whether any answer was."""

    sentence: str
    close_code: int | None = None
    signed_in: bool = False
    served: bool = False


_RENEWALS_APART_SECONDS = 1.0
_STOPPED = Ending("Stopped.")


class _Dial(connect):
    """The handshake goes to the address the user gave: the first message holds a token."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Connection:
    """Authenticates, passes requests to the proxy and answers to the server, and notices silence."""

    def __init__(
        self,
        *,
        url: str,
        client: ClientInfo,
        user_agent: str,
        sign_in: SignIn,
        trust: Trust,
        proxy: Proxy,
        observe: Observer,
        clock: Clock,
        tls: ssl.SSLContext | None,
        timing: Timing,
    ) -> None:
        self._url = url
        self._client = client
        self._user_agent = user_agent
        self._sign_in = sign_in
        self._trust = trust
        self._proxy = proxy
        self._observe = observe
        self._clock = clock
        self._tls = tls
        self._timing = timing
        self._session: Session | None = None
        self._served = False
        self._leaving = False
        self.connected = asyncio.Event()
        """Set from the first sign-in on that the server took."""

    async def live(self, stopping: asyncio.Event) -> Ending:
        """Connect, and serve until the socket closes or `stopping` is set. Raises `ClientError`."""
        self._session, self._served, self._leaving = None, False, False
        try:
            socket = await unless(stopping, self._dial())
        except InvalidStatus as fault:
            return Ending(f"The server answered the handshake with HTTP {fault.response.status_code}.")
        except (OSError, TimeoutError, EOFError, WebSocketException) as fault:
            return Ending(f"The server could not be reached ({type(fault).__name__}).")
        if socket is None:
            return _STOPPED
        try:
            ending = await unless(stopping, self._sign_in_on(socket))
            return ending or await self._serve(socket, stopping)
        finally:
            self._proxy.disconnected()
            await socket.close()

    async def _dial(self) -> ClientConnection:
        return await _Dial(
            self._url,
            ssl=self._tls,
            proxy=None,
            compression=None,
            ping_interval=None,
            open_timeout=self._timing.open_seconds,
            close_timeout=self._timing.farewell_seconds,
            max_size=FRAME_BYTES_MAX,
            user_agent_header=self._user_agent,
            logger=_quiet,
        )

    async def _sign_in_on(self, socket: ClientConnection) -> Ending | None:
        try:
            async with asyncio.timeout(self._timing.authenticated_seconds):
                await self._authenticate(socket)
                while self._session is None:
                    await self._hear(socket, await socket.recv(decode=False))
        except TimeoutError:
            return Ending("The server did not answer the sign-in.")
        except ConnectionClosed as fault:
            return _closed(fault)
        return None

    async def _serve(self, socket: ClientConnection, stopping: asyncio.Event) -> Ending:
        if stopping.is_set():
            return _STOPPED
        self._proxy.connected_anew()
        async with asyncio.TaskGroup() as tasks:
            helpers = [
                tasks.create_task(self._send_answers(socket)),
                tasks.create_task(self._renew_sign_in(socket)),
                tasks.create_task(self._take_leave(socket, stopping)),
            ]
            ending = await self._listen(socket)
            for helper in helpers:
                helper.cancel()
        if isinstance(ending, ClientError):
            raise ending
        return replace(ending, signed_in=True, served=self._served)

    async def _authenticate(self, socket: ClientConnection) -> None:
        token = await self._sign_in.token()
        credentials = Credentials(
            token=token.reveal(), client=replace(self._client, holding=self._proxy.holding)
        )
        await self._send(socket, Authenticate(id=_new_id(), timestamp=self._stamp(), data=credentials))

    async def _listen(self, socket: ClientConnection) -> Ending | ClientError:
        """Read until the socket closes or the server falls silent."""
        try:
            while True:
                await self._hear(socket, await self._next_frame(socket))
        except TimeoutError:
            socket.transport.abort()
            return Ending("The server fell silent.")
        except ConnectionClosed as fault:
            return _closed(fault)
        except ClientError as fault:
            return fault

    async def _next_frame(self, socket: ClientConnection) -> bytes:
        """Raises `TimeoutError` when not even a ping is answered."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.ping_after_seconds):
                return await socket.recv(decode=False)
        async with asyncio.timeout(self._timing.pong_within_seconds):
            await self._send(socket, Ping(id=_new_id(), timestamp=self._stamp()))
            return await socket.recv(decode=False)

    async def _hear(self, socket: ClientConnection, frame: bytes) -> None:
        try:
            message = decode_server_message(frame)
        except MalformedMessageError as fault:
            if fault.code != "unknown_type":
                self._observe(Misunderstood(fault.code, fault.sentence))
            return
        await self._obey(socket, message)

    async def _obey(self, socket: ClientConnection, message: ServerMessage) -> None:
        match message:
            case Authenticated(data=welcome):
                self._welcome(welcome)
            case DiscogsApiRequest(data=request):
                if self._session is not None and not self._leaving:
                    self._proxy.take(request, self._session)
            case ResponseAck(data=ack):
                self._served = True
                self._proxy.acknowledged(ack.request_id)
            case SyncProgress() | SyncComplete() | SyncError():
                self._observe(message)
            case ErrorMessage(data=fault):
                # Our answers are named after their requests. One that cannot be read is not worth sending again.
                if fault.message_id is not None and fault.code in {"bad_json", "bad_shape", "unknown_type"}:
                    self._proxy.acknowledged(fault.message_id)
                self._observe(Misunderstood(fault.code, fault.message))
            case Ping():
                async with asyncio.timeout(self._timing.pong_within_seconds):
                    await self._send(socket, Pong(id=_new_id(), timestamp=self._stamp()))
            case Pong():
                pass
            case _:
                assert_never(message)

    def _welcome(self, welcome: Welcome) -> None:
        try:
            server_time = parse_instant(welcome.server_time)
        except ValueError:
            raise ClientError("The server does not tell the time in a readable way.") from None
        before, self._session = (
            self._session,
            Session(
                connection_id=welcome.connection_id,
                user_id=welcome.user_id,
                keys=self._trust(welcome.signing_keys),
                clock=ServerClock(server_time, self._clock.monotonic()),
                frame_bytes_max=min(welcome.frame_bytes_max, FRAME_BYTES_MAX),
            ),
        )
        self.connected.set()
        if before is None:
            self._observe(Connected(welcome.connection_id, welcome.user_id))

    async def _send_answers(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # `_listen` sees the same close and says why
            while True:
                await self._proxy.news.wait()
                self._proxy.news.clear()
                while (session := self._session) and (answer := self._proxy.next_answer()):
                    limit = session.frame_bytes_max
                    frame = answer_frame(answer, now=self._clock.now(), frame_bytes_max=limit)
                    await socket.send(frame, text=True)

    async def _renew_sign_in(self, socket: ClientConnection) -> None:
        """Show a fresh token before the old one runs out and the server closes."""
        # Where it fails, the server closes in its own time, and the next connection says why.
        with contextlib.suppress(ConnectionClosed, ClientError):
            while (seconds := self._sign_in.renew_in_seconds()) is not None:
                await asyncio.sleep(max(seconds, _RENEWALS_APART_SECONDS))
                await self._authenticate(socket)

    async def _take_leave(self, socket: ClientConnection, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._leaving = True  # what is asked from now on is the server's again once the socket is closed
        self._proxy.disconnected()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.farewell_seconds):
                await self._proxy.idle.wait()
        await socket.close()

    async def _send(self, socket: ClientConnection, message: ClientMessage) -> None:
        await socket.send(encode(message), text=True)

    def _stamp(self) -> str:
        return format_instant(self._clock.now())


def _new_id() -> str:
    return str(uuid.uuid4())


def _closed(fault: ConnectionClosed) -> Ending:
    if fault.rcvd is None:
        return Ending("The connection broke.")
    reason = fault.rcvd.reason
    return Ending(reason if reason and reason.isprintable() else _sentence(fault.rcvd.code), fault.rcvd.code)


def _sentence(code: int) -> str:
    match code:
        case CloseCode.SIGN_IN_AGAIN:
            return "The server does not take this sign-in."
        case CloseCode.VERSION_TOO_OLD:
            return "The server no longer speaks with this version of Cratesync: update it."
        case CloseCode.SERVER_RESTARTS | CloseCode.GOING_AWAY:
            return "The server is restarting."
        case _:
            return f"The server closed the connection (code {code})."
