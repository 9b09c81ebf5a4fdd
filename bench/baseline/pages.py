"""A page of a collection into the tables: select what is there, set what differs, add what is new."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from baseline.messages import BasicInformation, CollectionPage, Item
from baseline.models import Change, CollectionItem, Ledger, ReleaseContent, ScanPage, Sync
from cratesync.engine.records import Artist, Content, Format, Label, Note
from cratesync.server.store import words

_WORDS_SQLITE = text(
    "INSERT OR REPLACE INTO release_words (rowid, digest, words) VALUES (:number, :digest, :words)"
)
_WORDS_POSTGRESQL = text(
    "INSERT INTO release_words (digest, words) VALUES (:digest, array_to_tsvector(string_to_array(:words, ' '))) "
    "ON CONFLICT (digest) DO NOTHING"
)


async def store_page(
    session: AsyncSession,
    ledger: Ledger,
    sync: Sync,
    page: CollectionPage,
    *,
    scan: int,
    number: int,
    now: datetime,
) -> tuple[int, int]:
    """How many items were added, and how many changed."""
    user_id = sync.user_id
    keys = [item.instance_id for item in page.releases]
    found = await session.scalars(
        select(CollectionItem).where(CollectionItem.user_id == user_id, CollectionItem.instance_id.in_(keys))
    )
    existing = {item.instance_id: item for item in found}
    digests = {item.instance_id: _content(item.basic_information).digest() for item in page.releases}
    contents = {digests[item.instance_id]: item.basic_information for item in page.releases}
    await _store_contents(session, contents, now)
    added = updated = 0
    for item in page.releases:
        values = _values(item, digests[item.instance_id])
        before = existing.get(item.instance_id)
        if before is None:
            session.add(
                CollectionItem(
                    user_id=user_id, instance_id=item.instance_id, first_seen_at=now, updated_at=now, **values
                )
            )
            added += 1
            _note_change(session, ledger, sync, item.instance_id, "added", [], now)
            continue
        fields = [
            name
            for name in ("folder_id", "rating", "notes", "content_digest")
            if getattr(before, name) != values[name]
        ]
        if before.source_digest != values["source_digest"]:
            for name, value in values.items():
                setattr(before, name, value)
        if fields:
            before.updated_at = now
            updated += 1
            _note_change(session, ledger, sync, item.instance_id, "updated", fields, now)
    await session.merge(
        ScanPage(
            user_id=user_id,
            sync_session_id=sync.id,
            scan=scan,
            page=number,
            items_said=page.pagination.items,
            record_keys=sorted(keys),
            read_steady=now.timestamp(),
        )
    )
    return added, updated


async def _store_contents(
    session: AsyncSession, contents: dict[bytes, BasicInformation], now: datetime
) -> None:
    known = set(
        await session.scalars(select(ReleaseContent.digest).where(ReleaseContent.digest.in_(list(contents))))
    )
    new = {digest: contents[digest] for digest in sorted(contents.keys() - known)}
    if not new:
        return
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(ReleaseContent) if on_sqlite else postgresql.insert(ReleaseContent)
    rows = [
        {
            "digest": digest,
            "release_id": content.id,
            "stored_at": now,
            **content.model_dump(exclude={"id", "thumb", "cover_image"}),
        }
        for digest, content in new.items()
    ]
    await session.execute(insert.on_conflict_do_nothing(index_elements=["digest"]), rows)
    spoken = [
        {
            "number": int.from_bytes(digest[:8]) >> 1,
            "digest": digest,
            "words": " ".join(words.content_words(_content(content))),
        }
        for digest, content in new.items()
    ]
    if not on_sqlite:
        for row in spoken:
            del row["number"]
    await session.execute(_WORDS_SQLITE if on_sqlite else _WORDS_POSTGRESQL, spoken)


def _values(item: Item, digest: bytes) -> dict[str, Any]:
    basic = item.basic_information
    notes = [note.model_dump() for note in item.notes]
    return {
        "release_id": item.id,
        "folder_id": item.folder_id,
        "rating": item.rating,
        "notes": notes,
        "date_added": item.date_added,
        "added_at": datetime.fromisoformat(item.date_added).astimezone(UTC) if item.date_added else None,
        "artist_key": words.artist_key([Artist(name=artist.name) for artist in basic.artists]),
        "title_key": words.title_key(basic.title),
        "label_key": words.label_key([Label(name=label.name, catno=label.catno) for label in basic.labels]),
        "year_key": words.year_key(basic.year),
        "note_words": words.note_words(tuple(Note(note.field_id, note.value) for note in item.notes)),
        "thumb": basic.thumb,
        "cover_image": basic.cover_image,
        "content_digest": digest,
        "source_digest": blake2b(item.model_dump_json().encode(), digest_size=16).digest(),
        "removed_at": None,
    }


def _note_change(
    session: AsyncSession, ledger: Ledger, sync: Sync, key: int, action: str, fields: list[str], now: datetime
) -> None:
    ledger.change_seq += 1
    session.add(
        Change(
            user_id=sync.user_id,
            seq=ledger.change_seq,
            kind=sync.sync_type,
            key=key,
            action=action,
            fields=fields,
            sync_session_id=sync.id,
            at=now,
        )
    )


def _content(content: BasicInformation) -> Content:
    """For its digest and its words: both servers know a release by the same."""
    return Content(
        release_id=content.id,
        master_id=content.master_id,
        title=content.title,
        year=content.year,
        artists=tuple(Artist(**artist.model_dump()) for artist in content.artists),
        labels=tuple(Label(**label.model_dump()) for label in content.labels),
        formats=tuple(
            Format(
                carrier.name,
                carrier.qty,
                carrier.text,
                None if carrier.descriptions is None else tuple(carrier.descriptions),
            )
            for carrier in content.formats
        ),
        genres=tuple(content.genres),
        styles=tuple(content.styles),
    )
