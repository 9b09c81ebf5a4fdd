"""The mirrored wantlist: a page of it, and one want."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from cratesync.server.accounts.auth import Identity
from cratesync.server.api.cursors import Cursor, encode_cursor
from cratesync.server.api.mirror import PAGE_RECORDS, TAGS, Limit, MirrorState, Skip, read_mirror, read_one
from cratesync.server.api.mirror_filters import IN_WANTLIST, SORTED
from cratesync.server.api.records import WantedRelease, wanted_release
from cratesync.server.bodies import Shape
from cratesync.server.clock import Clock
from cratesync.server.guards import requires
from cratesync.server.store.database import Database
from cratesync.server.store.filters import Filters
from cratesync.server.store.orders import Order

ReleaseId = Annotated[int, PathParameter(description="The release's `releaseId`.")]


class WantlistPage(Shape, frozen=True, kw_only=True):
    """A page of the wantlist. `total` counts what the filters let through, on all pages."""

    items: Sequence[WantedRelease]
    next_cursor: str | None
    total: int
    mirror: MirrorState


@get(
    "/api/wantlist",
    guards=[requires("read")],
    dependencies=IN_WANTLIST | SORTED,
    tags=TAGS,
    summary="The mirrored wantlist",
)
async def get_wantlist(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    clock: NamedDependency[Clock],
    filters: NamedDependency[Filters],
    sorting: NamedDependency[Order],
    limit: Limit = PAGE_RECORDS,
    skip: Skip = 0,
    cursor: Cursor = None,
) -> WantlistPage:
    """Whole records, page by page. Values of one filter are alternatives, all filters hold at once. A walk stays right while a
    sync runs. 400 `bad_cursor`, `invalid_parameter`."""
    page, state = await read_mirror(
        database,
        clock,
        identity,
        "wantlist",
        filters=filters,
        order=sorting,
        limit=limit,
        skip=skip,
        cursor=cursor,
    )
    return WantlistPage(
        items=[wanted_release(row) for row in page.rows],
        next_cursor=encode_cursor("wantlist", filters, sorting, page.reached),
        total=page.total,
        mirror=state,
    )


@get("/api/wantlist/{release_id:int}", guards=[requires("read")], tags=TAGS, summary="One want")
async def get_want(
    release_id: ReleaseId, identity: NamedDependency[Identity], database: NamedDependency[Database]
) -> WantedRelease:
    """404 `item_not_found`; 410 `item_removed` (with `removedAt`) while it is remembered that there was one."""
    return wanted_release(await read_one(database, identity, "wantlist", release_id))
