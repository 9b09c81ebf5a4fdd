"""The framework's WebSocket: origin, bounds, and the first message."""

import asyncio
import contextlib

import structlog
from litestar import WebSocket
from litestar.datastructures import State
from msgspec import Struct

from cratesync.protocol import codec
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.codec import MalformedMessageError
from cratesync.protocol.messages import Authenticate, Credentials
from cratesync.server.edge import ApiError
from cratesync.server.front import is_private
from cratesync.server.gateway.session import SOCKET_SCOPES, Desk, Session
from cratesync.server.gateway.socket import Caller, SocketClosedError
from cratesync.server.origins import Origins
from cratesync.server.secret import Secret
from cratesync.server.store.passing_faults import is_away
from cratesync.server.uninterrupted import uninterrupted

AnySocket = WebSocket[object, object, State]

# uvicorn says OSError once the other side is gone, and RuntimeError while it is closing by itself (too large a frame, no pong).
_GONE = (OSError, RuntimeError)

_log = structlog.stdlib.get_logger(__name__)


class GatewayRules(Struct, frozen=True):
    """The settings that decide who may connect."""

    origins: Origins
    allow_insecure_lan: bool
    unauthenticated_max: int
    authenticate_within_seconds: float


class Gateway:
    """Lets sockets in, one session each."""

    def __init__(self, desk: Desk, rules: GatewayRules) -> None:
        self._desk = desk
        self._rules = rules
        self._unauthenticated = 0

    async def serve(self, websocket: AnySocket) -> None:
        """One socket from its handshake to its end."""
        await websocket.accept()
        socket = _Socket(websocket)
        try:
            await self._serve(socket, websocket)
        except Exception as error:  # noqa: BLE001 - the framework would close with a code that says: stay away
            if is_away(error):
                _log.warning("socket_without_database", error=type(error).__name__)
                await socket.close(CloseCode.SERVER_FAULT, "The database does not answer; come back.")
                return
            _log.error("socket_failed", exc_info=error)
            await socket.close(CloseCode.SERVER_FAULT, "Something went wrong here; come back.")

    async def _serve(self, socket: "_Socket", websocket: AnySocket) -> None:
        headers = websocket.headers
        if not self._rules.origins.allows(headers.get("origin"), headers.get("host")):
            await socket.close(CloseCode.ORIGIN_REFUSED, "Pages of other sites may not connect here.")
            return
        if self._unauthenticated >= self._rules.unauthenticated_max:
            await socket.close(
                CloseCode.TOO_MANY_CONNECTIONS, "Too many connections are signing in; come back."
            )
            return
        self._unauthenticated += 1
        try:
            session = await self._authenticate(socket, websocket)
        except SocketClosedError:
            return
        finally:
            self._unauthenticated -= 1
        if session is None:
            return
        await session.run()

    async def _authenticate(self, socket: "_Socket", websocket: AnySocket) -> Session | None:
        """The session of whoever signs in; nothing where the socket was closed instead."""
        try:
            async with asyncio.timeout(self._rules.authenticate_within_seconds):
                credentials = _credentials(await socket.receive())
                identity = await uninterrupted(
                    self._desk.authenticator.authenticate(Secret(credentials.token))
                )
        except TimeoutError:
            await socket.close(CloseCode.AUTHENTICATION_TIMEOUT, "Nobody signed in in time.")
            return None
        except MalformedMessageError as fault:
            await socket.close(CloseCode.BAD_MESSAGE, fault.sentence)
            return None
        except ApiError as error:
            await socket.close(CloseCode.SIGN_IN_AGAIN, error.sentence)
            return None
        if not identity.scopes & SOCKET_SCOPES:
            await socket.close(CloseCode.SIGN_IN_AGAIN, "This token may neither read nor fetch.")
            return None
        if self._desk.hub.count(identity.user_id) >= self._desk.rules.connections_per_user_max:
            await socket.close(CloseCode.TOO_MANY_CONNECTIONS, "You have too many connections open.")
            return None
        return Session(self._desk, socket, self._caller(websocket), identity, credentials.client)

    def _caller(self, websocket: AnySocket) -> Caller:
        address = websocket.client.host if websocket.client else ""
        return Caller(address, is_private(websocket.scope) or self._rules.allow_insecure_lan)


class _Socket:
    """Litestar's WebSocket behind the session's seam."""

    def __init__(self, websocket: AnySocket) -> None:
        self._websocket = websocket
        self._closed = False

    async def receive(self) -> str | bytes:
        message = await self._websocket.receive()
        if message["type"] != "websocket.receive":
            self._closed = True
            raise SocketClosedError
        text, data = message.get("text"), message.get("bytes")
        return text if text is not None else data or b""

    async def send(self, frame: bytes) -> None:
        if self._closed:
            raise SocketClosedError
        try:
            await self._websocket.send({"type": "websocket.send", "text": frame.decode(), "bytes": None})
        except _GONE:
            self._closed = True
            raise SocketClosedError from None

    async def close(self, code: int, reason: str) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(*_GONE):
            await self._websocket.close(int(code), reason)


def _credentials(frame: str | bytes) -> Credentials:
    """Nothing else is read before somebody signed in. Raises `MalformedMessageError`."""
    message = codec.decode_client_message(frame)
    if not isinstance(message, Authenticate):
        raise MalformedMessageError("not_signed_in", "The first message must be authenticate.")
    return message.data
