"""The records that a sync found gone, and held back until the user says whether that is meant."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter

from cratesync.engine.records import Artist, Format, Label
from cratesync.server.accounts.auth import Identity
from cratesync.server.api.cursors import KEY_MAX
from cratesync.server.bodies import Shape
from cratesync.server.edge import not_found
from cratesync.server.guards import requires
from cratesync.server.reports import parse_sync_id
from cratesync.server.store import scans, syncs
from cratesync.server.store.database import Database
from cratesync.server.store.reading import read_records

PAGE_HELD = 100
PAGE_HELD_MAX = 500


class HeldRecord(Shape, frozen=True, kw_only=True):
    """A record as it is mirrored. `key` is the copy's `instanceId`, or the want's `releaseId`."""

    key: int
    release_id: int
    title: str | None
    year: int | None
    artists: tuple[Artist, ...]
    labels: tuple[Label, ...]
    formats: tuple[Format, ...]


class HeldRemovals(Shape, frozen=True, kw_only=True):
    """A page of them, by key. `total` counts all; `nextAfter` is `after` of the next page."""

    total: int
    items: Sequence[HeldRecord]
    next_after: int | None


@get(
    "/api/discogs/syncs/{session_id:str}/heldRemovals",
    guards=[requires("read")],
    tags=["Syncs"],
    summary="What a sync would remove",
)
async def get_held_removals(
    session_id: Annotated[str, Parameter(max_length=100, description="The sync's `sessionId`.")],
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    limit: Annotated[int, Parameter(ge=1, le=PAGE_HELD_MAX, description="Records a page.")] = PAGE_HELD,
    after: Annotated[
        int | None, Parameter(ge=0, le=KEY_MAX, description="`nextAfter` of the page before.")
    ] = None,
) -> HeldRemovals:
    """None where the sync holds nothing back, or a later one replaced it. 404 `not_found`."""
    sync_id = parse_sync_id(session_id)
    async with database.read() as connection:
        stored = None if sync_id is None else await syncs.find(connection, identity.user_id, sync_id)
        if stored is None:
            raise not_found("No such sync")
        kind = stored.sync.kind
        total = await scans.count_held(connection, identity.user_id, kind, stored.id)
        keys = await scans.held(
            connection, identity.user_id, kind, sync_id=stored.id, after=after, limit=limit + 1
        )
        rows = await read_records(connection, identity.user_id, kind, keys[:limit])
    items = [
        HeldRecord(
            key=key, **{name: rows[key][name] for name in HeldRecord.__struct_fields__ if name != "key"}
        )
        for key in keys[:limit]
    ]
    return HeldRemovals(total=total, items=items, next_after=keys[limit - 1] if len(keys) > limit else None)
