"""What people ask of syncs: start, cancel, pause, resume, retry, and what to do with held removals."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from cratesync.engine.events import CancelAsked, Ended, Event, PauseAsked, ResumeAsked, RetryAsked
from cratesync.engine.pacing import Quota
from cratesync.engine.plan import Plan, make_plan
from cratesync.engine.provider import Provider
from cratesync.engine.schedule import Due
from cratesync.engine.sentences import mismatched
from cratesync.engine.sync import IllegalMoveError, SyncStatus, begin
from cratesync.protocol.messages import SyncType
from cratesync.server.carrying import Carrier
from cratesync.server.edge import ApiError, not_found
from cratesync.server.ids import new_id
from cratesync.server.reports import Report, announce_progress, outlook_of, report
from cratesync.server.store import discogs_tokens, ledgers, queues, requests, scans, schedules, sides, syncs
from cratesync.server.store.database import Database
from cratesync.server.store.discogs_tokens import DiscogsToken, TokenState
from cratesync.server.store.syncs import StoredSync
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.webhooks.announcing import announce_changes

Origin = Literal["person", "schedule"]


class SyncOrder(Struct, frozen=True):
    """What is asked for when a sync is started; `due` is what made the schedule ask."""

    kind: SyncType
    full: bool
    page_limit: int | None
    origin: Origin = "person"
    due: Due | None = None


class Orchestrator:
    """Every method is one event in one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        provider: Provider,
        carrier: Carrier,
        quota: Quota,
        full_sync_every: timedelta,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._provider = provider
        self._carrier = carrier
        self._quota = quota
        self._full_sync_every = full_sync_every

    async def start(self, user_id: UUID, order: SyncOrder) -> StoredSync:
        """A new sync. Raises `ApiError` where there is no good token, or one of that type is active already."""
        async with self._transactions.open(user_id) as transaction:
            connection = transaction.connection
            token = await discogs_tokens.load(connection, user_id)
            require_token(token, self._provider.profile.name)
            await self._require_due(transaction, order)
            replaced = await self._make_room(transaction, order)
            plan = await self._plan(transaction, order)
            checked = token is not None and token.state is TokenState.VALID
            sync, effects = begin(
                order.kind, plan, account=token.username if token and checked else None, token_checked=checked
            )
            checks = [] if checked else await requests.open_checks(connection, user_id)
            stored = StoredSync(
                id=new_id(),
                user_id=user_id,
                sync=sync,
                origin=order.origin,
                started_at=transaction.now,
                last_answer_at=transaction.now,
                calls=checks[0].request.attempt if checks else 0,
                first_change_seq=transaction.ledger.change_seq,
            )
            await transaction.add_sync(stored)
            if checks:
                # The token is being checked already: the sync takes that request over as its first.
                await requests.adopt(connection, checks[0], stored.id)
            else:
                stored, _ = await self._carrier.carry_out(transaction, stored, effects)
            transaction.rings = True
            await announce_progress(transaction, self._quota, also=replaced)
        return stored

    async def cancel(self, user_id: UUID, sync_id: UUID) -> Report:
        """End it at once. Late answers are acknowledged and dropped."""
        return await self._steer(user_id, sync_id, CancelAsked())

    async def pause(self, user_id: UUID, sync_id: UUID) -> Report:
        """Let nothing more leave, until resumed."""
        return await self._steer(user_id, sync_id, PauseAsked())

    async def resume(self, user_id: UUID, sync_id: UUID) -> Report:
        """Lift the user's pause."""
        return await self._steer(user_id, sync_id, ResumeAsked())

    async def retry(self, user_id: UUID, sync_id: UUID) -> Report:
        """An ended failed sync goes on with its failed requests alone."""
        async with self._transactions.open(user_id) as transaction:
            connection = transaction.connection
            stored = await self._find(transaction, sync_id)
            require_token(await discogs_tokens.load(connection, user_id), self._provider.profile.name)
            if stored.sync.status is not SyncStatus.FAILED:
                raise _illegal(stored, "Only a sync that failed can be retried.")
            for other in await transaction.active_syncs():
                if other.sync.kind == stored.sync.kind:
                    raise _already_active(other)
            essential, side = await requests.revive(connection, sync_id, now=transaction.now)
            if essential + side == 0:
                raise ApiError("sync_purged", 410, "The requests of this sync are gone; start a new one.")
            stored = structs.replace(stored, completed_at=None, summary=None, last_answer_at=transaction.now)
            mirrored, held = await self._count(transaction, stored.sync.kind)
            asked = RetryAsked(essential, side, mirrored, held)
            stored = await self._carrier.move(transaction, stored, asked)
            return await self._reported(transaction, stored)

    async def confirm_removals(self, user_id: UUID, sync_id: UUID, *, confirm: bool) -> int:
        """Take the held records out, or keep them; says how many that were."""
        async with self._transactions.open(user_id) as transaction:
            connection = transaction.connection
            stored = await self._find(transaction, sync_id)
            kind = stored.sync.kind
            held = await scans.count_held(connection, user_id, kind, sync_id)
            if held == 0:
                raise ApiError(
                    "no_held_removals", 409, "This sync holds no removals, or a later one replaced them."
                )
            if confirm:
                before = transaction.ledger.change_seq
                change_seq = await scans.remove_held(
                    connection,
                    user_id,
                    kind,
                    sync_id=sync_id,
                    change_seq=before,
                    now=transaction.now,
                )
                transaction.ledger = structs.replace(transaction.ledger, change_seq=change_seq)
                await announce_changes(transaction, sync_id, kind, since=before)
            await scans.release_held(connection, user_id, kind)
            plan = structs.replace(
                stored.sync.plan, held=0, removed=stored.sync.plan.removed + (held if confirm else 0)
            )
            summary = stored.summary and structs.replace(
                stored.summary, held_removals=0, removed=plan.removed
            )
            stored = structs.replace(stored, sync=structs.replace(stored.sync, plan=plan), summary=summary)
            await transaction.save_sync(stored)
        return held

    async def end(self, user_id: UUID, sync_id: UUID, event: Ended) -> None:
        """Something outside ends it; an ended one stays as it is."""
        async with self._transactions.open(user_id) as transaction:
            stored = await transaction.find_sync(sync_id)
            if stored is not None and stored.sync.is_active:
                await self._carrier.move(transaction, stored, event)

    async def report(self, user_id: UUID, sync_id: UUID) -> Report:
        """Where a sync stands."""
        return (await self._reports(user_id, sync_id=sync_id))[0]

    async def active_reports(self, user_id: UUID) -> list[Report]:
        """Where the active ones stand."""
        return await self._reports(user_id, sync_id=None)

    async def _reports(self, user_id: UUID, *, sync_id: UUID | None) -> list[Report]:
        async with self._database.read() as connection:
            ledger = await ledgers.read(connection, user_id)
            if ledger is None:
                raise not_found("No such sync")
            active = await syncs.active(connection, user_id)
            shown = active
            if sync_id is not None:
                stored = await syncs.find(connection, user_id, sync_id)
                if stored is None:
                    raise not_found("No such sync")
                shown = [stored]
            steady, now = self._transactions.steady(), self._transactions.now()
            queue = await queues.look(connection, user_id)
            outlook = outlook_of(ledger, self._quota, active, queue, steady=steady)
            return [report(stored, outlook, ledger.revision, now=now) for stored in shown]

    async def _steer(self, user_id: UUID, sync_id: UUID, event: Event) -> Report:
        async with self._transactions.open(user_id) as transaction:
            stored = await self._find(transaction, sync_id)
            try:
                stored = await self._carrier.move(transaction, stored, event)
            except IllegalMoveError as error:
                raise _illegal(stored, str(error)) from None
            return await self._reported(transaction, stored)

    async def _reported(self, transaction: UserTransaction, stored: StoredSync) -> Report:
        ended = () if stored.sync.is_active else (stored,)
        queue = await queues.look(transaction.connection, stored.user_id)
        await announce_progress(transaction, self._quota, also=ended, queue=queue)
        outlook = outlook_of(
            transaction.ledger,
            self._quota,
            await transaction.active_syncs(),
            queue,
            steady=transaction.steady,
        )
        return report(stored, outlook, transaction.ledger.revision, now=transaction.now)

    async def _find(self, transaction: UserTransaction, sync_id: UUID) -> StoredSync:
        stored = await transaction.find_sync(sync_id)
        if stored is None:
            raise not_found("No such sync")
        return stored

    async def _make_room(self, transaction: UserTransaction, order: SyncOrder) -> list[StoredSync]:
        """One sync of a type at a time; what a person starts replaces what the schedule did: those are cancelled. The
        person's own says by its end what is due next."""
        connection, user_id, replaced = transaction.connection, transaction.user_id, []
        for other in await transaction.active_syncs():
            if other.sync.kind != order.kind:
                continue
            if order.origin != "person" or other.origin != "schedule":
                raise _already_active(other)
            before = await sides.mirror(connection, user_id, order.kind)
            replaced.append(await self._carrier.move(transaction, other, CancelAsked()))
            await schedules.save_due(connection, user_id, order.kind, before.due)
        return replaced

    async def _require_due(self, transaction: UserTransaction, order: SyncOrder) -> None:
        """What was synced, or tried in vain, since somebody looked is due no more."""
        if order.origin == "schedule":
            mirror = await sides.mirror(transaction.connection, transaction.user_id, order.kind)
            if mirror.due != order.due:
                raise ApiError("not_due", 409, "This mirror is not due any more.")

    async def _plan(self, transaction: UserTransaction, order: SyncOrder) -> Plan:
        connection, user_id = transaction.connection, transaction.user_id
        mirror = await sides.mirror(connection, user_id, order.kind)
        mirrored, held = await self._count(transaction, order.kind)
        due = mirror.full_at is None or transaction.now - mirror.full_at >= self._full_sync_every
        return make_plan(
            self._provider.profile,
            order.kind,
            full_asked=order.full,
            full_due=due,
            mirrored=mirrored,
            page_limit=order.page_limit,
            held=held,
        )

    async def _count(self, transaction: UserTransaction, kind: SyncType) -> tuple[int, int]:
        """How many records are mirrored, less those that are held for removal; and how many these are."""
        held = await scans.count_held(transaction.connection, transaction.user_id, kind)
        return await scans.count_live(transaction.connection, transaction.user_id, kind) - held, held


