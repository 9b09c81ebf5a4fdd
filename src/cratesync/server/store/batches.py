"""All records of a mirror, a batch at a time: each batch is a read of its own, begun after the last key of the one before."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import SyncType
from cratesync.server.store.lists import list_of
from cratesync.server.store.reading import records_of


async def read_batch(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, *, after: int | None, limit: int
) -> Sequence[RowMapping]:
    """So many records with their contents, by key, without tombstones."""
    mirrored = list_of(kind)
    query = (
        records_of(mirrored)
        .where(mirrored.table.c.user_id == user_id, mirrored.table.c.removed_at.is_(None))
        .order_by(mirrored.key)
        .limit(limit)
    )
    if after is not None:
        query = query.where(mirrored.key > after)
    rows: Sequence[RowMapping] = (await connection.execute(query)).mappings().all()
    return rows
