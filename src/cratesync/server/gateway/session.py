"""One socket: authenticate, then take answers, claim requests when rung or due, and pass on what is told."""

import asyncio
from hashlib import blake2b
from uuid import UUID

import structlog
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from cratesync.protocol import codec
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.codec import MalformedMessageError
from cratesync.protocol.messages import (
    PROTOCOL_VERSION,
    Ack,
    Authenticate,
    Authenticated,
    ClientInfo,
    ClientMessage,
    DiscogsApiResponse,
    ErrorMessage,
    Fault,
    Ping,
    Pong,
    ResponseAck,
    ServerMessage,
    WatchOnly,
    Welcome,
)
from cratesync.server.accounts.auth import Authenticator, Identity
from cratesync.server.answers import AnswerDesk
from cratesync.server.clock import Clock
from cratesync.server.dispatcher import Dispatcher
from cratesync.server.edge import ApiError
from cratesync.server.gateway.fetching import Fetching
from cratesync.server.gateway.flood import TokenBucket
from cratesync.server.gateway.hub import Hub
from cratesync.server.gateway.outbox import Outbox
from cratesync.server.gateway.sign_in_watch import SignInWatch
from cratesync.server.gateway.socket import Caller, Socket, SocketClosedError
from cratesync.server.ids import new_id
from cratesync.server.news import News
from cratesync.server.reports import iso, server_time
from cratesync.server.seats import Candidate, Seats, rank
from cratesync.server.secret import Secret
from cratesync.server.store.passing_faults import is_away, is_rolled_back, tried_again
from cratesync.server.transaction import UserGoneError
from cratesync.server.uninterrupted import uninterrupted
from cratesync.server.vault import Vault

SOCKET_SCOPES = frozenset(
    {"fetch", "read"}
)  # what a socket is good for; whoever has neither has no use for one
BURST_SECONDS = 4.0
FAULTS_MAX = 10
CLOSE_WITHIN_SECONDS = 5.0

_log = structlog.stdlib.get_logger(__name__)


class SessionRules(Struct, frozen=True):
    """The settings that bound a session."""

    frame_bytes_max: int
    outbox_frames_max: int
    messages_per_second_max: float
    connections_per_user_max: int
    in_flight_max: int
    sign_in_checked_seconds: float


class Desk(Struct, frozen=True):
    """Everything a session works with."""

    node: str
    clock: Clock
    authenticator: Authenticator
    vault: Vault
    hub: Hub
    seats: Seats
    dispatcher: Dispatcher
    answers: AnswerDesk
    news: News
    rules: SessionRules


