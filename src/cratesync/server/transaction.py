"""One event of one user is one transaction: the user's ledger is locked first, and nothing is sent before the commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.protocol.messages import ServerMessage
from cratesync.server.clock import Clock
from cratesync.server.store import ledgers
from cratesync.server.store.database import Database
from cratesync.server.store.ledgers import Ledger


class UserGoneError(Exception):
    """The user was deleted meanwhile."""


class Audience(Protocol):
    """Whoever is told after a commit."""

    def publish(self, user_id: UUID, message: ServerMessage) -> None:
        """Say this to every connection of the user."""

    def ring(self, user_id: UUID) -> None:
        """Look in the database: something of this user may be due."""


class UserTransaction:
    """`ledger` may be replaced; it is written back at the end if it was. Messages leave after the commit, in order."""

    def __init__(self, connection: AsyncConnection, ledger: Ledger, now: datetime, steady: float) -> None:
        self.connection = connection
        self.ledger = ledger
        self.now = now
        self.steady = steady
        self.messages: list[ServerMessage] = []
        self.rings = False
        self.has_deliveries = False

    @property
    def user_id(self) -> UUID:
        """Whose transaction this is."""
        return self.ledger.user_id


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
            if transaction.ledger != ledger:
                await ledgers.save(connection, transaction.ledger, now=transaction.now)
        for message in transaction.messages:
            self._audience.publish(user_id, message)
        if transaction.rings:
            self._audience.ring(user_id)
        if transaction.has_deliveries:
            self._deliveries_due.set()
