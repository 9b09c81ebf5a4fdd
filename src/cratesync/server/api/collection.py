"""The mirrored collection: a page of it, and one copy."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from cratesync.server.accounts.auth import Identity
from cratesync.server.api.cursors import Cursor, encode_cursor
from cratesync.server.api.mirror import PAGE_RECORDS, TAGS, Limit, MirrorState, Skip, read_mirror, read_one
from cratesync.server.api.mirror_filters import IN_COLLECTION, SORTED
from cratesync.server.api.records import CollectionItem, collection_item
from cratesync.server.bodies import Shape
from cratesync.server.clock import Clock
from cratesync.server.guards import requires
from cratesync.server.store.database import Database
from cratesync.server.store.filters import Filters
from cratesync.server.store.orders import Order

InstanceId = Annotated[int, PathParameter(description="The copy's `instanceId`.")]


class CollectionPage(Shape, frozen=True, kw_only=True):
    """A page of the collection. `total` counts what the filters let through, on all pages."""

    items: Sequence[CollectionItem]
    next_cursor: str | None
    total: int
    mirror: MirrorState


@get(
    "/api/collection",
    guards=[requires("read")],
    dependencies=IN_COLLECTION | SORTED,
    tags=TAGS,
    summary="The mirrored collection",
)
async def get_collection(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    clock: NamedDependency[Clock],
    filters: NamedDependency[Filters],
    sorting: NamedDependency[Order],
    limit: Limit = PAGE_RECORDS,
    skip: Skip = 0,
    cursor: Cursor = None,
) -> CollectionPage:
    """Whole records, page by page. Values of one filter are alternatives, all filters hold at once. A walk stays right while a
    sync runs. 400 `bad_cursor`, `invalid_parameter`."""
    page, state = await read_mirror(
        database,
        clock,
        identity,
        "collection",
        filters=filters,
        order=sorting,
        limit=limit,
        skip=skip,
        cursor=cursor,
    )
    return CollectionPage(
        items=[collection_item(row) for row in page.rows],
        next_cursor=encode_cursor("collection", filters, sorting, page.reached),
        total=page.total,
        mirror=state,
    )


@get("/api/collection/{instance_id:int}", guards=[requires("read")], tags=TAGS, summary="One copy")
async def get_item(
    instance_id: InstanceId, identity: NamedDependency[Identity], database: NamedDependency[Database]
) -> CollectionItem:
    """404 `item_not_found`; 410 `item_removed` (with `removedAt`) while it is remembered that there was one."""
    return collection_item(await read_one(database, identity, "collection", instance_id))
