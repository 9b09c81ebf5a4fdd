"""Statistics of a mirror, for plots."""

from collections.abc import Sequence

from litestar import get
from litestar.di import NamedDependency

from cratesync.server.accounts.auth import Identity
from cratesync.server.api import counts
from cratesync.server.api.counts import VALUES_SHOWN, MonthCount, NameCount, NumberCount, Top
from cratesync.server.api.mirror import TAGS
from cratesync.server.api.mirror_filters import IN_COLLECTION, IN_WANTLIST
from cratesync.server.bodies import Shape
from cratesync.server.guards import requires
from cratesync.server.store.database import Database
from cratesync.server.store.filters import Filters
from cratesync.server.store.lists import COLLECTION, WANTLIST, List
from cratesync.server.store.tallies import Dimension, tally

_DIMENSIONS: tuple[Dimension, ...] = (
    "releases",
    "genres",
    "styles",
    "formats",
    "decades",
    "labels",
    "artists",
    "ratings",
    "months",
)


class Totals(Shape, frozen=True, kw_only=True):
    """How many records there are, of how many releases, on how many labels, by how many artists."""

    records: int
    releases: int
    labels: int
    artists: int


class Statistics(Shape, frozen=True, kw_only=True):
    """What a list consists of. Names go by count, the largest first; numbers and months by themselves, and months in which
    nothing was added are left out."""

    totals: Totals
    decades: Sequence[NumberCount]
    genres: Sequence[NameCount]
    styles: Sequence[NameCount]
    formats: Sequence[NameCount]
    labels: Sequence[NameCount]
    artists: Sequence[NameCount]
    ratings: Sequence[NumberCount]
    additions: Sequence[MonthCount]


@get(
    "/api/collection/statistics",
    guards=[requires("read")],
    dependencies=IN_COLLECTION,
    tags=TAGS,
    summary="What the collection consists of",
)
async def get_collection_statistics(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    filters: NamedDependency[Filters],
    limit: Top = VALUES_SHOWN,
) -> Statistics:
    """Counts for plots, of the whole collection or under the same filters as the list. Months are those of UTC.
    400 `invalid_parameter`."""
    return await _read(database, identity, COLLECTION, filters, limit)


@get(
    "/api/wantlist/statistics",
    guards=[requires("read")],
    dependencies=IN_WANTLIST,
    tags=TAGS,
    summary="What the wantlist consists of",
)
async def get_wantlist_statistics(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    filters: NamedDependency[Filters],
    limit: Top = VALUES_SHOWN,
) -> Statistics:
    """Counts for plots, of the whole wantlist or under the same filters as the list. Months are those of UTC.
    400 `invalid_parameter`."""
    return await _read(database, identity, WANTLIST, filters, limit)


async def _read(
    database: Database, identity: Identity, mirrored: List, filters: Filters, limit: int
) -> Statistics:
    async with database.read() as connection:
        counted = await tally(connection, identity.user_id, mirrored, filters, _DIMENSIONS)
    found = counted.counts
    return Statistics(
        totals=Totals(
            records=counted.total,
            releases=len(found["releases"]),
            labels=len(found["labels"]),
            artists=len(found["artists"]),
        ),
        decades=counts.numbers(found["decades"]),
        genres=counts.names(found["genres"], top=limit),
        styles=counts.names(found["styles"], top=limit),
        formats=counts.names(found["formats"], top=limit),
        labels=counts.names(found["labels"], top=limit),
        artists=counts.names(found["artists"], top=limit),
        ratings=counts.numbers(found["ratings"]),
        additions=counts.months(found["months"]),
    )
