"""Deliveries to webhooks: what is waiting, and the log of what was. Queries on a connection."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import webhook_deliveries

WAITING_MAX = 100
"""Deliveries that may wait for one webhook: the oldest makes room, since its news are the least worth."""
LOG_MAX = 1000
LOG_KEPT = timedelta(days=30)
AHEAD_MAX = timedelta(days=2)
"""Nothing is put off for longer."""

Status = Literal["pending", "delivered", "failed"]

_table = webhook_deliveries


class NewDelivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: UUID
    user_id: UUID
    webhook_id: UUID
    event: str
    payload: str


class Delivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook, and what became of it."""

    id: UUID
    user_id: UUID
    webhook_id: UUID
    event: str
    payload: str
    status: Status
    attempts: int
    due_at: datetime | None
    response_status: int | None
    error: str | None
    created_at: datetime
    updated_at: datetime


class Waiting(Struct, frozen=True):
    """A delivery that is due."""

    id: UUID
    user_id: UUID
    webhook_id: UUID


async def add(connection: AsyncConnection, new: NewDelivery, *, now: datetime) -> None:
    """A new delivery, due at once. Where too many wait, the oldest fails; of the log, the oldest goes."""
    waiting = select(_table.c.id).where(_table.c.webhook_id == new.webhook_id, _table.c.status == "pending")
    ids = (await connection.execute(waiting.order_by(_table.c.id.desc()))).scalars().all()
    if surplus := ids[WAITING_MAX - 1 :]:
        sentence = f"It made room for a newer one: more than {WAITING_MAX} were waiting."
        await _close(connection, _table.c.id.in_(surplus), "failed", now=now, error=sentence)
    old = select(_table.c.id).where(_table.c.webhook_id == new.webhook_id, _table.c.status != "pending")
    old = old.order_by(_table.c.id.desc()).offset(LOG_MAX - 1)
    await connection.execute(delete(_table).where(_table.c.id.in_(old)))
    await connection.execute(
        insert(_table).values(
            id=new.id,
            user_id=new.user_id,
            webhook_id=new.webhook_id,
            event=new.event,
            payload=new.payload,
            due_at=now,
            created_at=now,
            updated_at=now,
        )
    )


async def log_of(
    connection: AsyncConnection, webhook_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Delivery]:
    """A webhook's deliveries, newest first; ids are UUIDv7, so they page by time."""
    query = select(_table).where(_table.c.webhook_id == webhook_id).order_by(_table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_table.c.id < before)
    return [Delivery(**row) for row in (await connection.execute(query)).mappings()]


async def find(connection: AsyncConnection, webhook_id: UUID, delivery_id: UUID) -> Delivery | None:
    """One delivery to this webhook."""
    query = select(_table).where(_table.c.id == delivery_id, _table.c.webhook_id == webhook_id)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else Delivery(**row)


async def next_due(
    connection: AsyncConnection, *, now: datetime, busy: Collection[UUID], busy_users: Collection[UUID]
) -> Waiting | None:
    """What has been due for longest, but of webhooks or users that are busy."""
    query = (
        select(_table.c.id, _table.c.user_id, _table.c.webhook_id)
        .where(_table.c.due_at <= now, _table.c.webhook_id.not_in(busy), _table.c.user_id.not_in(busy_users))
        .order_by(_table.c.due_at, _table.c.id)
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else Waiting(row.id, row.user_id, row.webhook_id)


async def claim(
    connection: AsyncConnection, ids: Collection[UUID], *, now: datetime, until: datetime
) -> list[Delivery]:
    """Take these for a bounded time, those that are still due and that no other node takes at this moment."""
    free = (
        select(_table.c.id)
        .where(_table.c.id.in_(ids), _table.c.due_at <= now)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(_table)
        .where(_table.c.id.in_(free))
        .values(attempts=_table.c.attempts + 1, due_at=until, updated_at=now)
        .returning(_table)
    )
    return [Delivery(**row) for row in (await connection.execute(taken)).mappings()]


async def succeed(
    connection: AsyncConnection, claimed: Delivery, *, response_status: int, now: datetime
) -> None:
    """It arrived."""
    await _close(connection, _same(claimed), "delivered", now=now, response_status=response_status)


async def fail(
    connection: AsyncConnection, claimed: Delivery, *, response_status: int | None, error: str, now: datetime
) -> None:
    """It is not tried again."""
    await _close(connection, _same(claimed), "failed", now=now, response_status=response_status, error=error)


async def put_off(
    connection: AsyncConnection,
    claimed: Delivery,
    *,
    due_at: datetime,
    response_status: int | None,
    error: str,
    now: datetime,
) -> None:
    """It did not arrive, and is tried again then."""
    await connection.execute(
        update(_table)
        .where(_same(claimed))
        .values(due_at=due_at, response_status=response_status, error=error, updated_at=now)
    )


async def fail_waiting(connection: AsyncConnection, webhook_id: UUID, *, error: str, now: datetime) -> None:
    """Nothing is sent to this webhook any more."""
    waiting = (_table.c.webhook_id == webhook_id) & (_table.c.status == "pending")
    await _close(connection, waiting, "failed", now=now, error=error)


async def begin_again(connection: AsyncConnection, delivery_id: UUID, *, now: datetime) -> None:
    """As if it had never been tried, and due at once."""
    await connection.execute(
        update(_table)
        .where(_table.c.id == delivery_id)
        .values(status="pending", attempts=0, due_at=now, response_status=None, error=None, updated_at=now)
    )


async def any_arrived(connection: AsyncConnection, webhook_id: UUID, *, since: datetime) -> bool:
    """Whether anything reached this webhook since then."""
    query = select(
        exists().where(
            _table.c.webhook_id == webhook_id, _table.c.status == "delivered", _table.c.updated_at >= since
        )
    )
    return bool((await connection.execute(query)).scalar_one())


async def straighten(connection: AsyncConnection, *, now: datetime) -> None:
    """Undo what a clock that ran far ahead has left: what is due later than anything can be is due now."""
    await connection.execute(update(_table).where(_table.c.due_at > now + AHEAD_MAX).values(due_at=now))


async def purge(connection: AsyncConnection, *, now: datetime, at_most: int) -> None:
    """The log is kept for a month."""
    old = select(_table.c.id).where(_table.c.created_at < now - LOG_KEPT, _table.c.status != "pending")
    await connection.execute(delete(_table).where(_table.c.id.in_(old.limit(at_most))))


async def _close(
    connection: AsyncConnection,
    which: ColumnElement[bool],
    status: Status,
    *,
    now: datetime,
    response_status: int | None = None,
    error: str | None = None,
) -> None:
    await connection.execute(
        update(_table)
        .where(which)
        .values(status=status, due_at=None, response_status=response_status, error=error, updated_at=now)
    )


def _same(claimed: Delivery) -> ColumnElement[bool]:
    """Still the try that was claimed: whoever comes back after its lease, or after a new beginning, changes nothing."""
    return (
        (_table.c.id == claimed.id) & (_table.c.status == "pending") & (_table.c.attempts == claimed.attempts)
    )
