"""What one sync put into the feed of changes, in numbers."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import changes


class ChangeCounts(Struct, frozen=True, kw_only=True):
    """How many of each kind, and the numbers of the first and the last in the feed."""

    added: int
    updated: int
    removed: int
    restored: int
    first: int
    last: int


async def count(
    connection: AsyncConnection, user_id: UUID, sync_id: UUID, *, since: int
) -> ChangeCounts | None:
    """The changes of a sync after a number of the feed; nothing where there are none."""
    query = (
        select(changes.c.action, func.count(), func.min(changes.c.seq), func.max(changes.c.seq))
        .where(
            changes.c.user_id == user_id,
            changes.c.seq > since,
            changes.c.sync_session_id == sync_id,
        )
        .group_by(changes.c.action)
    )
    found = (await connection.execute(query)).all()
    if not found:
        return None
    counted = {row[0]: row[1] for row in found}
    return ChangeCounts(
        added=counted.get("added", 0),
        updated=counted.get("updated", 0),
        removed=counted.get("removed", 0),
        restored=counted.get("restored", 0),
        first=min(row[2] for row in found),
        last=max(row[3] for row in found),
    )
