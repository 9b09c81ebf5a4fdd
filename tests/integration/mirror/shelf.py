"""Records put straight into a mirror, as a sync would, so that a test says in a line what stands on the shelf."""

import json
import time
from base64 import urlsafe_b64decode
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import insert

from cratesync.engine.records import Artist, Content, Format, Item, Label, Note, Want, digest_of
from cratesync.server.store import ledgers, scans
from cratesync.server.store.arrivals import Arrivals
from cratesync.server.store.filters import Filters
from cratesync.server.store.ingest import ingest
from cratesync.server.store.known_contents import KnownContents
from cratesync.server.store.orders import Order
from cratesync.server.store.reading import read_page
from cratesync.server.store.tables import held_removals, users
from cratesync.server.store.writing import write

NOW = datetime(2030, 1, 1, tzinfo=UTC)
BY_KEY = Order()


def content(release_id, **said):
    """What a release is; names alone where a list of objects is meant. A label is `name` or `(name, catno)`, a format `name` or
    `(name, descriptions…)`."""
    return Content(
        release_id=release_id,
        master_id=said.get("master"),
        title=said.get("title"),
        year=said.get("year"),
        artists=tuple(Artist(name=name) for name in said.get("artists", ())),
        labels=tuple(Label(name=name, catno=catno) for name, catno in map(_pair, said.get("labels", ()))),
        formats=tuple(
            Format(name=name, descriptions=descriptions or None)
            for name, *descriptions in map(_listed, said.get("formats", ()))
        ),
        genres=tuple(said.get("genres", ())),
        styles=tuple(said.get("styles", ())),
    )


def item(instance_id, *, release=None, folder=1, rating=None, added=None, notes=(), **said):
    """An owned copy. `notes` are values of the fields 1, 2, 3 …"""
    release_id = release or instance_id
    whole = content(release_id, **said)
    noted = tuple(Note(field, value) for field, value in enumerate(notes, 1))
    source = msgspec.json.encode([whole, folder, rating, added, noted])
    return Item(instance_id, release_id, whole, digest_of(source), folder, rating, added, noted)


def want(release_id, *, rating=None, added=None, notes=None, **said):
    """A wanted release."""
    whole = content(release_id, **said)
    source = msgspec.json.encode([whole, rating, added, notes])
    return Want(release_id, whole, digest_of(source), rating, added, notes)


def _pair(label):
    return (label, None) if isinstance(label, str) else label


def _listed(carrier):
    return (carrier,) if isinstance(carrier, str) else carrier


class Shelf:
    """One user's two mirrors."""

    def __init__(self, database, user_id):
        self.database = database
        self.user_id = user_id

    @classmethod
    async def of_somebody_new(cls, database):
        """A user without a server."""
        user_id = uuid4()
        name = f"user-{user_id}"
        async with database.write() as connection:
            row = {
                "id": user_id,
                "username": name,
                "username_key": name,
                "created_at": NOW,
                "updated_at": NOW,
            }
            await connection.execute(insert(users).values(row))
            await ledgers.create(connection, user_id, now=NOW)
        return cls(database, user_id)

    @classmethod
    def of_caller(cls, running, caller):
        """The mirrors of somebody who is signed in at a running server."""
        payload = caller.token.split(".")[1]
        user_id = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
        return cls(running.server.database, UUID(user_id))

    async def put(self, *records):
        """As if a page with these had come. Whatever was there under these keys is replaced."""
        kind = "wantlist" if isinstance(records[0], Want) else "collection"
        async with self._change() as (connection, ledger):
            ingested = await ingest(
                connection,
                self.user_id,
                kind,
                Arrivals(records, KnownContents(time.monotonic)),
                sync_id=uuid4(),
                change_seq=ledger.change_seq,
                now=NOW,
            )
            await write(connection, *ingested.rows)
            await self._count(connection, ledger, ingested.change_seq)

    async def remove(self, *keys, kind="collection"):
        """As if these had been shown absent and the user had agreed."""
        sync_id = uuid4()
        async with self._change() as (connection, ledger):
            rows = [
                {"user_id": self.user_id, "kind": kind, "key": key, "sync_session_id": sync_id}
                for key in keys
            ]
            await connection.execute(insert(held_removals), rows)
            seq = await scans.remove_held(
                connection, self.user_id, kind, sync_id=sync_id, change_seq=ledger.change_seq, now=NOW
            )
            await scans.release_held(connection, self.user_id, kind)
            await self._count(connection, ledger, seq)

    async def page(self, *, order=BY_KEY, reached=None, limit=100, skip=0, kind="collection", **filters):
        """A page, as the API reads it."""
        async with self.database.read() as connection:
            return await read_page(
                connection,
                self.user_id,
                kind,
                filters=Filters(**filters),
                order=order,
                reached=reached,
                limit=limit,
                skip=skip,
            )

    async def keys(self, *, order=BY_KEY, kind="collection", **filters):
        """The keys of everything that is meant, in order."""
        page = await self.page(order=order, kind=kind, **filters)
        assert page.reached is None
        assert page.total == len(page.rows)
        return [row["instance_id" if kind == "collection" else "release_id"] for row in page.rows]

    @asynccontextmanager
    async def _change(self):
        """A transaction with the user's ledger locked."""
        async with self.database.write() as connection:
            yield connection, await ledgers.lock(connection, self.user_id)

    async def _count(self, connection, ledger, change_seq):
        counted = msgspec.structs.replace(ledger, change_seq=change_seq)
        await write(connection, ledgers.saving(counted, now=NOW))
