"""One socket: authenticate, then take answers, claim requests when rung or due, and pass on what is told."""

import asyncio
import contextlib
from collections.abc import Coroutine
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
from cratesync.server.dispatcher import Claimed, Dispatcher
from cratesync.server.edge import ApiError
from cratesync.server.gateway.flood import TokenBucket
from cratesync.server.gateway.hub import Hub
from cratesync.server.gateway.outbox import Outbox
from cratesync.server.gateway.socket import Caller, Socket, SocketClosedError
from cratesync.server.ids import new_id
from cratesync.server.news import News
from cratesync.server.reports import iso, server_time
from cratesync.server.seats import Candidate, Seats, rank
from cratesync.server.secret import Secret
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
    """One authenticated connection; the hub knows it as a member."""

    def __init__(
        self, desk: Desk, socket: Socket, caller: Caller, identity: Identity, client: ClientInfo
    ) -> None:
        self.connection_id = f"{desk.node}.{new_id()}"
        self._desk = desk
        self._socket = socket
        self._caller = caller
        self._identity = identity
        self._client = client
        self._outbox = Outbox(desk.rules.outbox_frames_max)
        self._rung = asyncio.Event()
        self._renewed = asyncio.Event()
        self._introduced = asyncio.Event()
        self._rescheduled = asyncio.Event()
        self._look_again_at: float | None = None
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
        self._rung.set()
        self._rescheduled.set()

    def nudge(self) -> None:
        """Look, unless a time to look is set."""
        if self._look_again_at is None:
            self.wake()

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection after what is queued."""
        self._outbox.close(code, reason)

    async def run(self) -> None:
        """Until either side closes."""
        self._say(self._welcome())
        self._desk.hub.join(self._user_id, self)
        jobs = [self._write(), self._read(), self._watch_sign_in(), self._until_closed(), self._attend()]
        try:
            await self._run_until_closed(jobs)
        finally:
            self._desk.hub.leave(self._user_id, self)
            await asyncio.gather(self._close_socket(), uninterrupted(self._depart()))

    async def _run_until_closed(self, jobs: list[Coroutine[object, object, None]]) -> None:
        """All jobs side by side; the first to end ends all. What is queued has a bounded time to leave."""
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._close_after(task.exception())
            writer = tasks[0]
            self._outbox.close(CloseCode.GOING_AWAY, "")
            if self._outbox.closing.result()[0] is not CloseCode.OUTBOX_FULL:
                await asyncio.wait((writer,), timeout=CLOSE_WITHIN_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _close_socket(self) -> None:
        """Whoever does not read does not read the close either."""
        self._outbox.close(CloseCode.GOING_AWAY, "")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_SECONDS):
                await self._socket.close(*self._outbox.closing.result())

    def _close_after(self, error: BaseException | None) -> None:
        match error:
            case None | SocketClosedError():
                self._outbox.close(CloseCode.GOING_AWAY, "")
            case UserGoneError() | ApiError():
                self._outbox.close(CloseCode.SIGN_IN_AGAIN, "This account does not exist any more.")
            case _:
                _log.error("session_failed", user_id=str(self._user_id), exc_info=error)
                self._outbox.close(CloseCode.SERVER_FAULT, "Something went wrong here; come back.")

    async def _depart(self) -> None:
        if self._as_fetcher() is None:
            return
        try:
            await self._desk.seats.leave(
                self._user_id, self.connection_id, self._desk.hub.candidates(self._user_id)
            )
        except UserGoneError:
            return
        except SQLAlchemyError as error:
            # The lease and the seat end by themselves.
            _log.warning("departure_not_recorded", error=type(error).__name__, user_id=str(self._user_id))

    # --- jobs ---

    async def _until_closed(self) -> None:
        await asyncio.shield(self._outbox.closing)

    async def _write(self) -> None:
        # Whoever hears `authenticated` can rely on it: if this connection may fetch, it has its place by then.
        await self._introduced.wait()
        while (frame := await self._outbox.next()) is not None:
            await self._socket.send(frame)

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
                del frame
                await self._take(message)

    async def _take(self, message: ClientMessage) -> None:
        match message:
            case DiscogsApiResponse(data=response):
                taking = self._desk.answers.take(self._user_id, response, self.connection_id)
                taken = await uninterrupted(taking)
                self._say(
                    ResponseAck(
                        id=str(new_id()),
                        timestamp=self._now(),
                        data=Ack(request_id=response.request_id, outcome=taken.outcome),
                    )
                )
                if taken.claimed is not None:
                    self._send_claimed(taken.claimed)
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
        self._renewed.set()
        self._say(self._welcome())

    async def _attend(self) -> None:
        """Tell what happened meanwhile and take a seat; then fetch, or only watch."""
        candidate, seated = self._as_fetcher(), False
        try:
            for message in await uninterrupted(self._desk.news.since_away(self._user_id)):
                self._say(message)
            if candidate is not None:
                arrival = self._desk.seats.arrive(self._user_id, candidate, self._client.holding)
                seated = await uninterrupted(arrival)
                self._arrived_at = self._desk.clock.steady()
        finally:
            self._introduced.set()
        if candidate is None:
            await asyncio.Event().wait()
        else:
            await self._fetch(candidate, seated=seated)

    async def _fetch(self, candidate: Candidate, *, seated: bool) -> None:
        """Claim what is due, send it, and wait for the bell or the next due time; stand by while another one fetches."""
        while True:
            self._rung.clear()
            self._look_again_at = None
            if not seated:
                seated = await uninterrupted(self._desk.seats.take_if_vacant(self._user_id, candidate))
            if seated:
                claimed = await uninterrupted(self._desk.dispatcher.claim(self._user_id, self.connection_id))
                seated = claimed.seated
                if not seated:
                    continue
                self._send_claimed(claimed)
            await self._wait_for_bell()

    def _send_claimed(self, claimed: Claimed) -> None:
        for message in claimed.messages:
            self._say(message)
        self._look_again_at = claimed.look_again_at
        self._rescheduled.set()

    async def _wait_for_bell(self) -> None:
        """Until rung, or the time to look has come: an answer that claimed what follows has set another one."""
        while not self._rung.is_set():
            self._rescheduled.clear()
            until = self._look_again_at
            left = None if until is None else max(0.0, until - self._desk.clock.steady())
            try:
                async with asyncio.timeout(left):
                    await self._rescheduled.wait()
            except TimeoutError:
                return

    async def _watch_sign_in(self) -> None:
        """Close soon after the sign-in has expired, or its token or account was taken away."""
        while await uninterrupted(self._desk.authenticator.still_holds(self._identity)):
            self._renewed.clear()
            expires_at = self._identity.expires_at
            wait = self._desk.rules.sign_in_checked_seconds
            if expires_at is not None:
                wait = min(wait, max(0.0, (expires_at - self._desk.clock.now()).total_seconds()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._renewed.wait()
        self.close(CloseCode.SIGN_IN_AGAIN, "This sign-in is not good any more; sign in again.")

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
