"""Who fetches: one connection of a user at a time; the others stand by."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec import Struct, structs

from cratesync.engine import pacing
from cratesync.engine.events import RequestFailed
from cratesync.engine.outcomes import Transient
from cratesync.engine.pacing import Quota
from cratesync.engine.requests import RequestMove, judge, move
from cratesync.engine.retry import RetryPolicy
from cratesync.server.carrying import Carrier
from cratesync.server.reports import announce_progress
from cratesync.server.store import ledgers, requests
from cratesync.server.store.database import Database
from cratesync.server.store.ledgers import Seat
from cratesync.server.store.requests import StoredRequest
from cratesync.server.ticking import sparing_the_others
from cratesync.server.transaction import Transactions, UserTransaction

SEAT_RENEWED_EVERY_SECONDS = 5.0
SEAT_ALIVE_SECONDS = 12.0
OWN_CLIENT_KIND = "server"


class SeatRules(Struct, frozen=True):
    """The settings that decide about seats and leases."""

    quota: Quota
    retry: RetryPolicy
    lease_seconds: float
    grace_seconds: float


class Candidate(Struct, frozen=True):
    """A connection that may fetch."""

    connection_id: str
    client_id: str
    address: str
    reads_headers: bool
    in_flight_max: int
    rank: int


def rank(kind: str, *, reads_headers: bool) -> int:
    """Who goes before whom, by what a client says of itself.

    One that reads rate headers wastes least. The server's own client is there day and night, so it makes room for whatever
    else a user has started, but for a page: that one is only blind, and comes and goes.
    """
    if kind == OWN_CLIENT_KIND:
        return 1
    if reads_headers:
        return 3
    return 0 if kind == "browser" else 2


class Seats:
    """Gives the fetcher's seat, takes it back, and looks after the requests of those who left."""

    def __init__(
        self, *, node: str, database: Database, transactions: Transactions, carrier: Carrier, rules: SeatRules
    ) -> None:
        self._node = node
        self._database = database
        self._transactions = transactions
        self._carrier = carrier
        self._rules = rules
        self._closed = False

    async def arrive(self, user_id: UUID, candidate: Candidate, holding: Sequence[str]) -> bool:
        """A connection came: requests it says it holds stay its own, others leased to that client come back at once.

        It gets the seat if that is free, or its own, or if it ranks above the one who sits there.
        """
        async with self._transactions.open(user_id) as transaction:
            if candidate.client_id:
                await self._restore(transaction, candidate, frozenset(holding))
                seat = transaction.ledger.seat
                if seat is not None and seat.client_id == candidate.client_id:
                    # It has come back before anybody could say that it was gone: its node died, or the database was away.
                    transaction.ledger = structs.replace(transaction.ledger, seat=None)
            seated = await self._offer(transaction, candidate)
            transaction.rings = True
        return seated

    async def take_if_vacant(self, user_id: UUID, candidate: Candidate) -> bool:
        """Take the seat if nobody living sits there, or one of a lower rank whom another node let in. Those who stand by ask
        at every bell, so they look before they lock."""
        if self._closed:
            return False
        async with self._database.read() as connection:
            ledger = await ledgers.read(connection, user_id)
        seat = None if ledger is None else ledger.seat
        alive = seat is not None and seat.alive_until > self._transactions.steady()
        if seat is not None and alive and candidate.rank <= seat.rank:
            return seat.connection_id == candidate.connection_id
        async with self._transactions.open(user_id) as transaction:
            return await self._offer(transaction, candidate)

    async def leave(self, user_id: UUID, connection_id: str, successors: Sequence[Candidate]) -> None:
        """A connection was lost: its requests go back at once if another one lives, else after a grace."""
        if self._closed:
            successors = ()
        async with self._transactions.open(user_id) as transaction:
            lost = await requests.sent_by(transaction.connection, user_id, connection_id=connection_id)
            if successors:
                await self._give_back(transaction, lost)
            else:
                until = transaction.steady + self._rules.grace_seconds
                await requests.lease(
                    transaction.connection,
                    [stored.id for stored in lost],
                    connection_id=None,
                    until=until,
                    now=transaction.now,
                )
            seat = transaction.ledger.seat
            if seat is not None and seat.connection_id == connection_id:
                transaction.ledger = structs.replace(transaction.ledger, seat=None)
                if successors:
                    best = max(successors, key=lambda candidate: candidate.rank)
                    await self._offer(transaction, best)
                await announce_progress(transaction, self._rules.quota)
            transaction.rings = True

    async def renew(self) -> None:
        """This node's fetchers live."""
        async with self._database.write() as connection:
            await ledgers.renew_seats(
                connection, node=self._node, alive_until=self._transactions.steady() + SEAT_ALIVE_SECONDS
            )

    async def close(self) -> None:
        """Nobody here gets a seat any more, and who has one loses it: this node stops. Requests stay with the clients that make them."""
        self._closed = True
        async with self._database.write() as connection:
            await ledgers.leave_seats(connection, node=self._node)

    async def empty(self) -> None:
        """At the start of the only node: whoever sat there went with the process before."""
        async with self._database.write() as connection:
            await ledgers.empty_all_seats(connection)

    async def neglected(self, users: Iterable[UUID]) -> list[UUID]:
        """Whose connections here should look again: users without a living fetcher, and those with something due whose
        fetcher sits here. This makes up for a bell that was lost."""
        here = list(users)
        if not here:
            return []
        async with self._database.read() as connection:
            return await ledgers.neglected(connection, here, node=self._node, now=self._transactions.steady())

    async def expire_leases(self) -> None:
        """Requests whose lease has ended: a lost socket's go back, a silent client's count as tried."""
        longest = self._rules.lease_seconds + 1
        async with self._database.read() as connection:
            users = await requests.users_with_expired_leases(
                connection, now=self._transactions.steady(), longest=longest
            )
        for user_id in users:
            with sparing_the_others("leases", user_id):
                async with self._transactions.open(user_id) as transaction:
                    await self._expire(transaction, longest)

    async def _expire(self, transaction: UserTransaction, longest: float) -> None:
        now = transaction.steady
        overdue = [
            stored
            for stored in await requests.sent_by(transaction.connection, transaction.user_id)
            if stored.request.lease_until is None
            or stored.request.lease_until <= now
            or stored.request.lease_until > now + longest
        ]
        await self._give_back(transaction, [stored for stored in overdue if stored.connection_id is None])
        for stored in overdue:
            if stored.connection_id is not None:
                await self._count_as_tried(transaction, stored)
        if overdue:
            transaction.rings = True
            await announce_progress(transaction, self._rules.quota)

    async def _count_as_tried(self, transaction: UserTransaction, stored: StoredRequest) -> None:
        silent = Transient("timeout", "The client did not answer in time.")
        verdict = judge(
            stored.request, silent, attempt=None, policy=self._rules.retry, roll=1.0, now=transaction.steady
        )
        if verdict.move is None:
            return
        request = structs.replace(
            move(stored.request, verdict.move), failures=verdict.failures, due=verdict.due, lease_until=None
        )
        saved = structs.replace(stored, request=request, connection_id=None)
        told = requests.Reply(0, {}, None, silent.code, silent.sentence)
        transaction.put_off(requests.saving(saved, told, now=transaction.now))
        transaction.ledger = structs.replace(
            transaction.ledger, pace=pacing.lose(transaction.ledger.pace, [stored.request.key()])
        )
        if verdict.move is RequestMove.SPEND and stored.sync_id is not None:
            sync = await transaction.find_sync(stored.sync_id)
            if sync is not None and sync.sync.is_active:
                failed = RequestFailed(stored.request.task, silent.code, silent.sentence)
                await self._carrier.move(transaction, sync, failed)

    async def _restore(
        self, transaction: UserTransaction, candidate: Candidate, holding: frozenset[str]
    ) -> None:
        ours = await requests.sent_by(
            transaction.connection, transaction.user_id, client_id=candidate.client_id
        )
        kept = [stored for stored in ours if stored.request.request_id in holding]
        await requests.lease(
            transaction.connection,
            [stored.id for stored in kept],
            connection_id=candidate.connection_id,
            until=transaction.steady + self._rules.lease_seconds,
            now=transaction.now,
        )
        gone = [stored for stored in ours if stored.request.request_id not in holding]
        await self._give_back(transaction, gone)

    async def _offer(self, transaction: UserTransaction, candidate: Candidate) -> bool:
        if self._closed:
            return False
        seat = transaction.ledger.seat
        alive = seat is not None and seat.alive_until > transaction.steady
        if seat is not None and alive and candidate.rank <= seat.rank:
            return seat.connection_id == candidate.connection_id
        if seat is not None and not alive:
            # Its node died with it, so nobody else will say that its requests are lost.
            lost = await requests.sent_by(
                transaction.connection, transaction.user_id, connection_id=seat.connection_id
            )
            await self._give_back(transaction, lost)
        transaction.ledger = structs.replace(
            transaction.ledger,
            seat=Seat(
                node=self._node,
                connection_id=candidate.connection_id,
                client_id=candidate.client_id,
                address=candidate.address,
                reads_headers=candidate.reads_headers,
                in_flight_max=candidate.in_flight_max,
                rank=candidate.rank,
                alive_until=transaction.steady + SEAT_ALIVE_SECONDS,
            ),
        )
        transaction.rings = True
        await announce_progress(transaction, self._rules.quota)
        return True

    async def _give_back(self, transaction: UserTransaction, lost: Sequence[StoredRequest]) -> None:
        """Into the queue again, no attempt counted; their slots stay in use, for Discogs may count the calls."""
        if not lost:
            return
        await requests.give_back(transaction.connection, [stored.id for stored in lost], now=transaction.now)
        pace = pacing.lose(transaction.ledger.pace, [stored.request.key() for stored in lost])
        transaction.ledger = structs.replace(transaction.ledger, pace=pace)
