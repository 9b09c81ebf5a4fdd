"""Reading the mirror, page by page, in any order.

A page starts after the place at which the one before ended, and shows every record where it stood when the walk began. So a
walk stays right while a sync runs: what is there all the time is met once.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import CTE, RowMapping, Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import SyncType
from cratesync.server.store import feed
from cratesync.server.store.filters import Filters, matching
from cratesync.server.store.lists import List, list_of
from cratesync.server.store.moves import moved
from cratesync.server.store.orders import Order, Place, after, in_order, sorting, value_of
from cratesync.server.store.tables import contents


class Reached(Struct, frozen=True):
    """How far a walk has come: the place of the last record, and the feed's number when the walk began."""

    place: Place
    began: int


class MirrorPage(Struct, frozen=True):
    """Records with their contents, where to go on, how many there are in all, and the feed's newest number, all of one moment."""

    rows: Sequence[RowMapping]
    reached: Reached | None
    total: int
    change_seq: int


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
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    *,
    filters: Filters,
    order: Order,
    reached: Reached | None,
    limit: int,
    skip: int = 0,
) -> MirrorPage:
    """So many records, on from where a walk has come to, without the next `skip` ones. Raises `WalkOutrunError`."""
    mirrored = list_of(kind)
    extent = await feed.extent(connection, user_id)
    matched = _matched(connection, user_id, mirrored, filters, order)
    found, total = await _find(connection, matched, order, reached, limit + 1, skip)
    if reached is not None:
        stood = await moved(connection, user_id, mirrored, order, extent, since=reached.began)
        if stood:
            found = await _with_moved(connection, matched, order, reached, limit + 1, skip, stood)
    more = len(found) > limit
    keys = [place.key for place in found[:limit]]
    records = await read_records(connection, user_id, kind, keys)
    began = extent.newest if reached is None else reached.began
    return MirrorPage(
        rows=[records[key] for key in keys],
        reached=Reached(found[limit - 1], began) if more else None,
        total=total,
        change_seq=extent.newest,
    )


async def read_record(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, key: int
) -> RowMapping | None:
    """One record with its content, a tombstone too."""
    return (await read_records(connection, user_id, kind, [key])).get(key)


def _matched(
    connection: AsyncConnection, user_id: UUID, mirrored: List, filters: Filters, order: Order
) -> CTE:
    """The places of all that is meant. It is looked for once, and then counted and sorted."""
    value = value_of(connection, mirrored, order)
    columns = [mirrored.key.label("key"), (null() if value is None else value).label("value")]
    return matching(connection, user_id, mirrored, filters, columns).cte("matched")


async def _find(
    connection: AsyncConnection, matched: CTE, order: Order, reached: Reached | None, limit: int, skip: int
) -> tuple[list[Place], int]:
    """The next places, and how many there are in all."""
    count = select(func.count()).select_from(matched)
    query = _on_from(select(matched, count.scalar_subquery()), matched, order, reached)
    rows = (await connection.execute(query.limit(limit).offset(skip))).all()
    if rows:
        return [Place(value, key) for key, value, _ in rows], rows[0][2]
    return [], (await connection.execute(count)).scalar_one()


async def _with_moved(
    connection: AsyncConnection,
    matched: CTE,
    order: Order,
    reached: Reached,
    limit: int,
    skip: int,
    stood: Mapping[int, Place],
) -> list[Place]:
    """The next places, where some records stood elsewhere when the walk began."""
    still_there = await connection.execute(select(matched.c.key).where(matched.c.key.in_(stood)))
    ahead = [stood[key] for key in still_there.scalars() if stood[key].comes_after(reached.place, order)]
    # At least so many of the places to pass over are of records that have not moved: the database passes over those.
    passed = max(0, skip - len(ahead))
    query = _on_from(select(matched).where(matched.c.key.not_in(stood)), matched, order, reached)
    rows = await connection.execute(query.limit(skip - passed + limit).offset(passed))
    unmoved = [Place(value, key) for key, value in rows]
    return in_order([*unmoved, *ahead], order)[skip - passed :][:limit]


def _on_from(query: Select[Any], matched: CTE, order: Order, reached: Reached | None) -> Select[Any]:
    key = matched.c.key
    value = None if order.sort == "key" else matched.c.value
    if reached is not None:
        query = query.where(after(reached.place, value, key, order))
    return query.order_by(*sorting(value, key, order))
