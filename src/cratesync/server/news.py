"""What a client that was away is told first: where active syncs stand, and how recent ones ended."""

from uuid import UUID

from cratesync.protocol.messages import ServerMessage
from cratesync.server.clock import Clock
from cratesync.server.orchestrator import Orchestrator
from cratesync.server.reports import progress_message, terminal_message
from cratesync.server.store import ledgers, syncs
from cratesync.server.store.database import Database

ENDED_TOLD_MAX = 20


class News:
    """Snapshots for a newcomer."""

    def __init__(self, database: Database, orchestrator: Orchestrator, clock: Clock) -> None:
        self._database = database
        self._orchestrator = orchestrator
        self._clock = clock

    async def since_away(self, user_id: UUID) -> list[ServerMessage]:
        """The progress of active syncs, then the terminal messages of those that ended within the last day."""
        now = self._clock.now()
        messages: list[ServerMessage] = [
            progress_message(shown) for shown in await self._orchestrator.active_reports(user_id)
        ]
        async with self._database.read() as connection:
            ledger = await ledgers.read(connection, user_id)
            ended = await syncs.recently_ended(connection, user_id, now=now, at_most=ENDED_TOLD_MAX)
        revision = 0 if ledger is None else ledger.revision
        told = (terminal_message(stored, revision, now=now) for stored in ended)
        messages.extend(message for message in told if message is not None)
        return messages
