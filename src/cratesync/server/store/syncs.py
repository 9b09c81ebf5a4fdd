"""Syncs: the rows of `discogs_collection_syncs`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.sync import Sync, SyncStatus
from cratesync.protocol.messages import Summary, SyncType
from cratesync.server.ids import first_id_at
from cratesync.server.store.prepared import Prepared, Row, Update
from cratesync.server.store.tables import ACTIVE_STATUSES, syncs

TERMINAL_SHOWN = timedelta(hours=24)


class StoredSync(Struct, frozen=True):
    """A sync and what the engine need not know of it. On the wire its id is `sessionId`. Of the changes in the feed, its own come
    after the number `first_change_seq`."""

    id: UUID
    user_id: UUID
    sync: Sync
    origin: str
    started_at: datetime
    last_answer_at: datetime
    calls: int = 0
    completed_at: datetime | None = None
    summary: Summary | None = None
    first_change_seq: int = 0

    @property
    def session_id(self) -> str:
        """The id as it travels."""
        return str(self.id)


async def create(connection: AsyncConnection, stored: StoredSync) -> None:
    """A new row."""
    await connection.execute(
        insert(syncs).values(
            id=stored.id,
            user_id=stored.user_id,
            session_id=stored.session_id,
            sync_type=stored.sync.kind,
            origin=stored.origin,
            started_at=stored.started_at,
            first_change_seq=stored.first_change_seq,
            created_at=stored.started_at,
            updated_at=stored.started_at,
            **_columns(stored),
        )
    )


def saving(stored: StoredSync, *, now: datetime) -> Update:
    """Everything of a sync that may change."""
    values = {"row_id": stored.id, "owner": stored.user_id, "to_time": now, **_to(_columns(stored))}
    return Update(_SAVE, values)


async def find(connection: AsyncConnection, user_id: UUID, sync_id: UUID) -> StoredSync | None:
    """One sync of this user; somebody else's is as good as none."""
    query = select(syncs).where(syncs.c.id == sync_id, syncs.c.user_id == user_id)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else stored_sync(row)


async def active(connection: AsyncConnection, user_id: UUID) -> list[StoredSync]:
    """The user's active syncs, oldest first."""
    return [stored_sync(row) for row in await _ACTIVE.rows(connection, {"user": user_id})]


_ACTIVE = Prepared(
    select(syncs)
    .where(
        syncs.c.user_id == bindparam("user"), or_(*(syncs.c.status == status for status in ACTIVE_STATUSES))
    )
    .order_by(syncs.c.started_at, syncs.c.id)
)


async def recently_ended(
    connection: AsyncConnection, user_id: UUID, *, after: datetime, at_most: int
) -> list[StoredSync]:
    """The newest of those that ended after a certain time, oldest first: a client that was away hears of them."""
    query = (
        select(syncs)
        .where(syncs.c.user_id == user_id, syncs.c.completed_at > after)
        .order_by(syncs.c.completed_at.desc())
        .limit(at_most)
    )
    return [stored_sync(row) for row in reversed((await connection.execute(query)).mappings().all())]


async def history(
    connection: AsyncConnection, user_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[StoredSync]:
    """The user's syncs, newest first; ids are UUIDv7, so they page by time."""
    query = select(syncs).where(syncs.c.user_id == user_id).order_by(syncs.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(syncs.c.id < before)
    return [stored_sync(row) for row in (await connection.execute(query)).mappings()]


async def stale(connection: AsyncConnection, *, since: datetime, at_most: int) -> list[tuple[UUID, UUID]]:
    """Active syncs started by hand that heard no good answer for too long: (user, sync)."""
    query = (
        select(syncs.c.user_id, syncs.c.id)
        .where(
            syncs.c.status.in_(ACTIVE_STATUSES), syncs.c.last_answer_at < since, syncs.c.origin == "person"
        )
        .limit(at_most)
    )
    return [(row.user_id, row.id) for row in await connection.execute(query)]


async def purge(connection: AsyncConnection, *, before: datetime, at_most: int) -> None:
    """Delete what ended before then. Ids sort by time, so that those that began since need not be looked at."""
    old = (
        select(syncs.c.id)
        .where(syncs.c.id < first_id_at(before), syncs.c.completed_at < before)
        .order_by(syncs.c.id)
        .limit(at_most)
    )
    await connection.execute(delete(syncs).where(syncs.c.id.in_(old)))


def _columns(stored: StoredSync) -> dict[str, object]:
    sync = stored.sync
    return {
        "status": sync.status.value,
        "total_requests": sync.total,
        "completed_requests": sync.completed,
        "failed_requests": sync.failed,
        "completed_at": stored.completed_at,
        "error_message": sync.sentence,
        "error_code": sync.code,
        "last_page": sync.plan.last_page or None,
        "total_pages": sync.plan.pages,
        "account": sync.account,
        "percent": sync.percent,
        "plan": sync.plan,
        "summary": stored.summary,
        "calls": stored.calls,
        "last_answer_at": stored.last_answer_at,
    }


SAVED = (
    *("status", "total_requests", "completed_requests", "failed_requests", "completed_at", "error_message"),
    *("error_code", "last_page", "total_pages", "account", "percent", "plan", "summary", "calls"),
    "last_answer_at",
)


def _to(values: Mapping[str, object]) -> dict[str, object]:
    return {f"to_{name}": value for name, value in values.items()}


_SAVE = Prepared(
    update(syncs)
    .where(syncs.c.id == bindparam("row_id"), syncs.c.user_id == bindparam("owner"))
    .values(updated_at=bindparam("to_time"), **{name: bindparam(f"to_{name}") for name in SAVED})
)


def stored_sync(row: Row) -> StoredSync:
    """A sync from a row that has its columns."""
    kind: SyncType = "collection" if row["sync_type"] == "collection" else "wantlist"
    return StoredSync(
        id=row["id"],
        user_id=row["user_id"],
        sync=Sync(
            kind=kind,
            plan=row["plan"],
            status=SyncStatus(row["status"]),
            account=row["account"],
            total=row["total_requests"],
            completed=row["completed_requests"],
            failed=row["failed_requests"],
            percent=row["percent"],
            code=row["error_code"],
            sentence=row["error_message"],
        ),
        origin=row["origin"],
        started_at=row["started_at"],
        last_answer_at=row["last_answer_at"],
        calls=row["calls"],
        completed_at=row["completed_at"],
        summary=row["summary"],
        first_change_seq=row["first_change_seq"] or 0,
    )
