"""Counting what a mirror holds, in one pass over its records: how many there are of each genre, folder, decade and so on.

The database hands over lists as the text that they are stored in, which few records differ in; each text is read once. This is
the same on both databases, and faster than taking the JSON apart in either.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Text, func, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import Artist, Format, Label
from cratesync.server.store.filters import UNKNOWN, Filters, decade_of, matching
from cratesync.server.store.lists import List
from cratesync.server.store.tables import contents

Dimension = Literal[
    "folders", "genres", "styles", "formats", "decades", "labels", "artists", "ratings", "months", "releases"
]
Name: TypeAlias = str | int

ROWS_AT_ONCE = 2000


class Tally(Struct, frozen=True):
    """How many records there are, and of each value of a dimension. A record with two genres counts for both."""

    total: int
    counts: dict[Dimension, Counter[Name]]


async def tally(
    connection: AsyncConnection,
    user_id: UUID,
    mirrored: List,
    filters: Filters,
    dimensions: Sequence[Dimension],
) -> Tally:
    """Count the records that are meant, along these dimensions. Others get their turn every few thousand records."""
    columns = [_column(connection, mirrored, dimension) for dimension in dimensions]
    query = matching(
        connection,
        user_id,
        mirrored,
        filters,
        [mirrored.key, *columns],
        of_contents=not _OF_CONTENTS.isdisjoint(dimensions),
    )
    raw: list[Counter[Any]] = [Counter() for _ in dimensions]
    total = 0
    for rows in (await connection.execute(query)).partitions(ROWS_AT_ONCE):
        total += len(rows)
        _keys, *values = zip(*rows, strict=True)
        for counter, column in zip(raw, values, strict=True):
            counter.update(column)
        await asyncio.sleep(0)
    counts: dict[Dimension, Counter[Name]] = {}
    for dimension, counter in zip(dimensions, raw, strict=True):
        counts[dimension] = _by_name(counter, _NAMES[dimension])
        await asyncio.sleep(0)
    return Tally(total, counts)


def _column(connection: AsyncConnection, mirrored: List, dimension: Dimension) -> ColumnElement[Any]:
    columns = mirrored.table.c
    match dimension:
        case "folders":
            return columns.folder_id
        case "decades":
            return columns.year_key
        case "ratings":
            return columns.rating
        case "releases":
            return columns.release_id
        case "months":
            if connection.dialect.name == "sqlite":
                return func.strftime("%Y-%m", columns.added_at)
            return func.to_char(func.timezone("UTC", columns.added_at), "YYYY-MM")
        case "genres" | "styles" | "formats" | "labels" | "artists":
            return type_coerce(contents.c[dimension], Text)


def _by_name(raw: Counter[Any], names_of: Callable[[Any], Iterable[Name]]) -> Counter[Name]:
    counts: Counter[Name] = Counter()
    for value, count in raw.items():
        for name in names_of(value):
            counts[name] += count
    return counts


def _one(value: Name | None) -> Iterable[Name]:
    return () if value is None else (value,)


def _texts(text: str) -> Iterable[Name]:
    return dict.fromkeys(_TEXTS.decode(text))


def _objects(decoder: "msgspec.json.Decoder[tuple[Artist | Label, ...]]") -> Callable[[str], Iterable[Name]]:
    def names(text: str) -> Iterable[Name]:
        return dict.fromkeys(each.name for each in decoder.decode(text) if each.name)

    return names


def _carriers(text: str) -> Iterable[Name]:
    return dict.fromkeys(_spoken(_FORMATS.decode(text)))


def _spoken(carriers: Iterable[Format]) -> Iterator[str]:
    for carrier in carriers:
        yield from filter(None, (carrier.name, *(carrier.descriptions or ())))


_TEXTS = msgspec.json.Decoder(tuple[str, ...])
_FORMATS = msgspec.json.Decoder(tuple[Format, ...])

_OF_CONTENTS = frozenset[Dimension](("genres", "styles", "formats", "labels", "artists"))
_NAMES: dict[Dimension, Callable[[Any], Iterable[Name]]] = {
    "folders": _one,
    "releases": _one,
    "months": _one,
    "decades": lambda year: (decade_of(year),),
    "ratings": lambda rating: (rating or UNKNOWN,),
    "genres": _texts,
    "styles": _texts,
    "formats": _carriers,
    "labels": _objects(msgspec.json.Decoder(tuple[Label, ...])),
    "artists": _objects(msgspec.json.Decoder(tuple[Artist, ...])),
}
