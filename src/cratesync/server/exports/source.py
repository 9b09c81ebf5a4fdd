"""What an export is made from: one user's list, and what lies beside it."""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import RowMapping

from cratesync.engine.records import CustomField, Folder
from cratesync.protocol.messages import SyncType
from cratesync.server.store import sides
from cratesync.server.store.batches import read_batch
from cratesync.server.store.database import Database
from cratesync.server.store.lists import list_of
from cratesync.server.store.sides import Mirror, ValueRecord

BATCH_RECORDS = 500
VALUES_MAX = 10_000

Batch: TypeAlias = Sequence[RowMapping]
"""Rows of `reading.records_of`."""


class Surroundings(Struct, frozen=True):
    """What is small enough to be read at once. Folders, fields and values belong to a collection alone."""

    kind: SyncType
    mirror: Mirror
    folders: tuple[Folder, ...] = ()
    fields: tuple[CustomField, ...] = ()
    values: tuple[ValueRecord, ...] = ()


class Source:
    """One user's list, a batch at a time.

    No transaction is open between two batches, however slowly they are taken. A record that is there from the first to the
    last is read exactly once, whatever a sync does meanwhile; it is read as it was at the time of its batch.
    """

    def __init__(self, database: Database, user_id: UUID, kind: SyncType, turn: asyncio.Lock) -> None:
        self.kind = kind
        self._database = database
        self._user_id = user_id
        self._key = list_of(kind).key.name
        self._turn = turn
        self._after: int | None = None
        self._is_read = False

    async def surroundings(self) -> Surroundings:
        """Folders, custom fields and the like, as they are now."""
        async with self._database.read() as connection:
            mirror = await sides.mirror(connection, self._user_id, self.kind)
            if self.kind == "wantlist":
                return Surroundings(self.kind, mirror)
            return Surroundings(
                self.kind,
                mirror,
                tuple(await sides.list_folders(connection, self._user_id)),
                tuple(await sides.list_fields(connection, self._user_id)),
                tuple(await sides.value_history(connection, self._user_id, limit=VALUES_MAX)),
            )

    async def next(self) -> Batch:
        """The next records by key; none at the end."""
        if self._is_read:
            return ()
        # One batch at a time, of all exports together: on SQLite each holds up the loop for milliseconds, and on PostgreSQL
        # exports take one connection of the pool at most.
        async with self._turn, self._database.read() as connection:
            batch = await read_batch(
                connection, self._user_id, self.kind, after=self._after, limit=BATCH_RECORDS
            )
        self._is_read = len(batch) < BATCH_RECORDS
        if batch:
            self._after = int(batch[-1][self._key])
        return batch
