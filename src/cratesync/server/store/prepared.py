"""Statements of the hot path: compiled once for each database, and handed to its driver.

SQLAlchemy writes them and knows their types; what it does for each execution, which costs more than the statement itself, is
left out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Dialect, Float, RowMapping, Select
from sqlalchemy import Update as UpdateStatement
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import CompoundSelect
from sqlalchemy.types import TypeEngine

from cratesync.server.store import inline_sqlite
from cratesync.server.store.asyncpg_driver import driver_of

Converter = Callable[[Any], Any] | None
Row = RowMapping | Mapping[str, Any]
"""A row's values by column, by SQLAlchemy's hands or by ours."""


class Prepared:
    """One statement. What it is given are `bindparam`s; it has no `IN` with a list, which is only written out with its values."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any] | UpdateStatement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    async def rows(
        self, connection: AsyncConnection, values: Mapping[str, object]
    ) -> list[Mapping[str, Any]]:
        """What it finds."""
        compiled = self._for(connection.dialect)
        found = await _run(connection, compiled.sql, compiled.encoded(values))
        return [compiled.decoded(row) for row in found]

    def as_sql(self, dialect: Dialect, values: Mapping[str, object]) -> tuple[str, list[object]]:
        """Its text, and the values in their order, as the driver takes them."""
        compiled = self._for(dialect)
        return compiled.sql, compiled.encoded(values)

    def _for(self, dialect: Dialect) -> "_Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return compiled


class Update(Struct, frozen=True):
    """An update that is to be made: of one row, with these values."""

    statement: Prepared
    values: Mapping[str, object]


class _Compiled(Struct, frozen=True):
    sql: str
    parameters: tuple[tuple[str, Converter, object], ...]
    columns: tuple[tuple[str, Converter], ...]

    def encoded(self, values: Mapping[str, object]) -> list[object]:
        return [
            (encode(value) if encode is not None else value)
            for name, encode, given in self.parameters
            for value in (values.get(name, given),)
        ]

    def decoded(self, row: Sequence[Any]) -> Mapping[str, Any]:
        return {
            name: value if decode is None else decode(value)
            for (name, decode), value in zip(self.columns, row, strict=True)
        }


def _compile(statement: Select[Any] | CompoundSelect[Any] | UpdateStatement, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    names: Sequence[str] = compiled.positiontup or ()
    parameters = []
    for name in names:
        parameter = compiled.binds[name]
        encode = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        parameters.append((parameter.key, encode, parameter.value))
    columns: tuple[tuple[str, Converter], ...] = ()
    if not isinstance(statement, UpdateStatement):
        columns = tuple(
            (column.name, _decoder(column.type, dialect)) for column in statement.selected_columns
        )
    return _Compiled(str(compiled), tuple(parameters), columns)


def _decoder(type_: TypeEngine[Any], dialect: Dialect) -> Converter:
    # Floats come as floats; SQLAlchemy would ask the driver what kind of number it is.
    return None if isinstance(type_, Float) else type_.dialect_impl(dialect).result_processor(dialect, None)


async def _run(connection: AsyncConnection, sql: str, values: list[object]) -> Sequence[Sequence[Any]]:
    if connection.dialect.name == "postgresql":
        return await driver_of(connection).fetch(sql, *values)
    return inline_sqlite.run(connection, sql, values)
