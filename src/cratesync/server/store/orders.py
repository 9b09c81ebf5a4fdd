"""The orders in which a list is read, and where a record stands in one.

A place is a value and then the key, so that no two records share one. Records without a value come last, whichever way the
order goes. Texts are compared byte by byte, so that both databases, and Python, agree.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import ColumnElement, UnaryExpression, and_, func, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.lists import List

Sort = Literal["key", "added", "artist", "title", "year", "label", "rating"]
Value: TypeAlias = str | int | datetime | None


class Order(Struct, frozen=True):
    """By what, and which way."""

    sort: Sort = "key"
    descending: bool = False


class Place(Struct, frozen=True):
    """Where a record stands: its value in the order, and its key."""

    value: Value
    key: int

    def comes_after(self, other: "Place", order: Order) -> bool:
        """Whether a walk that was here has yet to come there."""
        return self != other and in_order((self, other), order)[0] is other


def in_order(places: Iterable[Place], order: Order) -> list[Place]:
    """Places as a walk comes to them."""
    valued: list[Place] = []
    empty: list[Place] = []
    for place in places:
        (empty if place.value is None else valued).append(place)
    valued.sort(key=lambda place: (place.value, place.key), reverse=order.descending)
    empty.sort(key=lambda place: place.key, reverse=order.descending)
    return valued + empty


def value_of(connection: AsyncConnection, mirrored: List, order: Order) -> ColumnElement[Any] | None:
    """What records are sorted by before their key; nothing where they are sorted by key alone."""
    columns = mirrored.table.c
    match order.sort:
        case "key":
            return None
        case "added":
            return columns.added_at
        case "year":
            return columns.year_key
        case "rating":
            return func.nullif(columns.rating, 0)  # Discogs writes 0 where there is none
        case "artist" | "title" | "label":
            text: ColumnElement[Any] = columns[f"{order.sort}_key"]
            return text if connection.dialect.name == "sqlite" else text.collate("C")


def sorting(
    value: ColumnElement[Any] | None, key: ColumnElement[int], order: Order
) -> list[UnaryExpression[Any]]:
    """For ORDER BY."""
    by = [key] if value is None else [value, key]
    return [(each.desc() if order.descending else each.asc()).nulls_last() for each in by]


def after(
    place: Place, value: ColumnElement[Any] | None, key: ColumnElement[int], order: Order
) -> ColumnElement[bool]:
    """Where the walk goes on."""
    further = key < place.key if order.descending else key > place.key
    if value is None:
        return further
    if place.value is None:
        return and_(value.is_(None), further)
    beyond = value < place.value if order.descending else value > place.value
    return or_(beyond, and_(value == place.value, further), value.is_(None))
