"""Which records of a mirror are meant: by words, and by what they are. One noun for pages, facets and statistics."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import search
from cratesync.server.store.lists import List
from cratesync.server.store.tables import contents

UNKNOWN = 0
"""How an unknown year or decade, no rating and no master are asked for: Discogs writes all four so."""
ALL_FOLDERS = 0
DECADE_YEARS = 10


class Filters(Struct, frozen=True, kw_only=True):
    """Values of one filter are alternatives, and all filters hold at once; an empty one lets everything through.

    `words` are those of `search.query_words`, and each begins a word of the release or of the notes.
    """

    words: tuple[str, ...] | None = None
    folders: tuple[int, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()
    years: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    ratings: tuple[int, ...] = ()
    masters: tuple[int, ...] = ()
    releases: tuple[int, ...] = ()

    @property
    def ask_for_contents(self) -> bool:
        """Whether the contents have to be joined."""
        return bool(self.genres or self.styles or self.formats or self.labels or self.artists or self.masters)


def decade_of(year: int | None) -> int:
    """1973 is of 1970."""
    return year // DECADE_YEARS * DECADE_YEARS if year and year > 0 else UNKNOWN


def matching(
    connection: AsyncConnection,
    user_id: UUID,
    mirrored: List,
    filters: Filters,
    columns: Sequence[ColumnElement[Any]],
    *,
    of_contents: bool = False,
) -> Select[Any]:
    """Columns of the records that are there and meant. `of_contents`: some are of the contents, which are joined then."""
    table = mirrored.table
    query = select(*columns).select_from(table)
    if of_contents or filters.ask_for_contents:
        query = query.join(contents, table.c.content_digest == contents.c.digest)
    return query.where(
        table.c.user_id == user_id, table.c.removed_at.is_(None), *_conditions(connection, mirrored, filters)
    )


def _conditions(connection: AsyncConnection, mirrored: List, filters: Filters) -> list[ColumnElement[bool]]:
    table = mirrored.table
    found = [_has_word(connection, mirrored, word) for word in filters.words or ()]
    if filters.words == ():
        found.append(false())
    if filters.folders and ALL_FOLDERS not in filters.folders:
        found.append(table.c.folder_id.in_(filters.folders))
    if filters.decades:
        found.append(or_(*(_in_decade(table.c.year_key, decade) for decade in filters.decades)))
    if filters.years:
        found.append(func.coalesce(table.c.year_key, UNKNOWN).in_(filters.years))
    if filters.ratings:
        found.append(func.coalesce(table.c.rating, UNKNOWN).in_(filters.ratings))
    if filters.masters:
        found.append(func.coalesce(contents.c.master_id, UNKNOWN).in_(filters.masters))
    if filters.releases:
        found.append(table.c.release_id.in_(filters.releases))
    on_sqlite = connection.dialect.name == "sqlite"
    for values, said in (
        (filters.genres, _GENRES),
        (filters.styles, _STYLES),
        (filters.formats, _FORMATS),
        (filters.labels, _LABELS),
        (filters.artists, _ARTISTS),
    ):
        if values:
            found += [
                said.roughly(values),
                said.on_sqlite(values) if on_sqlite else said.on_postgresql(values),
            ]
    return found


def _has_word(connection: AsyncConnection, mirrored: List, word: str) -> ColumnElement[bool]:
    """In the release or in the notes: "beatles mint" finds the mint copy of a Beatles record."""
    return or_(
        search.has_word(connection, mirrored.table.c.content_digest, word),
        mirrored.table.c.note_words.contains(f" {word}", autoescape=True),
    )


def _in_decade(year: ColumnElement[int], decade: int) -> ColumnElement[bool]:
    if decade == UNKNOWN:
        return or_(year.is_(None), year < DECADE_YEARS)
    return year.between(decade, decade + DECADE_YEARS - 1)


class _Said(Struct, frozen=True):
    """Where texts stand in a column of JSON text: `name` of each object, or the elements themselves, and `also` further down."""

    column: ColumnElement[object]
    name: str | None = None
    also: str | None = None

    @property
    def _text(self) -> ColumnElement[str]:
        return type_coerce(self.column, Text)

    def roughly(self, wanted: Sequence[str]) -> ColumnElement[bool]:
        """Whether the text holds one of them at all: most do not, and need not be taken apart."""
        return or_(
            *(self._text.contains(msgspec.json.encode(text).decode(), autoescape=True) for text in wanted)
        )

    def on_sqlite(self, wanted: Sequence[str]) -> ColumnElement[bool]:
        """https://www.sqlite.org/json1.html#jeach"""
        each = func.json_each(self._text).table_valued("value", name="each")
        own = each.c.value if self.name is None else func.json_extract(each.c.value, f"$.{self.name}")
        found: ColumnElement[bool] = own.in_(wanted)
        if self.also is not None:
            below = func.json_each(each.c.value, f"$.{self.also}").table_valued("value", name="below")
            found = or_(found, exists(select(true()).select_from(below).where(below.c.value.in_(wanted))))
        return exists(select(true()).select_from(each).where(found))

    def on_postgresql(self, wanted: Sequence[str]) -> ColumnElement[bool]:
        """https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-SQLJSON-PATH"""
        own = "@" if self.name is None else f"@.{self.name}"
        also = "" if self.also is None else f" || @.{self.also}[*] == $wanted[*]"
        path = cast(literal(f"$[*] ? ({own} == $wanted[*]{also})", Text), JSONPATH)
        variables = cast(literal(msgspec.json.encode({"wanted": wanted}).decode(), Text), JSONB)
        return func.jsonb_path_exists(cast(self._text, JSONB), path, variables)


_GENRES = _Said(contents.c.genres)
_STYLES = _Said(contents.c.styles)
_FORMATS = _Said(contents.c.formats, "name", "descriptions")
_LABELS = _Said(contents.c.labels, "name")
_ARTISTS = _Said(contents.c.artists, "name")
