"""The connections of this node, by user."""

from collections.abc import Iterable
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
        self._verdicts = verdicts

    def join(self, user_id: UUID, member: Member) -> None:
        """A connection came."""
        self._members.setdefault(user_id, {})[member.connection_id] = member

    def leave(self, user_id: UUID, member: Member) -> None:
        """A connection went."""
        members = self._members.get(user_id, {})
        members.pop(member.connection_id, None)
        if not members:
            self._members.pop(user_id, None)

    def count(self, user_id: UUID) -> int:
        """How many connections a user has here."""
        return len(self._members.get(user_id, {}))

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
        members = tuple(self._members.get(user_id, {}).values())
        if members:
            frame = codec.encode(message)
            for member in members:
                member.send(frame)

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

    def close_all(self, code: CloseCode, reason: str) -> None:
        """End every connection."""
        for members in tuple(self._members.values()):
            for member in tuple(members.values()):
                member.close(code, reason)
