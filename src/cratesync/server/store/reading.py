"""Reading the mirror, page by page: a page starts after the last key of the one before, so it stays right while a sync runs."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import RowMapping, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import SyncType
from cratesync.server.store.lists import List, list_of
from cratesync.server.store.scans import count_live
from cratesync.server.store.tables import contents


class MirrorPage(Struct, frozen=True):
    """Records with their contents, the key to go on after, and how many there are in all."""

    rows: Sequence[RowMapping]
    next_after: int | None
    total: int


def records_of(mirrored: List) -> Select[Any]:
    """Records with their contents, tombstones among them, in no order."""
    return select(
        mirrored.table,
        contents.c.master_id,
        contents.c.title,
        contents.c.year,
        contents.c.artists,
        contents.c.labels,
        contents.c.formats,
        contents.c.genres,
        contents.c.styles,
    ).join(contents, mirrored.table.c.content_digest == contents.c.digest)


async def read_records(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, keys: Collection[int]
) -> dict[int, RowMapping]:
    """Records by key, tombstones among them."""
    mirrored = list_of(kind)
    query = records_of(mirrored).where(mirrored.table.c.user_id == user_id, mirrored.key.in_(keys))
    return {row[mirrored.key.name]: row for row in (await connection.execute(query)).mappings()}


async def read_page(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, *, after: int | None, limit: int
) -> MirrorPage:
    """So many records, by key."""
    mirrored = list_of(kind)
    table = mirrored.table
    query = (
        records_of(mirrored)
        .where(table.c.user_id == user_id, table.c.removed_at.is_(None))
        .order_by(mirrored.key)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(mirrored.key > after)
    rows = (await connection.execute(query)).mappings().all()
    more = len(rows) > limit
    rows = rows[:limit]
    next_after = int(rows[-1][mirrored.key.name]) if more else None
    return MirrorPage(rows, next_after, await count_live(connection, user_id, kind))
