"""A user's schedule: reading it, choosing another."""

from uuid import UUID

from msgspec import Struct

from cratesync.engine.schedule import Schedule, after_change
from cratesync.protocol.messages import SyncType
from cratesync.server.clock import Clock
from cratesync.server.store import schedules, sides
from cratesync.server.store.database import Database
from cratesync.server.store.sides import Mirror
from cratesync.server.transaction import Transactions

KINDS: tuple[SyncType, ...] = ("collection", "wantlist")


class Timetable(Struct, frozen=True):
    """A schedule, whether the user chose it, and what it means for each mirror."""

    schedule: Schedule
    chosen: bool
    mirrors: tuple[Mirror, ...]


class ScheduleDesk:
    """`usual` is what holds where a user has chosen nothing."""

    def __init__(
        self, *, database: Database, transactions: Transactions, clock: Clock, usual: Schedule
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._clock = clock
        self._usual = usual

    async def start(self) -> None:
        """What the server's owner made usual holds from now on."""
        async with self._database.write() as connection:
            await schedules.hold_usual(connection, self._usual, now=self._clock.now())

    async def timetable(self, user_id: UUID) -> Timetable:
        """The schedule as it stands."""
        async with self._database.read() as connection:
            chosen = await schedules.find(connection, user_id)
            mirrors = tuple([await sides.mirror(connection, user_id, kind) for kind in KINDS])
        return Timetable(chosen or self._usual, chosen is not None, mirrors)

    async def choose(self, user_id: UUID, schedule: Schedule) -> None:
        """From now on, this one. Raises `UserGoneError`."""
        async with self._transactions.open(user_id) as transaction:
            connection, now = transaction.connection, transaction.now
            if await schedules.find(connection, user_id) == schedule:
                return
            await schedules.save(connection, user_id, schedule, now=now)
            for kind in KINDS:
                mirror = await sides.mirror(connection, user_id, kind)
                due = after_change(schedule, mirror.due, checked_at=mirror.checked_at, now=now)
                await schedules.save_due(connection, user_id, kind, due)
