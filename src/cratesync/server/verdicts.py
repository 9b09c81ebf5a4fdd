"""Letting those who wait know that something of a user changed."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from cratesync.server.uninterrupted import uninterrupted

# What another node did rings no bell here.
LOOK_AGAIN_SECONDS = 1.0

T = TypeVar("T")


class Verdicts:
    """Events by user, for as long as somebody waits."""

    def __init__(self) -> None:
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    async def watch(
        self,
        user_id: UUID,
        look: Callable[[], Coroutine[object, object, T]],
        *,
        pending: Callable[[T], bool],
        seconds: float,
    ) -> T:
        """What a look shows as soon as that is `pending` no more, or at last after so many seconds. It looks whenever something
        of this user changed, and now and then besides."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        with self._expect(user_id) as news:
            while True:
                news.clear()
                seen = await uninterrupted(look())
                left = until - clock()
                if left <= 0 or not pending(seen):
                    return seen
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(left, LOOK_AGAIN_SECONDS)):
                        await news.wait()

    def waiting(self, user_id: UUID) -> int:
        """How many wait here for something of this user."""
        return len(self._waiting.get(user_id, ()))

    def tell(self, user_id: UUID) -> None:
        """Something changed."""
        for event in tuple(self._waiting.get(user_id, ())):
            event.set()

    @contextmanager
    def _expect(self, user_id: UUID) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._waiting[user_id].add(event)
        try:
            yield event
        finally:
            self._waiting[user_id].discard(event)
            if not self._waiting[user_id]:
                del self._waiting[user_id]
