"""What the other nodes are still to be told: bounded, and the newest of each sync alone."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import Raw

from cratesync.server.bell.notes import Note

USERS_MAX = 10_000
SYNCS_OF_A_USER_MAX = 8
BYTES_MAX = 4 * 1024 * 1024


class _Waiting:
    """One user's. `frames` are by sync: a snapshot takes the place of an older one, and the end that of both."""

    __slots__ = ("first", "frames", "last", "look", "rings")

    def __init__(self) -> None:
        self.frames: dict[str, bytes] = {}
        self.first = self.last = 0
        self.look = self.rings = False


class Outgoing:
    """Waits for the bell. What it has no room for becomes an advice to look into the database, and never a longer queue."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, _Waiting] = {}
        self._bytes = 0
        self._everybody = False

    def __bool__(self) -> bool:
        return bool(self._waiting) or self._everybody

    def tell(self, user_id: UUID, *, sync: str, revision: int, frame: bytes) -> bool:
        """A message for the clients of this user on other nodes. Whether it will be told; if not, they are told to look."""
        waiting = self._of(user_id)
        if waiting is None:
            return False
        if waiting.look:
            return False
        if len(waiting.frames) >= SYNCS_OF_A_USER_MAX and sync not in waiting.frames:
            self._look(waiting)
            return False
        self._bytes += len(frame) - len(waiting.frames.pop(sync, b""))
        waiting.frames[sync] = frame
        waiting.first = min(waiting.first or revision, revision)
        waiting.last = max(waiting.last, revision)
        if self._bytes > BYTES_MAX:
            self._look(waiting)
            return False
        return True

    def ring(self, user_id: UUID) -> None:
        """Something of this user may be due."""
        waiting = self._of(user_id)
        if waiting is not None:
            waiting.rings = True

    def miss(self, user_id: UUID) -> None:
        """There is a message for this user that nobody can be told now."""
        waiting = self._of(user_id)
        if waiting is not None:
            self._look(waiting)

    def forget_messages(self) -> None:
        """The bell is lost: who was told something meanwhile is all that is worth keeping, and they have to look."""
        for waiting in self._waiting.values():
            if waiting.frames:
                self._look(waiting)

    def look(self, notes: Iterable[Note]) -> None:
        """These were not told after all."""
        for note in notes:
            waiting = self._of(note.user)
            if waiting is not None:
                waiting.rings |= note.rings
                if note.messages or note.look:
                    self._look(waiting)

    def everybody_looks(self) -> bool:
        """Whether there were too many to be named; asking forgets it."""
        answer, self._everybody = self._everybody, False
        return answer

    def everybody_has_to_look(self) -> None:
        """It was not told after all."""
        self._everybody = True

    def take(self, users_max: int) -> list[Note]:
        """The notes of so many users, those who have waited longest; they wait no more."""
        taken: list[Note] = []
        while self._waiting and len(taken) < users_max:
            user_id = next(iter(self._waiting))
            waiting = self._waiting.pop(user_id)
            self._bytes -= sum(map(len, waiting.frames.values()))
            taken.append(
                Note(
                    user_id,
                    tuple(Raw(frame) for frame in waiting.frames.values()),
                    waiting.first,
                    waiting.last,
                    waiting.look,
                    waiting.rings,
                )
            )
        return taken

    def _of(self, user_id: UUID) -> _Waiting | None:
        waiting = self._waiting.get(user_id)
        if waiting is None:
            if len(self._waiting) >= USERS_MAX:
                self._everybody = True
                return None
            waiting = self._waiting[user_id] = _Waiting()
        return waiting

    def _look(self, waiting: _Waiting) -> None:
        self._bytes -= sum(map(len, waiting.frames.values()))
        waiting.frames = {}
        waiting.first = waiting.last = 0
        waiting.look = True
