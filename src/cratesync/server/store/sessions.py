"""Sessions: the sign-ins that refresh themselves by a cookie. Queries on a connection."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import sessions, users


class Session(Struct, frozen=True, kw_only=True):
    """One sign-in. `generation` counts its cookies; `rotated_at` says since when the current one is out."""

    id: UUID
    user_id: UUID
    generation: int
    rotated_at: datetime
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    address: str


class SessionOwner(Struct, frozen=True, kw_only=True):
    """Whom a session signs in, and until when."""

    username: str
    expires_at: datetime


async def insert_session(connection: AsyncConnection, session: Session) -> None:
    """Add a session."""
    await connection.execute(insert(sessions).values(asdict(session)))


async def lock_session(connection: AsyncConnection, session_id: UUID) -> Session | None:
    """The session of that id, locked until the transaction ends."""
    query = select(sessions).where(sessions.c.id == session_id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Session(**row._mapping)


async def find_session_owner(
    connection: AsyncConnection, session_id: UUID, user_id: UUID
) -> SessionOwner | None:
    """The user whose session this is, read together with it; nothing where either is gone."""
    query = (
        select(users.c.username, sessions.c.expires_at)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.id == session_id, sessions.c.user_id == user_id)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else SessionOwner(**row._mapping)


async def living_sessions(
    connection: AsyncConnection, ids: Collection[UUID], *, now: datetime
) -> dict[UUID, UUID]:
    """Of these sessions those that have not ended, each with its user."""
    if not ids:
        return {}
    query = select(sessions.c.id, sessions.c.user_id).where(
        sessions.c.id.in_(ids), sessions.c.expires_at > now
    )
    return {row.id: row.user_id for row in await connection.execute(query)}


async def renew_session(connection: AsyncConnection, session: Session) -> None:
    """Store a session's newest generation and all that came with it."""
    await connection.execute(update(sessions).where(sessions.c.id == session.id).values(asdict(session)))


async def list_sessions(
    connection: AsyncConnection, user_id: UUID, *, now: datetime, at_most: int
) -> list[Session]:
    """The user's living sessions, the last used first."""
    query = (
        select(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        .order_by(sessions.c.last_used_at.desc(), sessions.c.id.desc())
        .limit(at_most)
    )
    return [Session(**row._mapping) for row in await connection.execute(query)]


async def delete_session(connection: AsyncConnection, user_id: UUID, session_id: UUID) -> bool:
    """End one of the user's own sessions."""
    own = (sessions.c.id == session_id) & (sessions.c.user_id == user_id)
    return bool((await connection.execute(delete(sessions).where(own))).rowcount)


async def delete_sessions(connection: AsyncConnection, session_ids: Collection[UUID]) -> None:
    """End these sessions, whosever they are."""
    await connection.execute(delete(sessions).where(sessions.c.id.in_(session_ids)))


async def delete_other_sessions(connection: AsyncConnection, user_id: UUID, kept: UUID | None) -> None:
    """End all sessions of the user but this one."""
    theirs = sessions.c.user_id == user_id
    others = theirs if kept is None else theirs & (sessions.c.id != kept)
    await connection.execute(delete(sessions).where(others))


async def delete_crowded_sessions(
    connection: AsyncConnection, user_id: UUID, *, kept: int, unused_since: datetime
) -> None:
    """End the user's longest unused sessions beyond so many."""
    newest = (
        select(sessions.c.id)
        .where(sessions.c.user_id == user_id)
        .order_by(sessions.c.last_used_at.desc(), sessions.c.id.desc())
        .limit(kept)
    )
    crowded = (
        (sessions.c.user_id == user_id)
        & (sessions.c.last_used_at < unused_since)
        & sessions.c.id.not_in(newest)
    )
    await connection.execute(delete(sessions).where(crowded))
