"""Which requests leave now: one transaction settles pace, in-flight bound and claim; then they are signed and sent."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct, structs

from cratesync.engine import pacing
from cratesync.engine.events import Ended, RequestSent
from cratesync.engine.pacing import Cause, Quota
from cratesync.engine.progress import WAIT_TOLD_AFTER_SECONDS
from cratesync.engine.provider import Call, Provider
from cratesync.engine.requests import RequestStatus, claim, is_queued
from cratesync.engine.sync import SyncStatus
from cratesync.protocol.messages import REQUEST_EXPIRES_SECONDS, ApiRequest, DiscogsApiRequest
from cratesync.server.carrying import Carrier
from cratesync.server.ids import new_id
from cratesync.server.reports import announce_progress, iso, learned_of, server_time
from cratesync.server.secret import Secret
from cratesync.server.store import discogs_tokens, queues
from cratesync.server.store.discogs_tokens import DiscogsToken, TokenState
from cratesync.server.store.ledgers import Seat
from cratesync.server.store.queues import Queue
from cratesync.server.store.requests import StoredRequest
from cratesync.server.store.syncs import StoredSync
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.under_way import Asked, UnderWay
from cratesync.server.vault import SealBrokenError, Vault


class DispatchRules(Struct, frozen=True):
    """The settings that decide about claims."""

    quota: Quota
    lease_seconds: float
    in_flight_max: int


class Claimed(Struct, frozen=True):
    """What leaves now, and when to look again; `seated` is false where this connection is not the fetcher."""

    messages: tuple[DiscogsApiRequest, ...] = ()
    look_again_at: float | None = None
    seated: bool = True


class Leaving(Struct, frozen=True):
    """What a transaction has claimed: it may be sent once that is committed."""

    seat: Seat
    credential: Secret
    calls: Sequence[tuple[StoredRequest, Call]]
    queue: Queue
    look_again_at: float | None

    def waits(self, now: float) -> bool:
        """Whether people should be told that it takes a while."""
        return self.look_again_at is not None and self.look_again_at - now > WAIT_TOLD_AFTER_SECONDS


class Dispatcher:
    """Claims for one fetcher at a time."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        provider: Provider,
        carrier: Carrier,
        vault: Vault,
        under_way: UnderWay,
        rules: DispatchRules,
    ) -> None:
        self._transactions = transactions
        self._provider = provider
        self._carrier = carrier
        self._vault = vault
        self._under_way = under_way
        self._rules = rules

    async def claim(self, user_id: UUID, connection_id: str) -> Claimed:
        """Claim what may leave by this connection. The messages are to be sent now: their leases run."""
        async with self._transactions.open(user_id) as transaction:
            if not is_seated(transaction, connection_id):
                return Claimed(seated=False)
            token = await discogs_tokens.load(transaction.connection, user_id)
            leaving = await self.claim_within(transaction, token)
            if leaving is not None and (leaving.calls or leaving.waits(transaction.steady)):
                await announce_progress(transaction, self._rules.quota, queue=leaving.queue)
        return Claimed() if leaving is None else self.sign(user_id, leaving)

    async def claim_within(
        self, transaction: UserTransaction, token: DiscogsToken | None, queue: Queue | None = None
    ) -> Leaving | None:
        """The same within a transaction, by whoever has the seat; nothing where there is no token to send. `queue` is given by
        whoever knows it already."""
        seat, user_id = transaction.ledger.seat, transaction.user_id
        if seat is None or token is None or token.sealed is None or token.state in _USELESS:
            return None
        try:
            credential = self._vault.open(user_id, token.sealed)
        except SealBrokenError:
            await self._give_up(transaction, token)
            return None
        if queue is None:
            await transaction.flush()
            queue = await queues.look(transaction.connection, user_id)
        room = min(seat.in_flight_max, self._rules.in_flight_max) - queue.flying
        if room <= 0:
            return Leaving(seat, credential, (), queue, None)
        active = await transaction.active_syncs()
        due = await queues.claimable(
            transaction.connection,
            user_id,
            [stored.id for stored in active if stored.sync.status is not SyncStatus.PAUSED],
            now=transaction.steady,
            limit=room,
        )
        leaving = self._depart(transaction, due)
        calls = await self._mark(transaction, seat, token, leaving, active)
        if any(stored.request.status is RequestStatus.RETRYING for stored in due[: len(leaving)]):
            await transaction.flush()
            queue = await queues.look(transaction.connection, user_id)
        else:
            queue = structs.replace(queue, flying=queue.flying + len(calls))
        held = due[len(leaving)] if len(leaving) < len(due) else None
        return Leaving(seat, credential, calls, queue, self._look_again_at(transaction, held, queue))

    def sign(self, user_id: UUID, leaving: Leaving) -> Claimed:
        """The messages of what was claimed, after the commit."""
        messages = self._messages(user_id, leaving.seat, leaving.credential, leaving.calls)
        return Claimed(messages, leaving.look_again_at)

    async def _give_up(self, transaction: UserTransaction, token: DiscogsToken) -> None:
        """The key that sealed the token is gone: only its owner can help."""
        await discogs_tokens.judge(
            transaction.connection,
            transaction.user_id,
            version=token.version,
            state=TokenState.REJECTED,
            now=transaction.now,
        )
        name = self._provider.profile.name
        sentence = f"The saved {name} token can no longer be decrypted here. Save it again, then retry."
        for stored in await transaction.active_syncs():
            await self._carrier.move(transaction, stored, Ended("token_rejected", sentence))

    def _depart(self, transaction: UserTransaction, due: Sequence[StoredRequest]) -> list[StoredRequest]:
        """As many of these as the pace lets go, each entered into the ledger."""
        quota, now, leaving = self._rules.quota, transaction.steady, []
        lease_until = now + self._rules.lease_seconds
        ledger = transaction.ledger
        learned = learned_of(ledger, quota, now=now)
        pace = pacing.loaded(ledger.pace, quota, lease_seconds=self._rules.lease_seconds, now=now)
        for stored in due:
            queued = is_queued(stored.request.task)
            if pacing.departure(pace, quota, learned, now, queued=queued).at > now:
                break
            request = claim(stored.request, lease_until=lease_until)
            pace = pacing.depart(pace, quota, key=request.key(), lease_until=lease_until, now=now)
            leaving.append(structs.replace(stored, request=request))
        transaction.ledger = structs.replace(ledger, pace=pace)
        return leaving

    async def _mark(
        self,
        transaction: UserTransaction,
        seat: Seat,
        token: DiscogsToken,
        leaving: Sequence[StoredRequest],
        active: Sequence[StoredSync],
    ) -> list[tuple[StoredRequest, Call]]:
        of = {sync.id: sync for sync in active}
        calls = []
        for stored in leaving:
            sync = of.get(stored.sync_id) if stored.sync_id is not None else None
            kind, account = ("collection", None) if sync is None else (sync.sync.kind, sync.sync.account)
            first_sync = sync is not None and sync.sync.plan.mirrored + sync.sync.plan.held_before == 0
            task = stored.request.task
            call = self._provider.build(kind, task, account)
            if not self._provider.permits("GET", call.url):
                raise ValueError("A request outside the provider's allow-list was about to be sent.")
            sent = structs.replace(
                stored,
                connection_id=seat.connection_id,
                client_id=seat.client_id,
                token_version=token.version,
            )
            calls.append((sent, call))
            self._under_way.remember(
                stored.request.request_id, Asked(transaction.user_id, kind, task, account, first_sync)
            )
        transaction.put_off(*(queues.marking(sent, call.url, now=transaction.now) for sent, call in calls))
        for sync in active:
            count = sum(1 for sent, _ in calls if sent.sync_id == sync.id)
            if count:
                counted = structs.replace(sync, calls=sync.calls + count)
                if sync.sync.status is SyncStatus.INITIATED:
                    await self._carrier.move(transaction, counted, RequestSent())
                else:
                    await transaction.save_sync(counted)
        return calls

    def _look_again_at(
        self, transaction: UserTransaction, held: StoredRequest | None, queue: Queue
    ) -> float | None:
        """When this fetcher should ask again if nothing rings before: for the first that the pace held back, if it did."""
        quota, now, ledger = self._rules.quota, transaction.steady, transaction.ledger
        if held is not None:
            learned, queued = learned_of(ledger, quota, now=now), is_queued(held.request.task)
            leaves = pacing.departure(ledger.pace, quota, learned, now, queued=queued)
            return leaves.at if leaves.cause is not Cause.NOTHING else now
        return None if queue.next_due is None else max(queue.next_due, now)

    def _messages(
        self, user_id: UUID, seat: Seat, token: Secret, calls: Sequence[tuple[StoredRequest, Call]]
    ) -> tuple[DiscogsApiRequest, ...]:
        """The only place where a token leaves the server."""
        if not calls:
            return ()
        name, credential = self._provider.authorize(token.reveal())
        now = self._transactions.now()
        expires_at = server_time(self._transactions.steady() + REQUEST_EXPIRES_SECONDS)
        messages = []
        for sent, call in calls:
            signature = self._vault.sign_request(
                connection_id=seat.connection_id,
                request_id=sent.request.request_id,
                user_id=str(user_id),
                method="GET",
                url=call.url,
                headers=call.headers,
                expires_at=expires_at,
            )
            messages.append(
                DiscogsApiRequest(
                    id=str(new_id()),
                    timestamp=iso(now),
                    data=ApiRequest(
                        request_id=sent.request.request_id,
                        url=call.url,
                        method="GET",
                        headers={name: credential, **call.headers},
                        attempt=sent.request.attempt,
                        expires_at=expires_at,
                        signature=signature.signature,
                        key_id=signature.key_id,
                    ),
                )
            )
        return tuple(messages)


_USELESS = (TokenState.REJECTED, TokenState.MISMATCHED)


def is_seated(transaction: UserTransaction, connection_id: str) -> bool:
    """Whether this connection is the user's fetcher."""
    seat = transaction.ledger.seat
    return seat is not None and seat.connection_id == connection_id
