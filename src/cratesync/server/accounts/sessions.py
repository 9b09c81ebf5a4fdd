"""Sessions: sign-ins that last, by a cookie that changes as it is used.

A cookie is good for `PREVIOUS_GOOD` after it was replaced, since tabs and lost replies are late; so the next one is not replaced
sooner. Who presents one after that may have stolen it: that ends the session (RFC 9700, section 4.14.2).
"""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.accounts.visitor import Visitor
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError, not_found, not_signed_in
from cratesync.server.ids import new_id
from cratesync.server.store.database import Database
from cratesync.server.store.sessions import (
    Session,
    delete_crowded_sessions,
    delete_other_sessions,
    delete_session,
    delete_sessions,
    insert_session,
    list_sessions,
    lock_session,
    renew_session,
)
from cratesync.server.store.users import User, find_user

PREVIOUS_GOOD = timedelta(seconds=30)
SESSIONS_MAX = 100
# An access token is not cut short because its user signs in elsewhere, however often.
CROWDED_OUT_AFTER = timedelta(minutes=15)


class SignedIn(Struct, frozen=True):
    """Somebody, and the session they are signed in by."""

    user: User
    session: Session


class Presented(Struct, frozen=True):
    """What an authentic cookie says: which session, and which of its cookies this is."""

    session_id: UUID
    generation: int


class Sessions:
    """Opens, refreshes, lists and ends sessions."""

    def __init__(self, database: Database, clock: Clock, *, idle: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._idle = idle

    async def open(self, connection: AsyncConnection, user_id: UUID, visitor: Visitor) -> Session:
        """A new session, as part of the caller's transaction."""
        now = self._clock.now()
        session = Session(
            id=new_id(),
            user_id=user_id,
            generation=0,
            rotated_at=now,
            created_at=now,
            last_used_at=now,
            expires_at=now + self._idle,
            user_agent=visitor.user_agent,
            address=visitor.address,
        )
        await insert_session(connection, session)
        await delete_crowded_sessions(
            connection, user_id, kept=SESSIONS_MAX, unused_since=now - CROWDED_OUT_AFTER
        )
        return session

    async def refresh(self, presented: Presented, visitor: Visitor) -> SignedIn:
        """The session with its newest generation, which is a new one unless the last is very young. Raises `ApiError` (401)."""
        async with self._database.write() as connection:
            session = await lock_session(connection, presented.session_id)
            now = self._clock.now()
            if session is None or session.expires_at <= now:
                raise _ended()
            user = await find_user(connection, session.user_id)
            if user is None:
                raise _ended()
            is_young = now - session.rotated_at <= PREVIOUS_GOOD
            if is_young and presented.generation in {session.generation, session.generation - 1}:
                return SignedIn(user, session)
            if presented.generation >= session.generation:
                # A later one than we know of is authentic too: the database was set back to an older state.
                session = self._renewed(session, presented.generation + 1, visitor)
                await renew_session(connection, session)
                return SignedIn(user, session)
            await delete_session(connection, session.user_id, session.id)
        raise ApiError(
            "session_ended",
            401,
            "This session was ended, since an old cookie of it was used again: it may have been copied. Sign in again.",
        )

    def _renewed(self, session: Session, generation: int, visitor: Visitor) -> Session:
        now = self._clock.now()
        return replace(
            session,
            generation=generation,
            rotated_at=now,
            last_used_at=now,
            expires_at=now + self._idle,
            user_agent=visitor.user_agent,
            address=visitor.address,
        )

    async def list(self, user_id: UUID) -> list[Session]:
        """The user's living sessions, the last used first."""
        async with self._database.read() as connection:
            return await list_sessions(connection, user_id, now=self._clock.now(), at_most=SESSIONS_MAX)

    async def end(self, user_id: UUID, session_id: UUID) -> None:
        """End one of the user's own sessions. Raises `ApiError` (404)."""
        async with self._database.write() as connection:
            if not await delete_session(connection, user_id, session_id):
                raise not_found("No such session")

    async def end_others(self, user_id: UUID, kept: UUID | None) -> None:
        """End all sessions of the user but this one."""
        async with self._database.write() as connection:
            await delete_other_sessions(connection, user_id, kept)

    async def sign_out(self, session_ids: set[UUID]) -> None:
        """End these sessions, as far as they are there."""
        async with self._database.write() as connection:
            await delete_sessions(connection, session_ids)


def _ended() -> ApiError:
    return not_signed_in("This session has ended; sign in again.")
