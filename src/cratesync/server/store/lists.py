"""The two lists that are mirrored, and how their tables differ."""

from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Column, Table

from cratesync.protocol.messages import SyncType
from cratesync.server.store.tables import items, wants


class List(Struct, frozen=True):
    """A list's table and the column that its records are known by."""

    kind: SyncType
    table: Table
    key: Column[int]
    own_fields: tuple[str, ...]


COLLECTION = List("collection", items, items.c.instance_id, ("folder_id", "rating", "notes"))
WANTLIST = List("wantlist", wants, wants.c.release_id, ("rating", "notes"))


def list_of(kind: SyncType) -> List:
    """The list that a sync of this type mirrors."""
    return COLLECTION if kind == "collection" else WANTLIST


def instant_of(date_added: str | None) -> datetime | None:
    """When a record was added, for sorting and plots; nothing where the source's text names no moment."""
    if date_added is None:
        return None
    try:
        return datetime.fromisoformat(date_added).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
