"""Single releases with all that is told of them, each kept for the user who asked."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import ReleaseDetails
from cratesync.server.store.tables import release_details
from cratesync.server.store.upserts import upsert

DETAILS_BYTES_MAX = 512 * 1024
KEPT_FOR = timedelta(days=30)


class KeptRelease(Struct, frozen=True):
    """A release as it was told at a time."""

    details: ReleaseDetails
    fetched_at: datetime


def fits(details: ReleaseDetails) -> bool:
    """Whether it is small enough to be kept."""
    return len(msgspec.json.encode(details)) <= DETAILS_BYTES_MAX


async def store(
    connection: AsyncConnection, user_id: UUID, details: ReleaseDetails, *, now: datetime
) -> None:
    """Keep what came, in the place of what came before."""
    told = {"details": msgspec.json.encode(details).decode(), "fetched_at": now}
    statement = upsert(connection, release_details).values(
        user_id=user_id, release_id=details.release_id, **told
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "release_id"], set_={name: statement.excluded[name] for name in told}
        )
    )


async def find(connection: AsyncConnection, user_id: UUID, release_id: int) -> KeptRelease | None:
    """What is kept for this user; what is kept for others is nobody else's."""
    query = select(release_details.c.details, release_details.c.fetched_at).where(
        release_details.c.user_id == user_id, release_details.c.release_id == release_id
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return KeptRelease(msgspec.json.decode(row.details, type=ReleaseDetails), row.fetched_at)


async def purge(connection: AsyncConnection, *, now: datetime, at_most: int) -> None:
    """Forget those that nobody asked for again in a long time."""
    key = (release_details.c.user_id, release_details.c.release_id)
    old = select(*key).where(release_details.c.fetched_at < now - KEPT_FOR).limit(at_most)
    await connection.execute(delete(release_details).where(tuple_(*key).in_(old)))
