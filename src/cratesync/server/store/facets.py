"""Facets: how many records each value of a filter would leave, beside all the other filters."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.filters import Filters
from cratesync.server.store.lists import List
from cratesync.server.store.tallies import Dimension, Tally, tally


async def facets(
    connection: AsyncConnection,
    user_id: UUID,
    mirrored: List,
    filters: Filters,
    dimensions: Sequence[Dimension],
) -> Tally:
    """Count along these dimensions, each named like its filter. A filter does not narrow its own facet: whoever has chosen Rock
    sees how many Jazz would add."""
    narrowed = [dimension for dimension in dimensions if getattr(filters, dimension)]
    others = [dimension for dimension in dimensions if dimension not in narrowed]
    found = await tally(connection, user_id, mirrored, filters, others)
    counts = dict(found.counts)
    for dimension in narrowed:
        without = structs.replace(filters, **{dimension: ()})
        counts |= (await tally(connection, user_id, mirrored, without, [dimension])).counts
    return Tally(found.total, counts)
