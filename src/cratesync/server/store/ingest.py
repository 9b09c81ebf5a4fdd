"""What a page of records brings to the mirror: only what differs is written, and every change goes into the feed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from msgspec import Struct, field, structs
from sqlalchemy import ARRAY, JSON, BigInteger, Table, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import Content, Item, Record
from cratesync.protocol.messages import SyncType
from cratesync.server.store import contents, feed
from cratesync.server.store.arrivals import Arrivals, Derived
from cratesync.server.store.differences import FIELD_NAMES, Differences, differing_content
from cratesync.server.store.feed import Change
from cratesync.server.store.lists import List, list_of
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.prepared import Prepared, Row
from cratesync.server.store.words import SortKeys


class Ingested(Struct, frozen=True):
    """What a page changed. `fresh` records were not in the mirror before; `change_seq` is the feed's newest number. The
    `contents` that it refers to are stored once this is committed. The `rows` are still to be written."""

    fresh: int
    updated: int
    change_seq: int
    contents: Mapping[bytes, SortKeys] = field(default_factory=dict)
    rows: tuple[NewRows, ...] = ()


async def ingest(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    arrivals: Arrivals,
    *,
    sync_id: UUID,
    change_seq: int,
    now: datetime,
) -> Ingested:
    """What brings the mirror up to what a page says. The user's ledger is locked by the caller, who also keeps `change_seq`, and
    writes the rows."""
    mirrored = list_of(kind)
    taken = await _rows_of(connection, user_id, mirrored, list(arrivals.by_key), whole=False)
    differing = [
        record for key, record in arrivals.by_key.items() if not _is_mirrored(record, taken.get(key))
    ]
    if not differing:
        return Ingested(0, 0, change_seq)
    there = [record.key for record in differing if record.key in taken]
    known = await _rows_of(connection, user_id, mirrored, there, whole=True) if there else {}
    derived = [arrivals.derived(record) for record in differing]
    said: dict[bytes, Content] = {}
    replaced: set[bytes] = set()
    for record, made in zip(differing, derived, strict=True):
        before = known.get(record.key)
        if before is None or before["content_digest"] != made.digest:
            said[made.digest] = record.content
            if before is not None and before["removed_at"] is None:
                replaced.add(before["content_digest"])
    arrivals.known_contents.age()
    unknown = {digest: content for digest, content in said.items() if digest not in arrivals.known_contents}
    new = await contents.missing(connection, unknown)
    compared = said | await contents.load(connection, replaced)
    changes: list[Change] = []
    updated_at: list[datetime] = []
    for record, made in zip(differing, derived, strict=True):
        before = known.get(record.key)
        change = _change(mirrored, record, made.digest, before, compared)
        if change is not None:
            changes.append(change)
        updated_at.append(now if change is not None or before is None else before["updated_at"])
    updated = sum(1 for change in changes if change.action == "updated")
    return Ingested(
        fresh=len(changes) - updated,
        updated=updated,
        change_seq=change_seq + len(changes),
        contents={made.digest: made.sorted_by for made in derived if made.digest in said},
        rows=(
            *contents.rows(connection, new, arrivals.found_by(new), now=now),
            _rows(mirrored, user_id, differing, derived, known, updated_at, now),
            feed.numbered(user_id, kind, changes, sync_id=sync_id, change_seq=change_seq, now=now),
        ),
    )


def _is_mirrored(record: Record, before: Row | None) -> bool:
    """Whether the very bytes of a record were taken before: then nothing about it has to be looked at or written."""
    return (
        before is not None
        and before["removed_at"] is None
        and bool(before["source_digest"] == record.source_digest)
    )


async def _rows_of(
    connection: AsyncConnection, user_id: UUID, mirrored: List, keys: Sequence[int], *, whole: bool
) -> dict[int, Row]:
    """Of these records those that are there: whole, or as much as tells whether a record was taken before."""
    those = _those(mirrored, connection.dialect.name, whole=whole)
    rows = await those.rows(connection, {"user": user_id, "keys": list(keys)})
    return {row[mirrored.key.name]: row for row in rows}


@lru_cache(8)
def _those(mirrored: List, dialect: str, *, whole: bool) -> Prepared:
    """A user's records with certain keys, which travel as one value: a hundred would be put into the statement one by one."""
    table = mirrored.table
    if dialect == "postgresql":
        among = mirrored.key == any_(bindparam("keys", type_=ARRAY(BigInteger)))
    else:
        keys = func.json_each(bindparam("keys", type_=JSON)).table_valued("value")
        among = mirrored.key.in_(select(keys.c.value))
    columns = table.c if whole else (mirrored.key, table.c.source_digest, table.c.removed_at)
    return Prepared(select(*columns).where(table.c.user_id == bindparam("user"), among))


