"""Letting those who wait know that something of a user changed."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Verdicts:
    """Events by user, for as long as somebody waits."""

    def __init__(self) -> None:
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def expect(self, user_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever something of this user changed."""
        event = asyncio.Event()
        self._waiting[user_id].add(event)
        try:
            yield event
        finally:
            self._waiting[user_id].discard(event)
            if not self._waiting[user_id]:
                del self._waiting[user_id]

    def tell(self, user_id: UUID) -> None:
        """Something changed."""
        for event in tuple(self._waiting.get(user_id, ())):
            event.set()
