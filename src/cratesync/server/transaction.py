"""One event of one user is one transaction: the user's ledger is locked first, and nothing is sent before the commit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import ServerMessage
from cratesync.server.clock import Clock
from cratesync.server.store import ledgers, syncs
from cratesync.server.store.database import Database
from cratesync.server.store.ledgers import Ledger
from cratesync.server.store.syncs import StoredSync
from cratesync.server.store.writing import Writing, write


class UserGoneError(Exception):
    """The user was deleted meanwhile."""


class Audience(Protocol):
    """Whoever is told after a commit."""

    def publish(self, user_id: UUID, message: ServerMessage) -> None:
        """Say this to every connection of the user."""

    def ring(self, user_id: UUID, *, but: str = "") -> None:
        """Look in the database: something of this user may be due. One connection may have looked already."""


class UserTransaction:
    """`ledger` may be replaced; it is written back at the end if it was. Messages leave after the commit, in order."""

    def __init__(self, connection: AsyncConnection, ledger: Ledger, now: datetime, steady: float) -> None:
        self.connection = connection
        self.ledger = ledger
        self.now = now
        self.steady = steady
        self.messages: list[ServerMessage] = []
        self.once_committed: list[Callable[[], None]] = []
        self.rings = False
        self.claimed_for = ""
        self.has_deliveries = False
        self._active: dict[UUID, StoredSync] | None = None
        self._unsaved: set[UUID] = set()
        self._put_off: list[Writing] = []

    @property
    def user_id(self) -> UUID:
        """Whose transaction this is."""
        return self.ledger.user_id

    async def active_syncs(self) -> list[StoredSync]:
        """The user's active syncs as this transaction has them, oldest first."""
        return list((await self._load()).values())

    async def find_sync(self, sync_id: UUID) -> StoredSync | None:
        """One of the user's syncs as this transaction has it."""
        found = (await self._load()).get(sync_id)
        return found or await syncs.find(self.connection, self.user_id, sync_id)

    async def add_sync(self, stored: StoredSync) -> None:
        """A new one."""
        await syncs.create(self.connection, stored)
        if self._active is not None:
            self._active[stored.id] = stored

    async def save_sync(self, stored: StoredSync) -> None:
        """Its new state. It is written at the end, once, unless it is its status that changed: queries go by that."""
        active = await self._load()
        before = active.get(stored.id)
        if stored.sync.is_active:
            active[stored.id] = stored
            self._unsaved.add(stored.id)
        else:
            active.pop(stored.id, None)
            self._unsaved.discard(stored.id)
        if before is None or before.sync.status is not stored.sync.status:
            self._unsaved.discard(stored.id)
            await self.flush(syncs.saving(stored, now=self.now))

    def put_off(self, *several: Writing) -> None:
        """Write these at the end, together, unless somebody looks before."""
        self._put_off += several

    async def flush(self, *also: Writing) -> None:
        """Write what was put off, and these: somebody is about to look, or it is the end."""
        several, self._put_off = self._put_off, []
        await write(self.connection, *several, *also)

    async def finish(self, *also: Writing) -> None:
        """Write everything that is still to be written."""
        active = await self._load() if self._unsaved else {}
        unsaved = [syncs.saving(active[sync_id], now=self.now) for sync_id in self._unsaved]
        self._unsaved.clear()
        await self.flush(*unsaved, *also)

    def know(self, active: Sequence[StoredSync]) -> None:
        """The user's active syncs, by whoever has read them just now."""
        self._active = {stored.id: stored for stored in active}

    async def _load(self) -> dict[UUID, StoredSync]:
        if self._active is None:
            self._active = {stored.id: stored for stored in await syncs.active(self.connection, self.user_id)}
        return self._active


class Transactions:
    """Opens transactions and tells the audience afterwards; `deliveries_due` is set where there is news for webhooks."""

    def __init__(
        self, database: Database, clock: Clock, audience: Audience, deliveries_due: asyncio.Event
    ) -> None:
        self._database = database
        self._clock = clock
        self._audience = audience
        self._deliveries_due = deliveries_due

    def now(self) -> datetime:
        """The wall time by which transactions are dated."""
        return self._clock.now()

    def steady(self) -> float:
        """The time by which leases, waits and the pace are measured."""
        return self._clock.steady()

    @asynccontextmanager
    async def open(self, user_id: UUID) -> AsyncIterator[UserTransaction]:
        """A transaction with the user's ledger locked. Raises `UserGoneError`."""
        async with self._database.write() as connection:
            ledger = await ledgers.lock(connection, user_id)
            if ledger is None:
                raise UserGoneError
            transaction = UserTransaction(connection, ledger, self._clock.now(), self._clock.steady())
            yield transaction
            changed = transaction.ledger != ledger
            saving = (ledgers.saving(transaction.ledger, now=transaction.now),) if changed else ()
            await transaction.finish(*saving)
        for follow in transaction.once_committed:
            follow()
        for message in transaction.messages:
            self._audience.publish(user_id, message)
        if transaction.rings:
            self._audience.ring(user_id, but=transaction.claimed_for)
        if transaction.has_deliveries:
            self._deliveries_due.set()