class Session:
    """One authenticated connection; the hub knows it as a member.

    Its own task reads. Whatever else there is to be done is done by tasks that live for as long as it takes (see `Outbox`,
    `Fetching`, `SignInWatch`), so that a connection on which nothing happens is one task that waits.
    """

    __slots__ = (
        "__weakref__",
        "_arrived_at",
        "_caller",
        "_client",
        "_desk",
        "_faults",
        "_fetching",
        "_flood",
        "_identity",
        "_open",
        "_outbox",
        "_sign_in",
        "_socket",
        "connection_id",
    )

    def __init__(
        self, desk: Desk, socket: Socket, caller: Caller, identity: Identity, client: ClientInfo
    ) -> None:
        self.connection_id = f"{desk.node}.{new_id()}"
        self._desk = desk
        self._socket = socket
        self._caller = caller
        self._identity = identity
        self._client = client
        self._outbox = Outbox(
            socket, desk.rules.outbox_frames_max, on_close=self._interrupt, on_fault=self._close_after
        )
        self._sign_in = SignInWatch(
            identity,
            authenticator=desk.authenticator,
            clock=desk.clock,
            every_seconds=desk.rules.sign_in_checked_seconds,
            on_gone=self._sign_in_is_gone,
            on_fault=self._close_after,
        )
        self._fetching: Fetching | None = None
        self._open: asyncio.Timeout | None = None
        self._arrived_at: float | None = None
        self._faults = 0
        self._flood = TokenBucket(
            per_second=desk.rules.messages_per_second_max,
            burst_seconds=BURST_SECONDS,
            now=desk.clock.steady(),
        )

    @property
    def candidate(self) -> Candidate | None:
        """What it is as a fetcher, once it has arrived: until then nobody knows which requests it holds."""
        return None if self._arrived_at is None else self._as_fetcher()

    @property
    def fetching_since(self) -> float | None:
        """When it arrived (steady) as somebody who may fetch."""
        return self._arrived_at

    @property
    def _watch_only(self) -> WatchOnly | None:
        if "fetch" not in self._identity.scopes:
            return "token_without_fetch"
        return None if self._caller.private else "socket_not_private"

    def _as_fetcher(self) -> Candidate | None:
        if self._watch_only is not None:
            return None
        return Candidate(
            connection_id=self.connection_id,
            client_id=self._client.client_id,
            address=address_digest(self._caller.address),
            reads_headers=self._client.reads_rate_limit_headers,
            rank=rank(self._client.kind, reads_headers=self._client.reads_rate_limit_headers),
            in_flight_max=min(self._client.max_in_flight, self._desk.rules.in_flight_max),
        )

    @property
    def _user_id(self) -> UUID:
        return self._identity.user_id

    def send(self, frame: bytes) -> None:
        """Put a frame into the outbox."""
        self._outbox.put(frame)

    def wake(self) -> None:
        """Something may be due."""
        if self._fetching is not None:
            self._fetching.ring()

    def nudge(self) -> None:
        """Look, unless a time to look is set."""
        if self._fetching is not None:
            self._fetching.nudge()

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection after what is queued."""
        self._outbox.close(code, reason)

    async def run(self) -> None:
        """Until either side closes."""
        self._say(self._welcome())
        self._desk.hub.join(self._user_id, self)
        self._sign_in.start(self._identity)
        try:
            await self._work()
        finally:
            self._desk.hub.leave(self._user_id, self)
            await asyncio.gather(
                self._outbox.finish(CLOSE_WITHIN_SECONDS),
                self._sign_in.end(),
                uninterrupted(self._depart()),
            )

    async def _work(self) -> None:
        """Introduce it and take what comes, until it is closed."""
        try:
            async with asyncio.timeout(None) as self._open:
                try:
                    if not self._outbox.is_closed:
                        await self._introduce()
                        await self._read()
                finally:
                    self._open = None
        except Exception as error:  # noqa: BLE001 - it is told as what it is, or what it was not
            interrupted = isinstance(error, TimeoutError) and self._outbox.is_closed
            self._close_after(None if interrupted else error)

    def _interrupt(self) -> None:
        """It is closed, so nothing more is read: the time for that is up now."""
        if self._open is not None:
            self._open.reschedule(asyncio.get_running_loop().time())

    def _close_after(self, error: BaseException | None) -> None:
        match error:
            case None | SocketClosedError():
                self._outbox.close(CloseCode.GOING_AWAY, "")
            case UserGoneError() | ApiError():
                self._outbox.close(CloseCode.SIGN_IN_AGAIN, "This account does not exist any more.")
            case _ if is_away(error) or is_rolled_back(error):
                _log.warning(
                    "session_without_database", error=type(error).__name__, user_id=str(self._user_id)
                )
                self._outbox.close(CloseCode.SERVER_FAULT, "The database does not answer; come back.")
            case _:
                _log.error("session_failed", user_id=str(self._user_id), exc_info=error)
                self._outbox.close(CloseCode.SERVER_FAULT, "Something went wrong here; come back.")

    def _sign_in_is_gone(self) -> None:
        self.close(CloseCode.SIGN_IN_AGAIN, "This sign-in is not good any more; sign in again.")

    async def _depart(self) -> None:
        if self._fetching is not None:
            await self._fetching.end()
        if self._as_fetcher() is None:
            return
        try:
            await self._desk.seats.leave(
                self._user_id, self.connection_id, self._desk.hub.candidates(self._user_id)
            )
        except UserGoneError:
            return
        except Exception as error:
            if not (is_away(error) or isinstance(error, SQLAlchemyError)):
                raise
            # The lease and the seat end by themselves.
            _log.warning("departure_not_recorded", error=type(error).__name__, user_id=str(self._user_id))

    # --- what comes ---

    async def _introduce(self) -> None:
        """Tell what happened meanwhile and take a seat. Whoever hears `authenticated` can rely on it: if this connection may fetch, it
        has its place by then."""
        candidate = self._as_fetcher()
        try:
            revision, messages = await uninterrupted(self._desk.news.since_away(self._user_id))
            for message in messages:
                self._say(message)
            self._desk.hub.introduced(self._user_id, revision)
            if candidate is not None:
                arrival = self._desk.seats.arrive(self._user_id, candidate, self._client.holding)
                seated = await uninterrupted(arrival)
                self._arrived_at = self._desk.clock.steady()
                self._fetching = Fetching(
                    self._user_id,
                    candidate,
                    seats=self._desk.seats,
                    dispatcher=self._desk.dispatcher,
                    clock=self._desk.clock,
                    send=self._say,
                    on_fault=self._close_after,
                )
                self._fetching.start(seated=seated)
        finally:
            self._outbox.release()

    async def _read(self) -> None:
        while True:
            frame = await self._socket.receive()
            if not self._flood.take(self._desk.clock.steady()):
                self.close(CloseCode.TOO_MANY_MESSAGES, "You send too many messages; come back later.")
                return
            try:
                message = codec.decode_client_message(frame)
            except MalformedMessageError as fault:
                self._complain(fault)
            else:
                # A page is large, and the next frame may be long in coming.
                del frame
                await self._take(message)
                del message

    async def _take(self, message: ClientMessage) -> None:
        match message:
            case DiscogsApiResponse(data=response):
                taking = tried_again(
                    lambda: self._desk.answers.take(self._user_id, response, self.connection_id)
                )
                taken = await uninterrupted(taking)
                self._say(
                    ResponseAck(
                        id=str(new_id()),
                        timestamp=self._now(),
                        data=Ack(request_id=response.request_id, outcome=taken.outcome),
                    )
                )
                if taken.claimed is not None and self._fetching is not None:
                    self._fetching.send(taken.claimed)
            case Ping():
                self._say(Pong(id=str(new_id()), timestamp=self._now()))
            case Pong():
                pass
            case Authenticate(data=credentials):
                await self._authenticate_again(Secret(credentials.token))

    async def _authenticate_again(self, token: Secret) -> None:
        try:
            identity = await uninterrupted(self._desk.authenticator.authenticate(token))
        except ApiError as error:
            self.close(CloseCode.SIGN_IN_AGAIN, error.sentence)
            return
        if identity.user_id != self._user_id:
            self.close(
                CloseCode.SIGN_IN_AGAIN, "This token is somebody else's; open a connection of their own."
            )
            return
        if (identity.scopes ^ self._identity.scopes) & SOCKET_SCOPES:
            self.close(
                CloseCode.SIGN_IN_AGAIN, "This token may do other things; open a new connection with it."
            )
            return
        self._identity = identity
        self._sign_in.start(identity)
        self._say(self._welcome())

    # --- words ---

    def _say(self, message: ServerMessage) -> None:
        self._outbox.put(codec.encode(message))

    def _complain(self, fault: MalformedMessageError) -> None:
        self._faults += 1
        if self._faults > FAULTS_MAX:
            self.close(CloseCode.BAD_MESSAGE, "Too many of your messages could not be understood.")
            return
        self._say(
            ErrorMessage(
                id=str(new_id()),
                timestamp=self._now(),
                data=Fault(code=fault.code, message=fault.sentence, message_id=fault.message_id),
            )
        )

    def _welcome(self) -> Authenticated:
        return Authenticated(
            id=str(new_id()),
            timestamp=self._now(),
            data=Welcome(
                connection_id=self.connection_id,
                user_id=str(self._user_id),
                server_time=server_time(self._desk.clock.steady()),
                frame_bytes_max=self._desk.rules.frame_bytes_max,
                protocol_version=PROTOCOL_VERSION,
                signing_keys=self._desk.vault.signing_keys,
                watch_only=self._watch_only,
            ),
        )

    def _now(self) -> str:
        return iso(self._desk.clock.now())


def address_digest(address: str) -> str:
    """What a network address is remembered by: learning needs to know the same place again, not where it is."""
    return blake2b(address.encode(), digest_size=8).hexdigest()