def _rows(
    mirrored: List,
    user_id: UUID,
    records: Sequence[Record],
    derived: Sequence[Derived],
    known: Mapping[int, Row],
    updated_at: list[datetime],
    now: datetime,
) -> NewRows:
    columns: dict[str, list[object]] = {
        **_own_columns(records),
        "date_added": [record.date_added for record in records],
        "added_at": [made.added_at for made in derived],
        "artist_key": [made.sorted_by.artist for made in derived],
        "title_key": [made.sorted_by.title for made in derived],
        "label_key": [made.sorted_by.label for made in derived],
        "year_key": [made.sorted_by.year for made in derived],
        "note_words": [made.note_words for made in derived],
        "thumb": [record.thumb for record in records],
        "cover_image": [record.cover_image for record in records],
        "content_digest": [made.digest for made in derived],
        "source_digest": [record.source_digest for record in records],
    }
    shared = {"user_id": user_id, "removed_at": None}
    if not known:
        # None of them is there, and nobody else writes this user's.
        return NewRows(mirrored.table, columns, {**shared, "first_seen_at": now, "updated_at": now})
    columns["first_seen_at"] = [
        now if (before := known.get(record.key)) is None else before["first_seen_at"] for record in records
    ]
    columns["updated_at"] = list(updated_at)
    on_conflict = _replacing(mirrored.table, (*columns, *shared))
    return NewRows(mirrored.table, columns, shared, on_conflict=on_conflict)


def _own_columns(records: Sequence[Record]) -> dict[str, list[object]]:
    """What records say beside their content and images: copies have folders and an identity of their own."""
    columns: dict[str, list[object]] = {
        "release_id": [record.release_id for record in records],
        "rating": [record.rating for record in records],
        "notes": [record.notes for record in records],
    }
    copies = [record for record in records if isinstance(record, Item)]
    if copies:
        columns["instance_id"] = [copy.instance_id for copy in copies]
        columns["folder_id"] = [copy.folder_id for copy in copies]
    return columns


@lru_cache(8)
def _replacing(table: Table, names: tuple[str, ...]) -> str:
    key = [column.name for column in table.primary_key]
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {replaced}"


def _change(
    mirrored: List,
    record: Record,
    digest: bytes,
    before: Row | None,
    said: Mapping[bytes, Content],
) -> Change | None:
    """What the user would call a change. Discogs has shifted `date_added` by hours and signs image URLs anew, so those
    alone are none (docs/reference/discogs.md facts 5.8 and 5.9)."""
    if before is None:
        return Change(record.key, "added")
    if before["removed_at"] is not None:
        return Change(record.key, "restored")
    was: dict[str, object] = {}
    now: dict[str, object] = {}
    for name in mirrored.own_fields:
        if getattr(record, name) != before[name]:
            was[name], now[name] = before[name], getattr(record, name)
    if digest != before["content_digest"]:
        old, new = said[before["content_digest"]], said[digest]
        for name in differing_content(old, new):
            was[name], now[name] = getattr(old, name), getattr(new, name)
    if not was:
        return None
    fields = tuple(FIELD_NAMES[name] for name in was)
    return Change(
        record.key,
        "updated",
        fields,
        structs.replace(Differences(), **was),
        structs.replace(Differences(), **now),
    )
