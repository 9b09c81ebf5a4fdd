"""Starts syncs that nobody asked for, when a mirror is due and a client is there to fetch it."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

import structlog

from cratesync.engine.schedule import starts
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError
from cratesync.server.orchestrator import Orchestrator, SyncOrder
from cratesync.server.store import schedules
from cratesync.server.store.database import Database
from cratesync.server.store.schedules import DueMirror
from cratesync.server.ticking import sparing_the_others

TICK_SECONDS = 2.0

_log = structlog.stdlib.get_logger(__name__)


class Attendance(Protocol):
    """Who is there to fetch."""

    def fetching_since(self) -> Mapping[UUID, float]:
        """The users with a connection here that may fetch, and since when (steady) they have had one."""


class Scheduler:
    """Looks every few seconds; each look is safe on several nodes at once."""

    def __init__(
        self, *, database: Database, orchestrator: Orchestrator, attendance: Attendance, clock: Clock
    ) -> None:
        self._database = database
        self._orchestrator = orchestrator
        self._attendance = attendance
        self._clock = clock

    async def tick(self) -> None:
        """Start what is due by now."""
        since = self._attendance.fetching_since()
        if not since:
            return
        now = self._clock.now()
        async with self._database.read() as connection:
            due = await schedules.due(connection, list(since), now=now)
        for mirror in due:
            connected_for = timedelta(seconds=self._clock.steady() - since[mirror.user_id])
            if starts(mirror.due, now=now, connected_for=connected_for, roll=roll(mirror)):
                with sparing_the_others("scheduler", mirror.user_id):
                    await self._start(mirror)

    async def _start(self, mirror: DueMirror) -> None:
        order = SyncOrder(mirror.kind, full=False, page_limit=None, origin="schedule", due=mirror.due)
        try:
            stored = await self._orchestrator.start(mirror.user_id, order)
        except ApiError as error:
            # Something came in between: a person's own start, another node's, a token taken away.
            _log.info("scheduled_sync_not_started", user_id=str(mirror.user_id), why=str(error))
            return
        _log.info(
            "scheduled_sync_started",
            user_id=str(mirror.user_id),
            sync_type=mirror.kind,
            sync_id=stored.session_id,
        )


def roll(mirror: DueMirror) -> float:
    """From 0 to 1, the same for the same mirror and due time on every node and at every look."""
    text = f"{mirror.user_id} {mirror.kind} {mirror.due.due_at}"
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) / 2**32
