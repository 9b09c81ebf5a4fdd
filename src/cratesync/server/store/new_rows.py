"""New rows of a table, by column, as both databases' bodies take them."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, field
from sqlalchemy import Dialect, Table


class NewRows(Struct, frozen=True):
    """As many rows as each list of `columns` has values; what is the same in all of them stands in `shared`.

    `on_conflict` is SQL that both databases read alike. `expressions` are for columns whose value is made of what is given.
    """

    table: Table
    columns: Mapping[str, list[object]]
    shared: Mapping[str, object] = field(default_factory=dict)
    on_conflict: str = ""
    verb: str = "INSERT"
    expressions: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows."""
        return len(next(iter(self.columns.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns: first those whose values differ."""
        return (*self.columns, *self.shared)

    def encoded_columns(self, dialect: Dialect) -> list[Sequence[object]]:
        """The values that differ, as the driver takes them."""
        return [self._encoded(name, values, dialect) for name, values in self.columns.items()]

    def encoded_shared(self, dialect: Dialect) -> list[object]:
        """The values that are the same everywhere, as the driver takes them."""
        return [self._encoded(name, [value], dialect)[0] for name, value in self.shared.items()]

    def _encoded(self, name: str, values: list[object], dialect: Dialect) -> Sequence[object]:
        encode = _encoder(self.table, name, dialect)
        return values if encode is None else _each(encode, values)


def _each(encode: Callable[[object], object], values: Sequence[object]) -> list[object]:
    """Most columns say the same of many rows that follow each other."""
    made: list[object] = []
    last: object = encode  # no value is that
    encoded: object = None
    for value in values:
        if value is not last:
            last, encoded = value, encode(value)
        made.append(encoded)
    return made


@lru_cache(512)
def _encoder(table: Table, name: str, dialect: Dialect) -> Callable[[object], object] | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
