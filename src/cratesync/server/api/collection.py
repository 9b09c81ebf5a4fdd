"""The mirror: records, folders, fields and the value."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter

from cratesync.protocol.messages import SyncType
from cratesync.server.accounts.auth import Identity
from cratesync.server.api.records import CollectionItem, WantedRelease, collection_item, wanted_release
from cratesync.server.bodies import Shape
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError
from cratesync.server.guards import requires
from cratesync.server.store import sides
from cratesync.server.store.database import Database
from cratesync.server.store.reading import MirrorPage, read_page

_TAGS = ["Mirror"]
PAGE_RECORDS = 100
PAGE_RECORDS_MAX = 500
VALUES_MAX = 1000
KEY_MAX = 2**63 - 1

Limit = Annotated[int, Parameter(ge=1, le=PAGE_RECORDS_MAX, description="Records a page.")]
Cursor = Annotated[str | None, Parameter(max_length=200, description="`nextCursor` of the page before.")]


class MirrorState(Shape, frozen=True, kw_only=True):
    """How fresh a mirror is: `checkedAt` by any completed sync, `verifiedAt` by a full scan that proved it right, and
    whether the schedule wanted the next one a while ago."""

    checked_at: datetime | None
    verified_at: datetime | None
    overdue: bool


class CollectionPage(Shape, frozen=True, kw_only=True):
    """A page of the collection."""

    items: Sequence[CollectionItem]
    next_cursor: str | None
    total: int
    mirror: MirrorState


class WantlistPage(Shape, frozen=True, kw_only=True):
    """A page of the wantlist."""

    items: Sequence[WantedRelease]
    next_cursor: str | None
    total: int
    mirror: MirrorState


class FolderShape(Shape, frozen=True, kw_only=True):
    """A folder; names are not unique."""

    id: int
    name: str
    count: int | None


class Folders(Shape, frozen=True, kw_only=True):
    """All folders."""

    folders: Sequence[FolderShape]


class FieldShape(Shape, frozen=True, kw_only=True):
    """A custom field."""

    id: int
    name: str
    type: str
    position: int | None
    public: bool | None
    options: tuple[str, ...] | None
    lines: int | None


class Fields(Shape, frozen=True, kw_only=True):
    """All custom fields."""

    fields: Sequence[FieldShape]


class ValueShape(Shape, frozen=True, kw_only=True):
    """What the collection would have fetched, as text in the account's currency."""

    recorded_at: datetime
    minimum: str | None
    median: str | None
    maximum: str | None


class Values(Shape, frozen=True, kw_only=True):
    """The newest value, null before the first, and all that differed from the one before, newest first."""

    value: ValueShape | None
    history: Sequence[ValueShape]


@get("/api/collection", guards=[requires("read")], tags=_TAGS, summary="The mirrored collection")
async def get_collection(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    clock: NamedDependency[Clock],
    limit: Limit = PAGE_RECORDS,
    cursor: Cursor = None,
) -> CollectionPage:
    """Whole records, page by page, ordered by instance. 400 `bad_cursor`."""
    page, state = await _read(database, clock, identity, "collection", limit, cursor)
    items = [collection_item(row) for row in page.rows]
    return CollectionPage(items=items, next_cursor=_cursor(page.next_after), total=page.total, mirror=state)


@get("/api/wantlist", guards=[requires("read")], tags=_TAGS, summary="The mirrored wantlist")
async def get_wantlist(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    clock: NamedDependency[Clock],
    limit: Limit = PAGE_RECORDS,
    cursor: Cursor = None,
) -> WantlistPage:
    """Whole records, page by page, ordered by release. 400 `bad_cursor`."""
    page, state = await _read(database, clock, identity, "wantlist", limit, cursor)
    wants = [wanted_release(row) for row in page.rows]
    return WantlistPage(items=wants, next_cursor=_cursor(page.next_after), total=page.total, mirror=state)


@get("/api/collection/folders", guards=[requires("read")], tags=_TAGS, summary="The folders")
async def get_folders(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> Folders:
    """In the order in which Discogs shows them; folder 0 is all of the collection."""
    async with database.read() as connection:
        found = await sides.list_folders(connection, identity.user_id)
    return Folders(folders=[FolderShape(id=each.id, name=each.name, count=each.count) for each in found])


@get("/api/collection/fields", guards=[requires("read")], tags=_TAGS, summary="The custom fields")
async def get_fields(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> Fields:
    """In the order in which Discogs sent them."""
    async with database.read() as connection:
        found = await sides.list_fields(connection, identity.user_id)
    return Fields(
        fields=[
            FieldShape(
                id=each.id,
                name=each.name,
                type=each.type,
                position=each.position,
                public=each.public,
                options=each.options,
                lines=each.lines,
            )
            for each in found
        ]
    )


@get(
    "/api/collection/value", guards=[requires("read")], tags=_TAGS, summary="What the collection would fetch"
)
async def get_value(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> Values:
    """The newest value and its history."""
    async with database.read() as connection:
        found = await sides.value_history(connection, identity.user_id, limit=VALUES_MAX)
    history = [
        ValueShape(
            recorded_at=each.recorded_at,
            minimum=each.value.minimum,
            median=each.value.median,
            maximum=each.value.maximum,
        )
        for each in found
    ]
    return Values(value=history[0] if history else None, history=history)


async def _read(
    database: Database, clock: Clock, identity: Identity, kind: SyncType, limit: int, cursor: str | None
) -> tuple[MirrorPage, MirrorState]:
    after = None if cursor is None else _after(cursor)
    async with database.read() as connection:
        page = await read_page(connection, identity.user_id, kind, after=after, limit=limit)
        mirror = await sides.mirror(connection, identity.user_id, kind)
    state = MirrorState(
        checked_at=mirror.checked_at,
        verified_at=mirror.verified_at,
        overdue=mirror.due.is_overdue(clock.now()),
    )
    return page, state


def _cursor(after: int | None) -> str | None:
    """A cursor is opaque to callers, so that what it holds may change."""
    return None if after is None else urlsafe_b64encode(str(after).encode()).decode().rstrip("=")


def _after(cursor: str) -> int:
    try:
        after = int(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except (Base64Error, ValueError):
        after = -1
    if not 0 <= after <= KEY_MAX:
        raise ApiError("bad_cursor", 400, "This cursor is not one that was given out here.")
    return after