def require_token(token: DiscogsToken | None, provider: str) -> None:
    """Raises `ApiError` where nothing can be asked for, for want of a good token."""
    if token is None or token.sealed is None:
        raise token_missing(provider)
    if token.state is TokenState.REJECTED:
        raise token_rejected(provider)
    if token.state is TokenState.MISMATCHED:
        raise account_mismatch(provider)


def token_missing(provider: str) -> ApiError:
    """There is no token, or there is none any more."""
    sentence = f"There is no {provider} token yet: save one with PUT /api/users/discogs-token."
    return ApiError("discogs_token_missing", 409, sentence)


def token_rejected(provider: str) -> ApiError:
    """The token was found to be no good."""
    return ApiError("discogs_token_rejected", 409, f"{provider} did not accept the token: save a new one.")


def account_mismatch(provider: str) -> ApiError:
    """The token is good, but not for the account that is mirrored."""
    return ApiError("discogs_account_mismatch", 409, mismatched(provider))


def _already_active(other: StoredSync) -> ApiError:
    return ApiError(
        "sync_already_active",
        409,
        f"A {other.sync.kind} sync is already under way.",
        sessionId=other.session_id,
    )


def _illegal(stored: StoredSync, sentence: str) -> ApiError:
    return ApiError("illegal_move", 409, sentence, syncStatus=stored.sync.status.value)
