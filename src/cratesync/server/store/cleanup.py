"""Deleting what is of no more use to anybody, a bounded number of rows at a time."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import requests
from cratesync.server.store.tables import contents, items, scan_pages, sessions, sign_in_codes, syncs, wants

CONTENT_KEPT = timedelta(days=1)


async def purge(connection: AsyncConnection, *, before: datetime, now: datetime, at_most: int) -> None:
    """Requests and scans of syncs that ended before then, tombstones of as long ago, contents that nothing refers to,
    sessions and one-time codes that have expired."""
    for table in (sessions, sign_in_codes):
        await connection.execute(delete(table).where(table.c.expires_at <= now))
    await requests.purge(connection, before=before, at_most=at_most)
    ended = select(syncs.c.id).where(syncs.c.completed_at < before)
    await connection.execute(delete(scan_pages).where(scan_pages.c.sync_session_id.in_(ended)))
    for table in (items, wants):
        await connection.execute(delete(table).where(table.c.removed_at < before))
    old = contents.c.stored_at < now - CONTENT_KEPT
    unreferenced = (
        select(contents.c.digest).where(old, _refers_to_none(items), _refers_to_none(wants)).limit(at_most)
    )
    # `old` once more: PostgreSQL looks at that part again where a writer dated the row anew meanwhile.
    await connection.execute(delete(contents).where(old, contents.c.digest.in_(unreferenced)))


def _refers_to_none(table: Table) -> ColumnElement[bool]:
    return ~exists().where(table.c.content_digest == contents.c.digest)
