"""Column types that SQLite and PostgreSQL share.

They give SQLAlchemy the function for a value at once, where it would otherwise call several for each: there are thousands of
values in a page of records.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")


class Instant(TypeDecorator[datetime]):
    """A point in time, always in UTC, and refused where it names no offset. SQLite keeps none, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | str | None]:
        """PostgreSQL takes it as it is; on SQLite it is text, as SQLAlchemy writes it there."""
        return _without_offset if dialect.name == "sqlite" else _in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base names it
        """Give every value its UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Encoded(TypeDecorator[T], Generic[T]):
    """A msgspec type as JSON text: what is read back has been checked against the type."""

    impl = Text
    cache_ok = True

    def __init__(self, shape: Any) -> None:  # noqa: ANN401 - msgspec takes any type expression, unions among them
        super().__init__()
        self.shape = shape
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(shape)

    def bind_processor(self, dialect: Dialect) -> Callable[[T | None], str | None]:  # noqa: ARG002 - the base names it
        """Write it as text."""
        return _as_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], T | None]:  # noqa: ARG002 - the base names them
        """Read it as the type."""
        decode = self._decoder.decode
        return lambda value: None if value is None else decode(value)


_encode = msgspec.json.Encoder().encode


def _as_json(value: object) -> str | None:
    return None if value is None else _encode(value).decode()


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("A point in time needs an offset.")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _without_offset(value: datetime | None) -> str | None:
    utc = _in_utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds").removesuffix("+00:00")
