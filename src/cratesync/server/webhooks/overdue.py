"""Says of a mirror that it is overdue, once for each due time that was missed."""

import structlog

from cratesync.server.clock import Clock
from cratesync.server.store import schedules, sides
from cratesync.server.store.database import Database
from cratesync.server.store.schedules import OverdueMirror
from cratesync.server.ticking import sparing_the_others
from cratesync.server.transaction import Transactions
from cratesync.server.webhooks.announcements import overdue
from cratesync.server.webhooks.announcing import announce

TICK_SECONDS = 30.0
BATCH = 100

_log = structlog.stdlib.get_logger(__name__)


class OverdueWatch:
    """Looks twice a minute; each look is safe on several nodes at once."""

    def __init__(self, *, database: Database, transactions: Transactions, clock: Clock) -> None:
        self._database = database
        self._transactions = transactions
        self._clock = clock

    async def tick(self) -> None:
        """Tell of those that nobody was told of."""
        async with self._database.read() as connection:
            found = await schedules.overdue_untold(connection, now=self._clock.now(), at_most=BATCH)
        for mirror in found:
            with sparing_the_others("overdue mirrors", mirror.user_id):
                await self._tell(mirror)

    async def _tell(self, missed: OverdueMirror) -> None:
        async with self._transactions.open(missed.user_id) as transaction:
            connection, user_id, kind = transaction.connection, missed.user_id, missed.kind
            if not await schedules.mark_told(connection, missed):
                return  # a sync ended, or another node told it
            mirror = await sides.mirror(connection, user_id, kind)
            announcement = overdue(user_id, kind, due_at=missed.due_at, checked_at=mirror.checked_at)
            await announce(transaction, announcement)
        _log.info("mirror_overdue", user_id=str(user_id), sync_type=kind)
