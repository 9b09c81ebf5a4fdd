"""Writing a page of records into the mirror: only what differs is written, and every change goes into the feed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import Content, Record
from cratesync.protocol.messages import SyncType
from cratesync.server.store import contents, words
from cratesync.server.store.differences import FIELD_NAMES, Differences, differing_content
from cratesync.server.store.feed import Change, append
from cratesync.server.store.lists import List, instant_of, list_of, own_values
from cratesync.server.store.upserts import upsert

Row: TypeAlias = dict[str, object]


class Ingested(Struct, frozen=True):
    """What a page changed. `fresh` records were not in the mirror before; `change_seq` is the feed's newest number."""

    fresh: int
    updated: int
    change_seq: int


async def ingest(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    records: Sequence[Record],
    *,
    sync_id: UUID,
    change_seq: int,
    now: datetime,
) -> Ingested:
    """Bring the mirror up to what a page says. The user's ledger is locked by the caller, who also keeps `change_seq`."""
    mirrored = list_of(kind)
    known = await _known(connection, user_id, mirrored, [record.key for record in records])
    differing = [record for record in records if not _is_mirrored(record, known.get(record.key))]
    if not differing:
        return Ingested(0, 0, change_seq)
    digests = {record.key: record.content.digest() for record in differing}
    said: dict[bytes, Content] = {}
    replaced: set[bytes] = set()
    for record in differing:
        before, digest = known.get(record.key), digests[record.key]
        if before is None or before["content_digest"] != digest:
            said[digest] = record.content
            if before is not None and before["removed_at"] is None:
                replaced.add(before["content_digest"])
    await contents.store(connection, said, now=now)
    compared = said | await contents.load(connection, replaced)
    written: list[Row] = []
    feed: list[Change] = []
    for record in differing:
        before = known.get(record.key)
        row = _row(user_id, record, digests[record.key], before, now)
        change = _change(mirrored, record.key, row, digests[record.key], before, compared)
        if change is not None:
            feed.append(change)
        elif before is not None:
            row["updated_at"] = before["updated_at"]
        written.append(row)
    await _store_records(connection, mirrored, written)
    change_seq = await append(
        connection, user_id, kind, feed, sync_id=sync_id, change_seq=change_seq, now=now
    )
    updated = sum(1 for change in feed if change.action == "updated")
    return Ingested(len(feed) - updated, updated, change_seq)


def _is_mirrored(record: Record, before: RowMapping | None) -> bool:
    """Whether the very bytes of a record were taken before: then nothing about it has to be looked at or written."""
    return (
        before is not None
        and before["removed_at"] is None
        and bool(before["source_digest"] == record.source_digest)
    )


async def _known(
    connection: AsyncConnection, user_id: UUID, mirrored: List, keys: Sequence[int]
) -> dict[int, RowMapping]:
    table = mirrored.table
    query = select(table).where(table.c.user_id == user_id, mirrored.key.in_(keys))
    return {row[mirrored.key.name]: row for row in (await connection.execute(query)).mappings()}


def _row(user_id: UUID, record: Record, digest: bytes, before: RowMapping | None, now: datetime) -> Row:
    return {
        **own_values(record),
        "user_id": user_id,
        "date_added": record.date_added,
        "added_at": instant_of(record.date_added),
        "artist_key": words.artist_key(record.content.artists),
        "title_key": words.title_key(record.content.title),
        "label_key": words.label_key(record.content.labels),
        "year_key": words.year_key(record.content.year),
        "note_words": words.note_words(record.notes),
        "thumb": record.thumb,
        "cover_image": record.cover_image,
        "content_digest": digest,
        "source_digest": record.source_digest,
        "first_seen_at": now if before is None else before["first_seen_at"],
        "updated_at": now,
        "removed_at": None,
    }


def _change(
    mirrored: List,
    key: int,
    row: Row,
    digest: bytes,
    before: RowMapping | None,
    said: Mapping[bytes, Content],
) -> Change | None:
    """What the user would call a change. Discogs has shifted `date_added` by hours and signs image URLs anew, so those
    alone are none (docs/reference/discogs.md facts 5.8 and 5.9)."""
    if before is None:
        return Change(key, "added")
    if before["removed_at"] is not None:
        return Change(key, "restored")
    was: dict[str, object] = {}
    now: dict[str, object] = {}
    for name in mirrored.own_fields:
        if row[name] != before[name]:
            was[name], now[name] = before[name], row[name]
    if digest != before["content_digest"]:
        old, new = said[before["content_digest"]], said[digest]
        for name in differing_content(old, new):
            was[name], now[name] = getattr(old, name), getattr(new, name)
    if not was:
        return None
    fields = tuple(FIELD_NAMES[name] for name in was)
    return Change(
        key, "updated", fields, structs.replace(Differences(), **was), structs.replace(Differences(), **now)
    )


async def _store_records(connection: AsyncConnection, mirrored: List, rows: list[Row]) -> None:
    if not rows:
        return
    statement = upsert(connection, mirrored.table)
    key_columns = [column.name for column in mirrored.table.primary_key]
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=key_columns,
            set_={name: statement.excluded[name] for name in rows[0] if name not in key_columns},
        ),
        rows,
    )
