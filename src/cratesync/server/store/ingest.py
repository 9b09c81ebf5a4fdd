"""Writing a page of records into the mirror: only what differs is written, and every change goes into the feed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import Content, Record
from cratesync.protocol.messages import SyncType
from cratesync.server.store.lists import List, list_of, own_values
from cratesync.server.store.tables import changes, contents
from cratesync.server.store.upserts import upsert


class Ingested(Struct, frozen=True):
    """What a page changed. `fresh` records were not in the mirror before; `change_seq` is the feed's newest number."""

    fresh: int
    updated: int
    change_seq: int


class Change(Struct, frozen=True):
    """One entry of the feed: `added`, `updated` (with the fields that differ), `removed` or `restored`."""

    key: int
    action: str
    fields: tuple[str, ...] = ()


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
    written: dict[int, dict[str, object]] = {}
    fresh_contents: dict[bytes, Content] = {}
    feed: list[Change] = []
    for record in records:
        before = known.get(record.key)
        if (
            before is not None
            and before["removed_at"] is None
            and before["source_digest"] == record.source_digest
        ):
            continue
        row = _row(user_id, record, before, now)
        change = _change(mirrored, record.key, row, before)
        if before is None or before["content_digest"] != row["content_digest"]:
            fresh_contents[record.content.digest()] = record.content
        if change is None:
            row["updated_at"] = before["updated_at"] if before is not None else now
        else:
            feed.append(change)
        written[record.key] = row
    await _store_contents(connection, fresh_contents, now=now)
    await _store_records(connection, mirrored, list(written.values()))
    change_seq = await append(
        connection, user_id, kind, feed, sync_id=sync_id, change_seq=change_seq, now=now
    )
    updated = sum(1 for change in feed if change.action == "updated")
    return Ingested(len(feed) - updated, updated, change_seq)


async def append(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    feed: Sequence[Change],
    *,
    sync_id: UUID | None,
    change_seq: int,
    now: datetime,
) -> int:
    """Add changes to the feed, numbered on from `change_seq`; the newest number is given back.

    The numbers are counted in the user's locked ledger, so a reader's cursor never skips a change that commits late.
    """
    if feed:
        rows = [
            {
                "user_id": user_id,
                "seq": seq,
                "kind": kind,
                "key": change.key,
                "action": change.action,
                "fields": change.fields,
                "sync_session_id": sync_id,
                "at": now,
            }
            for seq, change in enumerate(feed, change_seq + 1)
        ]
        await connection.execute(insert(changes), rows)
    return change_seq + len(feed)


async def _known(
    connection: AsyncConnection, user_id: UUID, mirrored: List, keys: Sequence[int]
) -> dict[int, RowMapping]:
    table = mirrored.table
    query = select(table).where(table.c.user_id == user_id, mirrored.key.in_(keys))
    return {row[mirrored.key.name]: row for row in (await connection.execute(query)).mappings()}


def _row(user_id: UUID, record: Record, before: RowMapping | None, now: datetime) -> dict[str, object]:
    return {
        **own_values(record),
        "user_id": user_id,
        "date_added": record.date_added,
        "thumb": record.thumb,
        "cover_image": record.cover_image,
        "content_digest": record.content.digest(),
        "source_digest": record.source_digest,
        "first_seen_at": now if before is None else before["first_seen_at"],
        "updated_at": now,
        "removed_at": None,
    }


def _change(mirrored: List, key: int, row: Mapping[str, object], before: RowMapping | None) -> Change | None:
    """What the user would call a change. Discogs has shifted `date_added` by hours and signs image URLs anew, so those
    alone are none (docs/reference/discogs.md facts 5.8 and 5.9)."""
    if before is None:
        return Change(key, "added")
    if before["removed_at"] is not None:
        return Change(key, "restored")
    fields = [name for name in mirrored.own_fields if row[name] != before[name]]
    if row["content_digest"] != before["content_digest"]:
        fields.append("content")
    return Change(key, "updated", tuple(fields)) if fields else None


async def _store_contents(
    connection: AsyncConnection, fresh: Mapping[bytes, Content], *, now: datetime
) -> None:
    """Each content once. Rows go in by order of digest, so that two writers never wait for each other in a ring."""
    rows = [
        {
            "digest": digest,
            "release_id": content.release_id,
            "master_id": content.master_id,
            "title": content.title,
            "year": content.year,
            "artists": content.artists,
            "labels": content.labels,
            "formats": content.formats,
            "genres": content.genres,
            "styles": content.styles,
            "stored_at": now,
        }
        for digest, content in sorted(fresh.items(), key=lambda entry: entry[0])
    ]
    if rows:
        statement = upsert(connection, contents)
        # Dated anew, so that nobody sweeps it as unreferenced before this transaction commits.
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["digest"], set_={"stored_at": statement.excluded.stored_at}
            ),
            rows,
        )


async def _store_records(connection: AsyncConnection, mirrored: List, rows: list[dict[str, object]]) -> None:
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
