"""What has to happen by the clock alone: leases that end, syncs that went stale, rows that grew old.

Every job is idempotent and safe on several nodes at once.
"""

from datetime import timedelta

from msgspec import Struct

from cratesync.engine.events import Ended
from cratesync.server.gateway.hub import Hub
from cratesync.server.orchestrator import Orchestrator
from cratesync.server.seats import SEAT_RENEWED_EVERY_SECONDS, Seats
from cratesync.server.store import cleanup, contents, deliveries, schedules, syncs
from cratesync.server.store.database import Database
from cratesync.server.ticking import sparing_the_others
from cratesync.server.transaction import Transactions

TICK_SECONDS = 1.0
CLEANUP_EVERY_SECONDS = 300.0
SWEEP_EVERY_SECONDS = 5.0
SWEPT = contents.parts(720)
"""One at a time, so that a round takes an hour, and no look at a million contents holds up SQLite's one writer."""
BATCH = 500


class ReaperRules(Struct, frozen=True):
    """The settings that decide what is old."""

    stale_after: timedelta
    retention: timedelta
    changes_kept: timedelta


class Reaper:
    """Looks once a second."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        orchestrator: Orchestrator,
        seats: Seats,
        hub: Hub,
        rules: ReaperRules,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._orchestrator = orchestrator
        self._seats = seats
        self._hub = hub
        self._rules = rules
        self._renewed = self._cleaned = self._swept = float("-inf")
        self._next_part: int | None = None

    async def tick(self) -> None:
        """Do what is due."""
        now = self._transactions.steady()
        if now - self._renewed >= SEAT_RENEWED_EVERY_SECONDS:
            await self._seats.renew()
            self._renewed = now
        await self._seats.expire_leases()
        for user_id in await self._seats.neglected(self._hub.users()):
            self._hub.nudge(user_id)
        if now - self._cleaned >= CLEANUP_EVERY_SECONDS:
            await self.clean()
            self._cleaned = now
        if now - self._swept >= SWEEP_EVERY_SECONDS:
            await self.sweep()
            self._swept = now

    async def sweep(self) -> None:
        """Look at the next part of the contents. The first is chosen by the time, so that a process that never lives for an hour
        comes to all of them too."""
        if self._next_part is None:
            self._next_part = int(self._transactions.steady() / SWEEP_EVERY_SECONDS) % len(SWEPT)
        part, self._next_part = SWEPT[self._next_part], (self._next_part + 1) % len(SWEPT)
        now = self._transactions.now()
        async with self._database.write() as connection:
            await contents.sweep(connection, part, now=now, at_most=BATCH)

    async def clean(self) -> None:
        """End what went stale, put due times right, and delete what is past its retention."""
        now = self._transactions.now()
        async with self._database.read() as connection:
            stale = await syncs.stale(connection, since=now - self._rules.stale_after, at_most=BATCH)
        for user_id, sync_id in stale:
            hours = round(self._rules.stale_after.total_seconds() / 3600, 1)
            sentence = (
                f"Nothing was heard of this sync for {hours:g} hours. Start it again when a client is there."
            )
            with sparing_the_others("stale syncs", user_id):
                await self._orchestrator.end(user_id, sync_id, Ended("stale", sentence))
        async with self._database.write() as connection:
            await schedules.straighten(connection, now=now)
            await deliveries.straighten(connection, now=now)
            await cleanup.purge(
                connection,
                before=now - self._rules.retention,
                changes_before=now - self._rules.changes_kept,
                now=now,
                at_most=BATCH,
            )
