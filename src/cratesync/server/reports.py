"""What is told of syncs: the engine's state in the words of the wire."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from cratesync.engine.learning import Learned, loaded, unlearned
from cratesync.engine.pacing import Quota
from cratesync.engine.progress import Outlook, Standing, in_words, standing
from cratesync.engine.sync import SyncStatus
from cratesync.protocol.messages import (
    Completion,
    Failure,
    Progress,
    ServerMessage,
    SyncComplete,
    SyncError,
    SyncProgress,
)
from cratesync.server.ids import new_id
from cratesync.server.store import queues
from cratesync.server.store.ledgers import Ledger
from cratesync.server.store.queues import Queue
from cratesync.server.store.syncs import StoredSync
from cratesync.server.transaction import UserTransaction

# Where a retry of the whole sync makes no sense before the user has done something else.
NOT_RETRYABLE = frozenset({"discogs_account_mismatch", "discogs_token_missing"})


class Report(Struct, frozen=True):
    """A sync and where it stands at this moment."""

    at: datetime
    stored: StoredSync
    standing: Standing
    revision: int
    resume_at: datetime | None
    estimated_completion: datetime | None


def outlook_of(
    ledger: Ledger, quota: Quota, active: Sequence[StoredSync], queue: Queue, *, steady: float
) -> Outlook:
    """The user's whole queue, as the pace sees it."""
    claimable = sum(stored.sync.open for stored in active if stored.sync.status is not SyncStatus.PAUSED)
    seat = ledger.seat if ledger.seat is not None and ledger.seat.alive_until > steady else None
    return Outlook(
        pace=ledger.pace,
        quota=quota,
        learned=learned_of(ledger, quota, now=steady),
        has_fetcher=seat is not None,
        in_flight_max=1 if seat is None else seat.in_flight_max,
        latency_seconds=ledger.latency_seconds,
        waiting=max(0, claimable - queue.flying),
        flying=queue.flying,
        next_due=queue.next_due,
        now=steady,
    )


def learned_of(ledger: Ledger, quota: Quota, *, now: float) -> Learned | None:
    """What is known of the quota at the fetcher's address; nothing where its client reads the API's own numbers."""
    if ledger.seat is None or ledger.seat.reads_headers:
        return None
    known = ledger.learned.get(ledger.seat.address)
    return (
        unlearned(quota.calls)
        if known is None
        else loaded(known, window_seconds=quota.window_seconds, now=now)
    )


def report(stored: StoredSync, outlook: Outlook, revision: int, *, now: datetime) -> Report:
    """One sync's report."""
    shown = standing(stored.sync, outlook)
    resume_at = None if shown.resume_at is None else now + timedelta(seconds=shown.resume_at - outlook.now)
    ends_at = None if shown.seconds_left is None else now + timedelta(seconds=shown.seconds_left)
    return Report(now, stored, shown, revision, resume_at, ends_at)


async def announce_progress(
    transaction: UserTransaction,
    quota: Quota,
    *,
    also: Sequence[StoredSync] = (),
    queue: Queue | None = None,
) -> None:
    """Put a snapshot of every active sync, and of these, on its way; each snapshot has a revision of its own. `queue` is given
    by whoever knows it already."""
    ledger = transaction.ledger
    active = await transaction.active_syncs()
    if queue is None:
        await transaction.flush()
        queue = await queues.look(transaction.connection, ledger.user_id)
    outlook = outlook_of(ledger, quota, active, queue, steady=transaction.steady)
    revision = ledger.revision
    for stored in (*active, *also):
        revision += 1
        transaction.messages.append(progress_message(report(stored, outlook, revision, now=transaction.now)))
    transaction.ledger = structs.replace(ledger, revision=revision)


def progress_message(shown: Report) -> SyncProgress:
    """A snapshot as it travels."""
    stored, state = shown.stored, shown.standing
    plan = stored.sync.plan
    items_total = plan.items
    if items_total is not None and plan.page_limit is not None and plan.pages is not None:
        items_total = min(items_total, max(plan.items_read, plan.page_limit * plan.page_size))
    return SyncProgress(
        id=str(new_id()),
        timestamp=iso(shown.at),
        data=Progress(
            session_id=stored.session_id,
            sync_type=stored.sync.kind,
            status=state.status,
            revision=shown.revision,
            total_requests=stored.sync.total,
            completed_requests=stored.sync.completed,
            failed_requests=stored.sync.failed,
            percent_complete=stored.sync.percent,
            items_done=plan.items_read,
            items_total=items_total,
            estimated_time_left=None if state.seconds_left is None else in_words(state.seconds_left),
            estimated_seconds_left=None if state.seconds_left is None else round(state.seconds_left, 1),
            current_action=state.action,
            reason=None if state.reason is None else state.reason.value,
            resume_at=None if shown.resume_at is None else iso(shown.resume_at),
        ),
    )


def terminal_message(stored: StoredSync, revision: int, *, now: datetime) -> ServerMessage | None:
    """What is said of a sync that completed or failed; a cancelled one is told by its progress."""
    if stored.summary is None:
        return None
    if stored.sync.status is SyncStatus.COMPLETED:
        return SyncComplete(
            id=str(new_id()),
            timestamp=iso(now),
            data=Completion(
                session_id=stored.session_id,
                sync_type=stored.sync.kind,
                status="completed",
                revision=revision,
                summary=stored.summary,
            ),
        )
    if stored.sync.status is SyncStatus.FAILED:
        code = stored.sync.code or "failed"
        return SyncError(
            id=str(new_id()),
            timestamp=iso(now),
            data=Failure(
                session_id=stored.session_id,
                sync_type=stored.sync.kind,
                status="failed",
                revision=revision,
                code=code,
                message=stored.sync.sentence or "The sync failed.",
                retryable=code not in NOT_RETRYABLE,
                summary=stored.summary,
            ),
        )
    return None


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z, as everything on the wire."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def server_time(steady: float) -> str:
    """What a client judges a request's expiry by. The wall may be set while it is connected, and then it would refuse all."""
    return iso(datetime.fromtimestamp(steady, UTC))


def parse_sync_id(session_id: str) -> UUID | None:
    """The row's id behind a `sessionId`; nothing where it is none."""
    try:
        return UUID(session_id)
    except ValueError:
        return None
