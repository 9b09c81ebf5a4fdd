"""The search of releases by their words: FTS5 on SQLite, a text search vector on PostgreSQL.

`release_words` is a table by hand, made by the migrations: neither kind of index has a name that both databases know. On
PostgreSQL a row goes with its content; on SQLite it is deleted beside it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    delete,
    exists,
    literal,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import words
from cratesync.server.store.new_rows import NewRows

QUERY_WORDS_MAX = 16

RELEASE_WORDS = "release_words"

# No part of the schema's metadata: on SQLite it is a virtual table, whose row numbers are its only key.
_release_words = Table(
    RELEASE_WORDS,
    MetaData(),
    Column("rowid", BigInteger),
    Column("digest", LargeBinary),
    Column("words", Text),
)

_DELETE_SQLITE = text("DELETE FROM release_words WHERE rowid = :row")


def query_words(text: str | None) -> tuple[str, ...] | None:
    """What is looked for when somebody types this: bounded, each word once. Nothing typed is no search; a text without any
    word is one that finds nothing."""
    if not text or text.isspace():
        return None
    return tuple(dict.fromkeys(words.words(text)))[:QUERY_WORDS_MAX]


def rows(connection: AsyncConnection, found_by: Mapping[bytes, Sequence[str]]) -> NewRows:
    """The words by which new contents are found, by digest."""
    columns: dict[str, list[object]] = {
        "digest": list(found_by),
        "words": [" ".join(spoken) for spoken in found_by.values()],
    }
    if _on_sqlite(connection):
        columns["rowid"] = [_row_of(digest) for digest in found_by]
        return NewRows(_release_words, columns, verb="INSERT OR REPLACE")
    return NewRows(
        _release_words,
        columns,
        on_conflict="ON CONFLICT (digest) DO NOTHING",
        expressions={"words": "array_to_tsvector(string_to_array({}, ' '))"},
    )


async def forget(connection: AsyncConnection, digests: Sequence[bytes]) -> None:
    """Contents were deleted."""
    if digests and _on_sqlite(connection):
        await connection.execute(_DELETE_SQLITE, [{"row": _row_of(digest)} for digest in digests])


async def forget_all(connection: AsyncConnection) -> None:
    """All contents are about to be stored anew."""
    await connection.execute(delete(_release_words))


def matching(connection: AsyncConnection, begun: Sequence[str]) -> Select[bytes]:
    """The digests of contents that have, for each of these, a word that begins with it."""
    return select(_release_words.c.digest).where(_matches(connection, begun))


def has_word(connection: AsyncConnection, digest: ColumnElement[bytes], begun: str) -> ColumnElement[bool]:
    """Whether a record's content has a word that begins with this.

    PostgreSQL may have the contents of a thousand users: by EXISTS it chooses between the index of words and a look at each
    record's own words, whichever it takes for less. SQLite's index answers for all contents alone.
    """
    if _on_sqlite(connection):
        return digest.in_(matching(connection, [begun]))
    return exists(select(true()).where(_release_words.c.digest == digest, _matches(connection, [begun])))


def _matches(connection: AsyncConnection, begun: Sequence[str]) -> ColumnElement[bool]:
    return _matches_fts5(begun) if _on_sqlite(connection) else _matches_vector(begun)


def _matches_fts5(begun: Sequence[str]) -> ColumnElement[bool]:
    """https://www.sqlite.org/fts5.html#fts5_prefix_queries: each is a string, so nothing in it is an operator."""
    query = " ".join(f'"{word}"*' for word in begun)
    return literal_column(RELEASE_WORDS).op("MATCH")(query)


def _matches_vector(begun: Sequence[str]) -> ColumnElement[bool]:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY: quoted, so that nothing is one."""
    query = " & ".join(f"'{word}':*" for word in begun)
    return _release_words.c.words.op("@@")(cast(literal(query, Text), TSQUERY))


def _row_of(digest: bytes) -> int:
    """A row number from a digest: 63 of its bits, so that no two meet by chance among millions."""
    return int.from_bytes(digest[:8]) >> 1


def _on_sqlite(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "sqlite"
