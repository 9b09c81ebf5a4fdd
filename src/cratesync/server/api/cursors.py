"""Cursors of the mirror's lists: how far a walk has come, and which walk it is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated

import msgspec
from litestar.params import Parameter
from msgspec import Meta, Struct

from cratesync.protocol.messages import SyncType
from cratesync.server.edge import ApiError
from cratesync.server.store.filters import Filters
from cratesync.server.store.orders import Order, Place, Value
from cratesync.server.store.reading import Reached
from cratesync.server.store.words import KEY_CHARACTERS_MAX

CURSOR_CHARACTERS_MAX = 2000  # a key of 200 characters of up to four bytes, and the rest
KEY_MAX = 2**63 - 1
NUMBER_MAX = 2**31 - 1
WALK_BYTES = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Cursor = Annotated[
    str | None,
    Parameter(
        max_length=CURSOR_CHARACTERS_MAX,
        description="`nextCursor` of the page before, with the same filters, `sort` and `order`.",
    ),
]


class _Cursor(Struct, frozen=True, array_like=True):
    """A moment is told in microseconds."""

    walk: str
    began: Annotated[int, Meta(ge=0, le=KEY_MAX)]
    key: Annotated[int, Meta(ge=0, le=KEY_MAX)]
    value: Annotated[str, Meta(max_length=KEY_CHARACTERS_MAX)] | int | None


def encode_cursor(kind: SyncType, filters: Filters, order: Order, reached: Reached | None) -> str | None:
    """A cursor is opaque to callers, so that what it holds may change."""
    if reached is None:
        return None
    value = reached.place.value
    if isinstance(value, datetime):
        value = (value - _EPOCH) // _MICROSECOND
    cursor = _Cursor(_walk(kind, filters, order), reached.began, reached.place.key, value)
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(kind: SyncType, filters: Filters, order: Order, cursor: str | None) -> Reached | None:
    """Raises `ApiError` for what was not given out for this list, these filters and this order."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = msgspec.json.decode(urlsafe_b64decode(padded), type=_Cursor)
    except (Base64Error, UnicodeError, msgspec.DecodeError):
        raise bad_cursor() from None
    if found.walk != _walk(kind, filters, order):
        raise bad_cursor("This cursor belongs to another list, or to other filters or another order.")
    return Reached(Place(_value(order, found.value), found.key), found.began)


def bad_cursor(sentence: str = "This cursor is not one that was given out here.") -> ApiError:
    """400: begin anew, without a cursor."""
    return ApiError("bad_cursor", 400, sentence)


def _walk(kind: SyncType, filters: Filters, order: Order) -> str:
    """A short digest of what was asked for."""
    asked = msgspec.json.encode([kind, filters, order])
    return urlsafe_b64encode(blake2b(asked, digest_size=WALK_BYTES).digest()).decode()


def _value(order: Order, value: str | int | None) -> Value:
    """Nothing that a column could not hold reaches the database."""
    match order.sort, value:
        case _, None:
            return None
        case "artist" | "title" | "label", str() if "\x00" not in value:
            return value
        case "year" | "rating", int() if 0 <= value <= NUMBER_MAX:
            return value
        case "added", int():
            try:
                return _EPOCH + value * _MICROSECOND
            except OverflowError:
                raise bad_cursor() from None
    raise bad_cursor()
