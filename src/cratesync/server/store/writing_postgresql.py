"""Writing on PostgreSQL: one statement for all tables, each column an array, on the driver's own connection.

One way there and back, and one plan, whatever is written (https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.asyncpg_driver import driver_of
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.prepared import Update

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it without
_PLACE = re.compile(r"\$(\d+)")

Described = tuple[tuple[str, str, str], ...]
"""Columns: name, type, and the expression around what is given."""
Shape = str | tuple[str, str, Described, Described, str]
"""An update's text; or verb, table, the columns that differ and those that are shared, and what happens on a conflict."""


async def write(connection: AsyncConnection, several: Sequence[NewRows | Update]) -> None:
    """Write these. They must not depend on each other: every part of the statement sees the tables as they were before it."""
    shapes: list[Shape] = []
    values: list[object] = []
    for one in several:
        shape, given = _taken_apart(one, connection.dialect)
        shapes.append(shape)
        values += given
    await driver_of(connection).execute(_sql(tuple(shapes)), *values)


def _taken_apart(one: NewRows | Update, dialect: Dialect) -> tuple[Shape, list[object]]:
    if isinstance(one, Update):
        return one.statement.as_sql(dialect, one.values)
    expressions = tuple(one.expressions.items())
    shape = (
        one.verb,
        one.table.name,
        _described(one.table, tuple(one.columns), expressions),
        _described(one.table, tuple(one.shared), expressions),
        one.on_conflict,
    )
    return shape, [*one.encoded_columns(dialect), *one.encoded_shared(dialect)]


@lru_cache(256)
def _described(table: Table, names: tuple[str, ...], expressions: tuple[tuple[str, str], ...]) -> Described:
    around = dict(expressions)
    return tuple((name, table.c[name].type.compile(_DIALECT), around.get(name, "{}")) for name in names)


@lru_cache(256)
def _sql(shapes: tuple[Shape, ...]) -> str:
    parts, used = [], 0
    for shape in shapes:
        part, count = _part(shape, used)
        parts.append(part)
        used += count
    *first, last = parts
    if not first:
        return last
    return "WITH " + ", ".join(f"part{at} AS ({part})" for at, part in enumerate(first)) + " " + last


def _part(shape: Shape, used: int) -> tuple[str, int]:
    """One part of the statement, when so many places are taken by those before it; and how many it takes."""
    if isinstance(shape, str):
        count = len(_PLACE.findall(shape))
        return _PLACE.sub(lambda found: f"${int(found[1]) + used}", shape), count
    verb, table, columns, shared, on_conflict = shape
    arrays, shown, number = [], [], used
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
    return f"{verb} INTO {table} ({names}) {source} {on_conflict}", number - used
