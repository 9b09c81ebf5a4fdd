"""What a client that was away is told first: where active syncs stand, and how recent ones ended."""

from datetime import datetime
from uuid import UUID

from cratesync.protocol.messages import ServerMessage
from cratesync.server.clock import Clock
from cratesync.server.orchestrator import Orchestrator
from cratesync.server.reports import progress_message, terminal_message
from cratesync.server.store import ledgers, syncs
from cratesync.server.store.database import Database
from cratesync.server.transaction import UserGoneError

ENDED_TOLD_MAX = 20


class News:
    """Snapshots for a newcomer."""

    def __init__(self, database: Database, orchestrator: Orchestrator, clock: Clock) -> None:
        self._database = database
        self._orchestrator = orchestrator
        self._clock = clock

    async def since_away(self, user_id: UUID) -> tuple[int, list[ServerMessage]]:
        """The progress of active syncs, then the terminal messages of those that ended within the last day."""
        return await self.since(user_id, ended_after=self._clock.now() - syncs.TERMINAL_SHOWN)

    async def since(self, user_id: UUID, *, ended_after: datetime) -> tuple[int, list[ServerMessage]]:
        """The same for those that ended after a certain time, and the revision from which on there may be more to tell. Raises
        `UserGoneError`."""
        now = self._clock.now()
        # The ends are read first: a sync that ends between the two looks ends after the revision that is named.
        async with self._database.read() as connection:
            ledger = await ledgers.read(connection, user_id)
            ended = await syncs.recently_ended(connection, user_id, after=ended_after, at_most=ENDED_TOLD_MAX)
        if ledger is None:
            raise UserGoneError
        revision = ledger.revision
        messages: list[ServerMessage] = [
            progress_message(shown) for shown in await self._orchestrator.active_reports(user_id)
        ]
        for stored in ended:
            message = terminal_message(stored, revision, now=now)
            if message is None:
                # A cancelled one is told by its progress.
                message = progress_message(await self._orchestrator.report(user_id, stored.id))
            messages.append(message)
        return revision, messages
