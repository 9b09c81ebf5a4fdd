"""A mirror that no sync has made: records put into the store as pages of answers would be."""

import itertools
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace
from sqlalchemy import update

from cratesync.engine.records import (
    Artist,
    Content,
    CustomField,
    CustomFields,
    Folder,
    Folders,
    Format,
    Item,
    Label,
    Note,
    Record,
    Want,
)
from cratesync.protocol.messages import SyncType
from cratesync.server.store import sides
from cratesync.server.store.arrivals import Arrivals
from cratesync.server.store.database import Database
from cratesync.server.store.ingest import ingest
from cratesync.server.store.known_contents import KnownContents
from cratesync.server.store.lists import list_of
from cratesync.server.store.writing import write

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
PAGE_RECORDS = 500
_change_seqs = itertools.count(0, PAGE_RECORDS)  # changes are numbered for each user; these nobody has

FOLDERS = Folders(
    (Folder(0, "All", 3), Folder(1, "Uncategorized", 2), Folder(7, "Jazz", 1), Folder(8, "Jazz", 0))
)
FIELDS = CustomFields(
    (
        CustomField(1, "Media Condition", "dropdown", 1, True, ("Mint (M)", "Near Mint (NM or M-)")),
        CustomField(2, "Sleeve Condition", "dropdown", 2, True, ("Generic",)),
        CustomField(3, "Notes", "textarea", 3, False, None, 3),
    )
)


def content(release_id: int, **said: Any) -> Content:
    """What a release is: something plain, unless told otherwise."""
    plain = Content(
        release_id=release_id,
        master_id=release_id + 1,
        title=f"Album {release_id}",
        year=1979,
        artists=(Artist(id=1, name="The Lanterns"),),
        labels=(Label(id=2, name="Tidewater", catno=f"TW {release_id}"),),
        formats=(Format(name="Vinyl", qty="1", descriptions=("LP", "Album")),),
        genres=("Jazz", "Folk, World, & Country"),
        styles=("Nordic",),
    )
    return replace(plain, **said)


def item(instance_id: int, *, of: Content | None = None, **said: Any) -> Item:
    """A copy of a release of its own, unless told which."""
    what = of or content(instance_id)
    plain = Item(
        instance_id=instance_id,
        release_id=what.release_id,
        content=what,
        source_digest=uuid4().bytes,
        folder_id=1,
        rating=4,
        date_added="2019-03-09T23:30:00-08:00",
        notes=(Note(1, "Mint (M)"), Note(3, "From Märta")),
        thumb="https://i.discogs.com/t.jpeg",
        cover_image="https://i.discogs.com/c.jpeg",
    )
    return replace(plain, **said)


def want(release_id: int, *, of: Content | None = None, **said: Any) -> Want:
    """A wanted release."""
    plain = Want(
        release_id=release_id,
        content=of or content(release_id),
        source_digest=uuid4().bytes,
        rating=0,
        date_added="2019-03-09T23:30:00-08:00",
        notes="for Åsa",
    )
    return replace(plain, **said)


async def mirror(
    database: Database, user_id: UUID, kind: SyncType, records: Iterable[Record], *, now: datetime = NOW
) -> None:
    """Put records into a user's mirror."""
    listed = list(records)
    async with database.write() as connection:
        for start in range(0, len(listed), PAGE_RECORDS):
            page = listed[start : start + PAGE_RECORDS]
            page_of = await ingest(
                connection,
                user_id,
                kind,
                Arrivals(page, KnownContents(time.monotonic)),
                sync_id=uuid4(),
                change_seq=next(_change_seqs),
                now=now,
            )
            await write(connection, *page_of.rows)


async def remove(database: Database, user_id: UUID, kind: SyncType, key: int) -> None:
    """Make a tombstone of a record."""
    mirrored = list_of(kind)
    async with database.write() as connection:
        await connection.execute(
            update(mirrored.table)
            .where(mirrored.table.c.user_id == user_id, mirrored.key == key)
            .values(removed_at=NOW)
        )


async def beside(database: Database, user_id: UUID, *found: sides.SideRecord) -> None:
    """Put folders, custom fields or a value beside a user's collection."""
    async with database.write() as connection:
        for each in found:
            await sides.store(connection, user_id, each, now=NOW)


def user_id_of(access_token: str) -> UUID:
    """Whose access token it is."""
    payload = access_token.split(".")[1]
    return UUID(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])
