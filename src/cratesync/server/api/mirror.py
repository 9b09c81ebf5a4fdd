"""What both lists have in common: how a page and a single record are read, and how fresh a mirror is."""

from datetime import datetime
from typing import Annotated

from litestar.params import Parameter
from sqlalchemy import RowMapping

from cratesync.protocol.messages import SyncType
from cratesync.server.accounts.auth import Identity
from cratesync.server.api.cursors import KEY_MAX, NUMBER_MAX, bad_cursor, decode_cursor
from cratesync.server.bodies import Shape
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError
from cratesync.server.store import sides
from cratesync.server.store.database import Database
from cratesync.server.store.filters import Filters
from cratesync.server.store.moves import WalkOutrunError
from cratesync.server.store.orders import Order
from cratesync.server.store.reading import MirrorPage, read_page, read_record

TAGS = ["Mirror"]
PAGE_RECORDS = 100
PAGE_RECORDS_MAX = 500

Limit = Annotated[int, Parameter(ge=1, le=PAGE_RECORDS_MAX, description="Records a page.")]
Skip = Annotated[
    int,
    Parameter(
        ge=0,
        le=NUMBER_MAX,
        description="So many records are passed over first, from the cursor or from the beginning: for whoever looks far ahead.",
    ),
]


class MirrorState(Shape, frozen=True, kw_only=True):
    """How fresh a mirror is: `checkedAt` by any completed sync, `verifiedAt` by a full scan that proved it right, and
    whether the schedule wanted the next one a while ago. `changeSeq` is the newest number of the feed of changes: whoever has
    read all pages goes on there from the number on the first."""

    checked_at: datetime | None
    verified_at: datetime | None
    overdue: bool
    change_seq: int


async def read_mirror(
    database: Database,
    clock: Clock,
    identity: Identity,
    kind: SyncType,
    *,
    filters: Filters,
    order: Order,
    limit: int,
    skip: int,
    cursor: str | None,
) -> tuple[MirrorPage, MirrorState]:
    """A page and the state of the mirror, of one moment. Raises `ApiError`."""
    reached = decode_cursor(kind, filters, order, cursor)
    async with database.read() as connection:
        try:
            page = await read_page(
                connection,
                identity.user_id,
                kind,
                filters=filters,
                order=order,
                reached=reached,
                limit=limit,
                skip=skip,
            )
        except WalkOutrunError:
            raise bad_cursor("Too much has changed since this list was begun; begin it anew.") from None
        mirror = await sides.mirror(connection, identity.user_id, kind)
    state = MirrorState(
        checked_at=mirror.checked_at,
        verified_at=mirror.verified_at,
        overdue=mirror.due.is_overdue(clock.now()),
        change_seq=page.change_seq,
    )
    return page, state


async def read_one(database: Database, identity: Identity, kind: SyncType, key: int) -> RowMapping:
    """A record that is there. Raises `ApiError`."""
    row = None
    if 0 <= key <= KEY_MAX:
        async with database.read() as connection:
            row = await read_record(connection, identity.user_id, kind, key)
    if row is None:
        raise ApiError("item_not_found", 404, f"There is no such record in your {kind}.")
    if row["removed_at"] is not None:
        raise ApiError(
            "item_removed",
            410,
            f"This record is not in your {kind} any more.",
            removedAt=row["removed_at"].isoformat().replace("+00:00", "Z"),
        )
    return row
