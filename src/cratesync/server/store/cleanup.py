"""Deleting what is of no more use to anybody, a bounded number of rows at a time."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import deliveries, feed, release_details, requests, syncs
from cratesync.server.store.tables import items, scan_pages, sessions, sign_in_codes, wants
from cratesync.server.store.tables import syncs as syncs_table


async def purge(
    connection: AsyncConnection, *, before: datetime, changes_before: datetime, now: datetime, at_most: int
) -> None:
    """Requests and scans of syncs that ended before then, tombstones of as long ago, changes and syncs of still longer ago, sessions and
    one-time codes that have expired, single releases that were not asked for again, and what webhooks were told long ago."""
    for table in (sessions, sign_in_codes):
        await connection.execute(delete(table).where(table.c.expires_at <= now))
    await requests.purge(connection, before=before, at_most=at_most)
    ended = select(syncs_table.c.id).where(syncs_table.c.completed_at < before)
    await connection.execute(delete(scan_pages).where(scan_pages.c.sync_session_id.in_(ended)))
    for table in (items, wants):
        await connection.execute(delete(table).where(table.c.removed_at < before))
    await release_details.purge(connection, now=now, at_most=at_most)
    await feed.purge(connection, before=changes_before, at_most=at_most)
    await syncs.purge(connection, before=min(before, changes_before), at_most=at_most)
    await deliveries.purge(connection, now=now, at_most=at_most)
