"""The change feed: what happened to a user's records, numbered in the order of the commits.

The numbers of one user are dense and shared by both lists. They are counted in the user's locked ledger by the transaction
that writes, so whoever has read up to the ledger's number has missed nothing: no smaller number can commit later.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import SyncType
from cratesync.server.store.differences import Differences
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.tables import changes, discogs_sync
from cratesync.server.store.writing import write

USERS_CLEANED_AT_ONCE = 50


class Change(Struct, frozen=True):
    """What happened to one record: it was `added`, `updated` (with the fields that differ, by their names on the wire, and what
    they were and are), `removed` or `restored`."""

    key: int
    action: str
    fields: tuple[str, ...] = ()
    before: Differences | None = None
    after: Differences | None = None


class Entry(Struct, frozen=True):
    """A change where it stands in the feed. No sync made it where a person did."""

    seq: int
    change: Change
    sync_id: UUID | None
    at: datetime


class Extent(Struct, frozen=True):
    """Which numbers there are: those after `oldest_since`, up to `newest`."""

    oldest_since: int
    newest: int

    def reaches(self, since: int) -> bool:
        """Whether everything after this number is still there. A number that was never given out, as after a restored backup,
        is as bad as one that is too old."""
        return self.oldest_since <= since <= self.newest


class Wanted(Struct, frozen=True, kw_only=True):
    """Which changes of a list are wanted: after and before a number, by and after an instant, of one record, sync or kind."""

    since: int
    before: int
    at_from: datetime | None = None
    at_to: datetime | None = None
    key: int | None = None
    sync_id: UUID | None = None
    action: str | None = None


def numbered(
    user_id: UUID,
    kind: SyncType,
    feed: Sequence[Change],
    *,
    sync_id: UUID | None,
    change_seq: int,
    now: datetime,
) -> NewRows:
    """Changes as rows, numbered on from `change_seq`, which is the locked ledger's."""
    columns: dict[str, list[object]] = {
        "seq": list(range(change_seq + 1, change_seq + len(feed) + 1)),
        "key": [change.key for change in feed],
    }
    shared: dict[str, object] = {"user_id": user_id, "kind": kind, "sync_session_id": sync_id, "at": now}
    if all(change.action == "added" for change in feed):
        shared |= {"action": "added", "fields": (), "before": None, "after": None}
    else:
        columns["action"] = [change.action for change in feed]
        columns["fields"] = [change.fields for change in feed]
        columns["before"] = [change.before for change in feed]
        columns["after"] = [change.after for change in feed]
    return NewRows(changes, columns, shared)


async def append(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    feed: Sequence[Change],
    *,
    sync_id: UUID | None,
    change_seq: int,
    now: datetime,
) -> int:
    """Add changes; the newest number is given back."""
    await write(connection, numbered(user_id, kind, feed, sync_id=sync_id, change_seq=change_seq, now=now))
    return change_seq + len(feed)


async def extent(connection: AsyncConnection, user_id: UUID) -> Extent:
    """Read before the entries: those up to `newest` are all there then."""
    oldest = select(func.min(changes.c.seq)).where(changes.c.user_id == user_id).scalar_subquery()
    query = select(discogs_sync.c.change_seq, oldest).where(discogs_sync.c.user_id == user_id)
    newest, kept = (await connection.execute(query)).one()
    return Extent(newest if kept is None else kept - 1, newest)


async def read(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    wanted: Wanted,
    *,
    newest_first: bool,
    limit: int,
) -> list[Entry]:
    """So many entries."""
    query = (
        select(changes)
        .where(changes.c.user_id == user_id, changes.c.kind == kind, *_conditions(wanted))
        .order_by(changes.c.seq.desc() if newest_first else changes.c.seq)
        .limit(limit)
    )
    return [
        Entry(
            row["seq"],
            Change(row["key"], row["action"], row["fields"], row["before"], row["after"]),
            row["sync_session_id"],
            row["at"],
        )
        for row in (await connection.execute(query)).mappings()
    ]


async def purge(connection: AsyncConnection, *, before: datetime, at_most: int) -> None:
    """Delete what happened before then, from each user's oldest number on and without a gap, so that the oldest one kept tells
    what a cursor may still ask for. (A wall clock that was set back has made the instants disagree with the numbers.)"""
    earlier = changes.alias("earlier")
    oldest_seq = (
        select(func.min(earlier.c.seq)).where(earlier.c.user_id == changes.c.user_id).scalar_subquery()
    )
    users = (
        select(changes.c.user_id)
        .where(changes.c.at < before, changes.c.seq == oldest_seq)
        .limit(USERS_CLEANED_AT_ONCE)
    )
    for user_id in (await connection.execute(users)).scalars().all():
        of_user = changes.c.user_id == user_id
        oldest = select(changes.c.seq, changes.c.at).where(of_user).order_by(changes.c.seq).limit(at_most)
        last = None
        for seq, at in await connection.execute(oldest):
            if at >= before:
                break
            last = seq
        if last is not None:
            await connection.execute(delete(changes).where(of_user, changes.c.seq <= last))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [changes.c.seq > wanted.since, changes.c.seq < wanted.before]
    if wanted.at_from is not None:
        conditions.append(changes.c.at >= wanted.at_from)
    if wanted.at_to is not None:
        conditions.append(changes.c.at < wanted.at_to)
    if wanted.key is not None:
        conditions.append(changes.c.key == wanted.key)
    if wanted.sync_id is not None:
        conditions.append(changes.c.sync_session_id == wanted.sync_id)
    if wanted.action is not None:
        conditions.append(changes.c.action == wanted.action)
    return conditions
