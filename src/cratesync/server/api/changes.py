"""The change feed of the two lists: what happened to the records, for programs that follow along and for people who look back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter, QueryParameter
from msgspec import Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import SyncType
from cratesync.server.accounts.auth import Identity
from cratesync.server.api.records import CollectionItem, WantedRelease, collection_item, wanted_release
from cratesync.server.bodies import Shape
from cratesync.server.edge import ApiError, not_found
from cratesync.server.guards import requires
from cratesync.server.reports import parse_sync_id
from cratesync.server.store import feed, syncs
from cratesync.server.store.database import Database
from cratesync.server.store.differences import Differences
from cratesync.server.store.feed import Entry, Extent, Wanted
from cratesync.server.store.reading import read_records
from cratesync.server.store.syncs import StoredSync

_TAGS = ["Mirror"]
PAGE_CHANGES = 100
PAGE_CHANGES_MAX = 500
NUMBER_MAX = 2**63 - 1

Limit = Annotated[int, Parameter(ge=1, le=PAGE_CHANGES_MAX, description="Changes a page.")]
Since = Annotated[
    int | None,
    Parameter(
        ge=0,
        le=NUMBER_MAX,
        description="Changes after this number; without it, from the oldest that is kept.",
    ),
]
Before = Annotated[int | None, Parameter(ge=0, le=NUMBER_MAX, description="Changes before this number.")]
Order = Annotated[
    Literal["asc", "desc"], Parameter(description="`asc` to follow along, `desc` for the newest first.")
]
Action = Annotated[
    Literal["added", "updated", "removed", "restored"] | None,
    Parameter(description="Only changes of this kind."),
]
Session = Annotated[
    str | None, QueryParameter(name="sessionId", max_length=100, description="Only what this sync changed.")
]
From = Annotated[
    str | None,
    QueryParameter(
        name="from", max_length=40, description="From this instant on; a date is its beginning in UTC."
    ),
]
To = Annotated[
    str | None,
    QueryParameter(
        name="to", max_length=40, description="Before this instant; a date is its beginning in UTC."
    ),
]


class ChangeShape(Shape, frozen=True, kw_only=True):
    """One change. `key` is the copy's `instanceId`, or the want's `releaseId`; `fields`, `before` and `after` tell what an update
    changed; `sessionId` is the sync that found it. `record` is as it is now, or as it last was where `isMirrored` is false, or
    null once nothing more is known of it."""

    seq: int
    action: str
    key: int
    fields: tuple[str, ...]
    before: Differences | None
    after: Differences | None
    session_id: str | None
    at: datetime
    is_mirrored: bool


class ItemChange(ChangeShape, frozen=True, kw_only=True):
    """A change of an owned copy."""

    record: CollectionItem | None


class WantChange(ChangeShape, frozen=True, kw_only=True):
    """A change of a want."""

    record: WantedRelease | None


class ChangesShape(Shape, frozen=True, kw_only=True):
    """Who follows along asks next with `since` set to `nextSince`, and at once where there `isMore`."""

    next_since: int
    is_more: bool


class CollectionChanges(ChangesShape, frozen=True, kw_only=True):
    """Changes of the collection."""

    changes: Sequence[ItemChange]


class WantlistChanges(ChangesShape, frozen=True, kw_only=True):
    """Changes of the wantlist."""

    changes: Sequence[WantChange]


class Asked(Struct, frozen=True):
    """What a caller asks of either list."""

    since: int | None
    before: int | None
    order: Literal["asc", "desc"]
    limit: int
    action: str | None
    session_id: str | None
    key: int | None
    at_from: str | None
    at_to: str | None


class Page(Struct, frozen=True):
    """Entries of the feed, each with the record that it is about."""

    entries: Sequence[tuple[Entry, RowMapping | None]]
    next_since: int
    is_more: bool


@get(
    "/api/collection/changes",
    guards=[requires("read")],
    tags=_TAGS,
    summary="What happened to the collection",
)
async def get_collection_changes(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    since: Since = None,
    before: Before = None,
    order: Order = "asc",
    limit: Limit = PAGE_CHANGES,
    action: Action = None,
    session_id: Session = None,
    instance_id: Annotated[
        int | None, QueryParameter(name="instanceId", ge=0, le=NUMBER_MAX, description="Only of this copy.")
    ] = None,
    at_from: From = None,
    at_to: To = None,
) -> CollectionChanges:
    """To follow along, begin with `changeSeq` of the list and go on with `nextSince`: no change is ever missed. To look back,
    ask for `order=desc` and go on with `before` set to the last `seq`. 410 `cursor_expired` where more is asked for than is
    kept: read the list anew, and go on from `restartSince`. 400 `bad_instant`; 404 `not_found` (no such sync)."""
    asked = Asked(since, before, order, limit, action, session_id, instance_id, at_from, at_to)
    page = await _read(database, identity, "collection", asked)
    return CollectionChanges(
        changes=[
            ItemChange(record=None if row is None else collection_item(row), **_told(entry, row))
            for entry, row in page.entries
        ],
        next_since=page.next_since,
        is_more=page.is_more,
    )


@get("/api/wantlist/changes", guards=[requires("read")], tags=_TAGS, summary="What happened to the wantlist")
async def get_wantlist_changes(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    since: Since = None,
    before: Before = None,
    order: Order = "asc",
    limit: Limit = PAGE_CHANGES,
    action: Action = None,
    session_id: Session = None,
    release_id: Annotated[
        int | None, QueryParameter(name="releaseId", ge=0, le=NUMBER_MAX, description="Only of this release.")
    ] = None,
    at_from: From = None,
    at_to: To = None,
) -> WantlistChanges:
    """As of the collection. 410 `cursor_expired`; 400 `bad_instant`; 404 `not_found` (no such sync)."""
    asked = Asked(since, before, order, limit, action, session_id, release_id, at_from, at_to)
    page = await _read(database, identity, "wantlist", asked)
    return WantlistChanges(
        changes=[
            WantChange(record=None if row is None else wanted_release(row), **_told(entry, row))
            for entry, row in page.entries
        ],
        next_since=page.next_since,
        is_more=page.is_more,
    )


async def _read(database: Database, identity: Identity, kind: SyncType, asked: Asked) -> Page:
    at_from, at_to = _instant(asked.at_from, "from"), _instant(asked.at_to, "to")
    async with database.read() as connection:
        extent = await feed.extent(connection, identity.user_id)
        since = extent.oldest_since if asked.since is None else asked.since
        if not extent.reaches(since):
            raise _expired(extent)
        sync = await _sync(connection, identity, asked.session_id)
        wanted = Wanted(
            since=since if sync is None else max(since, sync.first_change_seq),
            before=min(extent.newest + 1, NUMBER_MAX if asked.before is None else asked.before),
            at_from=at_from,
            at_to=at_to,
            key=asked.key,
            sync_id=None if sync is None else sync.id,
            action=asked.action,
        )
        entries = await feed.read(
            connection,
            identity.user_id,
            kind,
            wanted,
            newest_first=asked.order == "desc",
            limit=asked.limit + 1,
        )
        shown = entries[: asked.limit]
        rows = await read_records(connection, identity.user_id, kind, {entry.change.key for entry in shown})
    is_more = len(entries) > len(shown)
    # Beyond an upper bound there may be changes that were not looked at.
    ends_early = is_more or asked.before is not None or at_to is not None
    reached = shown[-1].seq if shown else since
    return Page(
        entries=[(entry, rows.get(entry.change.key)) for entry in shown],
        next_since=reached if asked.order == "asc" and ends_early else extent.newest,
        is_more=is_more,
    )


async def _sync(connection: AsyncConnection, identity: Identity, session_id: str | None) -> StoredSync | None:
    if session_id is None:
        return None
    sync_id = parse_sync_id(session_id)
    found = None if sync_id is None else await syncs.find(connection, identity.user_id, sync_id)
    if found is None:
        raise not_found("No such sync")
    return found


def _told(entry: Entry, row: RowMapping | None) -> dict[str, Any]:
    change = entry.change
    return {
        "seq": entry.seq,
        "action": change.action,
        "key": change.key,
        "fields": change.fields,
        "before": change.before,
        "after": change.after,
        "session_id": None if entry.sync_id is None else str(entry.sync_id),
        "at": entry.at,
        "is_mirrored": row is not None and row["removed_at"] is None,
    }


def _instant(said: str | None, name: str) -> datetime | None:
    if said is None:
        return None
    try:
        instant = datetime.fromisoformat(said)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = (
            f"The parameter {name!r} is an instant like 2026-01-31T18:00:00Z, or a date like 2026-01-31."
        )
        raise ApiError("bad_instant", 400, sentence, field=name) from None


def _expired(extent: Extent) -> ApiError:
    return ApiError(
        "cursor_expired",
        410,
        "The changes after this number are not all kept. Read the list anew, and go on from `restartSince`.",
        restartSince=extent.newest,
    )
