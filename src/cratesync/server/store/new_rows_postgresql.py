"""Writing new rows on PostgreSQL: one statement for all tables, each column an array, on the driver's own connection.

One way there and back, and one plan, whatever is written (https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING).
"""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.asyncpg_driver import driver_of
from cratesync.server.store.new_rows import NewRows

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it without

Described = tuple[tuple[str, str, str], ...]
"""Columns: name, type, and the expression around what is given."""
Shape = tuple[str, str, Described, Described, str]
"""Verb, table, the columns that differ and those that are shared, and what happens on a conflict."""


async def write(connection: AsyncConnection, several: Sequence[NewRows]) -> None:
    """Write these. They must not depend on each other: every part of the statement sees the tables as they were before it."""
    dialect = connection.dialect
    values: list[object] = []
    for rows in several:
        values += rows.encoded_columns(dialect)
        values += rows.encoded_shared(dialect)
    driver = await driver_of(connection)
    await driver.execute(_sql(tuple(_shape(rows) for rows in several)), *values)


def _shape(rows: NewRows) -> Shape:
    expressions = tuple(rows.expressions.items())
    return (
        rows.verb,
        rows.table.name,
        _described(rows.table, tuple(rows.columns), expressions),
        _described(rows.table, tuple(rows.shared), expressions),
        rows.on_conflict,
    )


@lru_cache(256)
def _described(table: Table, names: tuple[str, ...], expressions: tuple[tuple[str, str], ...]) -> Described:
    around = dict(expressions)
    return tuple((name, table.c[name].type.compile(_DIALECT), around.get(name, "{}")) for name in names)


@lru_cache(256)
def _sql(shapes: tuple[Shape, ...]) -> str:
    parts, number = [], 0
    for verb, table, columns, shared, on_conflict in shapes:
        arrays, shown = [], []
        for name, type_, expression in columns:
            number += 1
            arrays.append(f"${number}::{type_}[]")
            shown.append(expression.format(f'"{name}"'))
        for _, type_, expression in shared:
            number += 1
            shown.append(expression.format(f"${number}::{type_}"))
        names = ", ".join(f'"{name}"' for name, *_ in (*columns, *shared))
        given = ", ".join(f'"{name}"' for name, *_ in columns)
        source = f"SELECT {', '.join(shown)} FROM unnest({', '.join(arrays)}) AS given({given})"  # noqa: S608 - our own names
        parts.append(f"{verb} INTO {table} ({names}) {source} {on_conflict}")
    *first, last = parts
    if not first:
        return last
    return "WITH " + ", ".join(f"part{at} AS ({part})" for at, part in enumerate(first)) + " " + last
