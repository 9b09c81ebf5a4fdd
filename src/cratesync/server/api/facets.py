"""Facets: what each filter would leave."""

from collections import Counter
from collections.abc import Sequence

from litestar import get
from litestar.di import NamedDependency

from cratesync.server.accounts.auth import Identity
from cratesync.server.api import counts
from cratesync.server.api.counts import VALUES_SHOWN, FolderCount, NameCount, NumberCount, Top
from cratesync.server.api.mirror import TAGS
from cratesync.server.api.mirror_filters import IN_COLLECTION, IN_WANTLIST
from cratesync.server.bodies import Shape
from cratesync.server.guards import requires
from cratesync.server.store import sides
from cratesync.server.store.database import Database
from cratesync.server.store.facets import facets
from cratesync.server.store.filters import Filters
from cratesync.server.store.lists import COLLECTION, WANTLIST, List
from cratesync.server.store.tallies import Dimension

_SHARED: tuple[Dimension, ...] = ("genres", "styles", "formats", "decades", "labels", "ratings")


class Facets(Shape, frozen=True, kw_only=True):
    """How many records the filters leave, and how many they would leave with this value for one of them. Names go by count, the
    largest first, and what was chosen is always among them; numbers go by number. A wantlist has no folders."""

    total: int
    folders: Sequence[FolderCount]
    genres: Sequence[NameCount]
    styles: Sequence[NameCount]
    formats: Sequence[NameCount]
    decades: Sequence[NumberCount]
    labels: Sequence[NameCount]
    ratings: Sequence[NumberCount]


@get(
    "/api/collection/facets",
    guards=[requires("read")],
    dependencies=IN_COLLECTION,
    tags=TAGS,
    summary="What each filter of the collection would leave",
)
async def get_collection_facets(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    filters: NamedDependency[Filters],
    limit: Top = VALUES_SHOWN,
) -> Facets:
    """Counts under the same filters as the list, but that a filter does not narrow its own facet. 400 `invalid_parameter`."""
    return await _read(database, identity, COLLECTION, filters, limit)


@get(
    "/api/wantlist/facets",
    guards=[requires("read")],
    dependencies=IN_WANTLIST,
    tags=TAGS,
    summary="What each filter of the wantlist would leave",
)
async def get_wantlist_facets(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    filters: NamedDependency[Filters],
    limit: Top = VALUES_SHOWN,
) -> Facets:
    """Counts under the same filters as the list, but that a filter does not narrow its own facet. 400 `invalid_parameter`."""
    return await _read(database, identity, WANTLIST, filters, limit)


async def _read(
    database: Database, identity: Identity, mirrored: List, filters: Filters, limit: int
) -> Facets:
    dimensions: tuple[Dimension, ...] = ("folders", *_SHARED) if mirrored is COLLECTION else _SHARED
    async with database.read() as connection:
        tally = await facets(connection, identity.user_id, mirrored, filters, dimensions)
        folders = await sides.list_folders(connection, identity.user_id)
    found = tally.counts
    return Facets(
        total=tally.total,
        folders=counts.folders(
            found.get("folders", Counter()), {folder.id: folder.name for folder in folders}
        ),
        genres=counts.names(found["genres"], top=limit, chosen=filters.genres),
        styles=counts.names(found["styles"], top=limit, chosen=filters.styles),
        formats=counts.names(found["formats"], top=limit, chosen=filters.formats),
        decades=counts.numbers(found["decades"]),
        labels=counts.names(found["labels"], top=limit, chosen=filters.labels),
        ratings=counts.numbers(found["ratings"]),
    )
