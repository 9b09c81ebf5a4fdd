"""The connections of this node, by user."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from cratesync.protocol import codec
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.messages import ServerMessage
from cratesync.server.seats import Candidate
from cratesync.server.verdicts import Verdicts


class Member(Protocol):
    """A connection as the hub sees it."""

    @property
    def connection_id(self) -> str:
        """Its name."""

    @property
    def candidate(self) -> Candidate | None:
        """What it would be as a fetcher; nothing where it may not fetch."""

    @property
    def fetching_since(self) -> float | None:
        """When it came (steady), if it may fetch."""

    def send(self, frame: bytes) -> None:
        """Put a frame into its outbox; a full outbox closes it."""

    def wake(self) -> None:
        """Something may be due."""

    def nudge(self) -> None:
        """Look, unless it knows by itself when to look."""

    def close(self, code: CloseCode, reason: str) -> None:
        """End it."""


class Hub:
    """Who is connected here. It is told after each commit, and tells its members."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._members: dict[UUID, dict[str, Member]] = {}
        self._told: dict[UUID, int] = {}
        self._behind: set[UUID] = set()
        self._closing: tuple[CloseCode, str] | None = None
        self._verdicts = verdicts

    def join(self, user_id: UUID, member: Member) -> None:
        """A connection came."""
        self._members.setdefault(user_id, {})[member.connection_id] = member
        if self._closing is not None:
            member.close(*self._closing)

    def leave(self, user_id: UUID, member: Member) -> None:
        """A connection went."""
        members = self._members.get(user_id, {})
        members.pop(member.connection_id, None)
        if not members:
            self._members.pop(user_id, None)
            self._told.pop(user_id, None)
            self._behind.discard(user_id)

    def count(self, user_id: UUID) -> int:
        """How many connections a user has here."""
        return len(self._members.get(user_id, {}))

    @property
    def connections(self) -> int:
        """How many there are here."""
        return sum(map(len, self._members.values()))

    def candidates(self, user_id: UUID) -> list[Candidate]:
        """Who could fetch for a user, first come first."""
        members = self._members.get(user_id, {}).values()
        return [member.candidate for member in members if member.candidate is not None]

    def fetching_since(self) -> dict[UUID, float]:
        """The users who have somebody here that may fetch, and since when (steady)."""
        since: dict[UUID, float] = {}
        for user_id, members in self._members.items():
            came = [member.fetching_since for member in members.values() if member.fetching_since is not None]
            if came:
                since[user_id] = min(came)
        return since

    def users(self) -> Iterable[UUID]:
        """Who is connected here."""
        return tuple(self._members)

    def publish(self, user_id: UUID, message: ServerMessage) -> None:
        """Say this to every connection of the user: encoded once, sent to many."""
        if user_id in self._members:
            self._send(user_id, codec.encode(message))

    def tell(self, user_id: UUID, frames: Sequence[bytes], *, first: int, last: int) -> None:
        """The same for messages that are encoded, and that bring the user's connections from revision `first` to `last`."""
        if user_id not in self._members:
            return
        for frame in frames:
            self._send(user_id, frame)
        told = self._told.get(user_id)
        if told is not None:
            if first > told + 1:
                self._behind.add(user_id)
            self._told[user_id] = max(told, last)

    def introduced(self, user_id: UUID, revision: int) -> None:
        """A connection was told how things stood at that revision; it hears whatever is said from then on. Of several connections the
        first to be told counts: it may miss what a later one was told at once."""
        if user_id in self._members:
            self._told.setdefault(user_id, revision)

    def all_told(self) -> dict[UUID, int]:
        """The newest revision that the connections of each user were told; without those who were not told anything yet."""
        return dict(self._told)

    def take_behind(self) -> set[UUID]:
        """Whose messages came with a gap between them; asking forgets it."""
        behind, self._behind = self._behind, set()
        return behind

    def ring(self, user_id: UUID, *, but: str = "") -> None:
        """Look in the database: something of this user may be due. One connection may have looked already."""
        for member in tuple(self._members.get(user_id, {}).values()):
            if member.connection_id != but:
                member.wake()
        self._verdicts.tell(user_id)

    def nudge(self, user_id: UUID) -> None:
        """In case a bell was lost: look, whoever does not know when to look."""
        for member in tuple(self._members.get(user_id, {}).values()):
            member.nudge()

    def let_nobody_in(self, code: CloseCode, reason: str) -> None:
        """Whoever comes from now on is sent away."""
        self._closing = (code, reason)

    async def close_all(self, code: CloseCode, reason: str, *, over_seconds: float = 0.0) -> None:
        """End every connection, in any order, spread evenly over a time."""
        members = [member for each in self._members.values() for member in each.values()]
        random.shuffle(members)
        clock = asyncio.get_running_loop().time
        began = clock()
        for number, member in enumerate(members):
            early = began + over_seconds * number / len(members) - clock()
            if early > 0:
                await asyncio.sleep(early)
            member.close(code, reason)

    def _send(self, user_id: UUID, frame: bytes) -> None:
        for member in tuple(self._members.get(user_id, {}).values()):
            member.send(frame)
