"""Records that have moved within an order since a walk began, and where they stood.

A walk shows each record where it stood when the walk began: what is moved from ahead of the reader to behind is not missed,
and what is moved from behind to ahead is not met twice. The feed of changes tells what a record was.

`date_added` alone is no change (see ingest.py), so the order by it knows no moves; the keys never move.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Text, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import words
from cratesync.server.store.differences import Differences
from cratesync.server.store.feed import Extent
from cratesync.server.store.lists import List
from cratesync.server.store.orders import Order, Place, Sort, Value
from cratesync.server.store.tables import changes

MOVES_MAX = 2000

# The field of a record that an order goes by, as the feed names it.
_FIELD: Mapping[Sort, str] = {
    "artist": "artists",
    "title": "title",
    "year": "year",
    "label": "labels",
    "rating": "rating",
}


class WalkOutrunError(Exception):
    """More has moved since this walk began than a page can look at, or than is still known."""


async def moved(
    connection: AsyncConnection, user_id: UUID, mirrored: List, order: Order, extent: Extent, *, since: int
) -> dict[int, Place]:
    """By key, where the records stood at that number of the feed, of those that stand elsewhere now. Raises `WalkOutrunError`."""
    field = _FIELD.get(order.sort)
    if field is None:
        return {}
    if not extent.reaches(since):
        raise WalkOutrunError
    query = (
        select(changes.c.key, changes.c.before)
        .where(
            changes.c.user_id == user_id,
            changes.c.seq > since,
            changes.c.kind == mirrored.kind,
            changes.c.action == "updated",
            type_coerce(changes.c.fields, Text).contains(f'"{field}"'),
        )
        .order_by(changes.c.seq)
        .limit(MOVES_MAX + 1)
    )
    rows = (await connection.execute(query)).all()
    if len(rows) > MOVES_MAX:
        raise WalkOutrunError
    stood: dict[int, Place] = {}
    for key, before in rows:
        if before is not None and key not in stood:
            stood[key] = Place(_value(order.sort, before), key)
    return stood


def _value(sort: Sort, before: Differences) -> Value:
    """What the record was sorted by: the same as the columns that orders.py sorts by now."""
    match sort:
        case "artist":
            return words.artist_key(before.artists or ())
        case "title":
            return words.title_key(before.title or None)
        case "label":
            return words.label_key(before.labels or ())
        case "year":
            return words.year_key(before.year or None)
        case "rating":
            return before.rating or None
        case "key" | "added":
            return None
