"""Schedules, and which mirrors are due by them: queries on a connection."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.schedule import HELD_BACK_MAX, OVERDUE_AFTER, Due, Off, Schedule, after_change
from cratesync.protocol.messages import SyncType
from cratesync.server.store.discogs_tokens import TokenState
from cratesync.server.store.tables import ACTIVE_STATUSES, mirrors, schedules, syncs, users, webhooks
from cratesync.server.store.upserts import upsert

USERS_ASKED_AT_ONCE = 500
CLOCKS_DIFFER_MAX = timedelta(minutes=5)
_UNTOLD = mirrors.c.overdue_told_at.is_distinct_from(mirrors.c.due_at)
_GOOD_ENOUGH = (TokenState.VALID.value, TokenState.UNCHECKED.value)


class DueMirror(Struct, frozen=True):
    """A mirror that the schedule wants synced."""

    user_id: UUID
    kind: SyncType
    due: Due


class OverdueMirror(Struct, frozen=True):
    """A mirror that should have been synced, and when."""

    user_id: UUID
    kind: SyncType
    due_at: datetime


async def find(connection: AsyncConnection, user_id: UUID) -> Schedule | None:
    """The user's own schedule, if they chose one."""
    query = select(schedules.c.schedule).where(schedules.c.user_id == user_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def save(connection: AsyncConnection, user_id: UUID, schedule: Schedule, *, now: datetime) -> None:
    """Keep the user's own schedule."""
    chosen = {"schedule": schedule, "updated_at": now}
    statement = upsert(connection, schedules).values(user_id=user_id, **chosen)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id"], set_={name: statement.excluded[name] for name in chosen}
        )
    )


async def save_due(connection: AsyncConnection, user_id: UUID, kind: SyncType, due: Due) -> None:
    """Write down when a mirror is wanted next. Without a mirror there is nothing to write."""
    await connection.execute(
        update(mirrors)
        .where(mirrors.c.user_id == user_id, mirrors.c.kind == kind)
        .values(due_at=due.due_at, try_at=due.try_at, failures=due.failures)
    )


async def due(connection: AsyncConnection, users_here: Sequence[UUID], *, now: datetime) -> list[DueMirror]:
    """What is due of these users: not held back, not under way already, and with a token that was not refused."""
    found: list[DueMirror] = []
    for start in range(0, len(users_here), USERS_ASKED_AT_ONCE):
        under_way = exists().where(
            syncs.c.user_id == mirrors.c.user_id,
            syncs.c.sync_type == mirrors.c.kind,
            syncs.c.status.in_(ACTIVE_STATUSES),
        )
        query = (
            select(mirrors.c.user_id, mirrors.c.kind, mirrors.c.due_at, mirrors.c.try_at, mirrors.c.failures)
            .join(users, users.c.id == mirrors.c.user_id)
            .where(
                mirrors.c.user_id.in_(users_here[start : start + USERS_ASKED_AT_ONCE]),
                mirrors.c.due_at <= now,
                or_(mirrors.c.try_at.is_(None), mirrors.c.try_at <= now),
                users.c.discogs_token_state.in_(_GOOD_ENOUGH),
                ~under_way,
            )
            .order_by(mirrors.c.due_at)
        )
        found.extend(
            DueMirror(row.user_id, row.kind, Due(row.due_at, row.try_at, row.failures))
            for row in await connection.execute(query)
        )
    return found


async def count_overdue(connection: AsyncConnection, *, now: datetime) -> dict[SyncType, int]:
    """How many mirrors should have been synced a while ago, by type."""
    query = (
        select(mirrors.c.kind, func.count())
        .where(mirrors.c.due_at < now - OVERDUE_AFTER)
        .group_by(mirrors.c.kind)
    )
    counted = {row[0]: row[1] for row in await connection.execute(query)}
    return {"collection": counted.get("collection", 0), "wantlist": counted.get("wantlist", 0)}


async def overdue_untold(connection: AsyncConnection, *, now: datetime, at_most: int) -> list[OverdueMirror]:
    """Those that should have been synced a while ago, of users with a webhook, if nobody was told of that due time."""
    somebody = exists().where(webhooks.c.user_id == mirrors.c.user_id, webhooks.c.disabled_at.is_(None))
    query = (
        select(mirrors.c.user_id, mirrors.c.kind, mirrors.c.due_at)
        .where(mirrors.c.due_at < now - OVERDUE_AFTER, _UNTOLD, somebody)
        .order_by(mirrors.c.due_at)
        .limit(at_most)
    )
    return [OverdueMirror(row.user_id, row.kind, row.due_at) for row in await connection.execute(query)]


async def mark_told(connection: AsyncConnection, missed: OverdueMirror) -> bool:
    """Webhooks are told of this due time; false where it moved on, or they were told already."""
    result = await connection.execute(
        update(mirrors)
        .where(
            mirrors.c.user_id == missed.user_id,
            mirrors.c.kind == missed.kind,
            mirrors.c.due_at == missed.due_at,
            _UNTOLD,
        )
        .values(overdue_told_at=missed.due_at)
    )
    return result.rowcount > 0


async def hold_usual(connection: AsyncConnection, usual: Schedule, *, now: datetime) -> None:
    """At the start: the usual schedule may be another than before, and those who chose none have what it makes due."""
    wrong: ColumnElement[bool] = mirrors.c.due_at.is_not(None)
    if not isinstance(usual, Off):
        wrong = or_(mirrors.c.due_at.is_(None), mirrors.c.due_at > now + usual.interval)
    query = select(mirrors).where(
        ~exists().where(schedules.c.user_id == mirrors.c.user_id), mirrors.c.checked_at.is_not(None), wrong
    )
    for row in (await connection.execute(query)).all():
        before = Due(row.due_at, row.try_at, row.failures)
        due = after_change(usual, before, checked_at=row.checked_at, now=now)
        await save_due(connection, row.user_id, row.kind, due)


async def straighten(connection: AsyncConnection, *, now: datetime) -> None:
    """Undo what a clock that ran far ahead has left: a mirror checked in the future is due now, and nobody is held back for
    longer than anybody is."""
    ahead = now + CLOCKS_DIFFER_MAX
    await connection.execute(
        update(mirrors).where(mirrors.c.checked_at > ahead, mirrors.c.due_at > now).values(due_at=now)
    )
    await connection.execute(
        update(mirrors).where(mirrors.c.try_at > ahead + HELD_BACK_MAX).values(try_at=None)
    )
