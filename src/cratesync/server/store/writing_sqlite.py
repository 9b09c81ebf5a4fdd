"""Writing on SQLite: a statement for many rows of a table."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.inline_sqlite import run
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.prepared import Update

ROWS_AT_ONCE = 250  # of 20 values: SQLite takes 32,766 in one statement
Statement = tuple[str, list[object]]


async def write(connection: AsyncConnection, several: Sequence[NewRows | Update]) -> None:
    """Write these, in order."""
    for one in several:
        for sql, values in _statements(connection.dialect, one):
            run(connection, sql, values)


def _statements(dialect: Dialect, one: NewRows | Update) -> Iterator[Statement]:
    if isinstance(one, Update):
        yield one.statement.as_sql(dialect, one.values)
        return
    shared = [repeat(value) for value in one.encoded_shared(dialect)]
    each = list(zip(*one.encoded_columns(dialect), *shared, strict=False))
    for start in range(0, len(each), ROWS_AT_ONCE):
        some = each[start : start + ROWS_AT_ONCE]
        sql = _sql(one.verb, one.table.name, one.names, one.on_conflict, len(some))
        yield sql, list(chain.from_iterable(some))


@lru_cache(512)
def _sql(verb: str, table: str, names: tuple[str, ...], on_conflict: str, count: int) -> str:
    one = f"({', '.join('?' * len(names))})"
    return f"{verb} INTO {table} ({_quoted(names)}) VALUES {', '.join([one] * count)} {on_conflict}"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
