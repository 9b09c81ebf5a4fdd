"""The sessions of the person who is signed in."""

from datetime import datetime
from uuid import UUID

from litestar import delete, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath

from cratesync.server.accounts.auth import Identity
from cratesync.server.accounts.sessions import Sessions
from cratesync.server.bodies import Shape
from cratesync.server.guards import requires

_TAGS = ["Accounts"]


class SessionEntry(Shape, frozen=True, kw_only=True):
    """A sign-in that is still good. `current` marks the caller's own."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    current: bool


class SessionList(Shape, frozen=True, kw_only=True):
    """The sessions, the last used first."""

    items: list[SessionEntry]


@get("/api/auth/sessions", guards=[requires("account")], tags=_TAGS, summary="List the sessions")
async def get_sessions(
    identity: NamedDependency[Identity], sessions: NamedDependency[Sessions]
) -> SessionList:
    """Where the account is signed in by password or link. Personal access tokens are listed apart."""
    return SessionList(
        items=[
            SessionEntry(
                id=session.id,
                created_at=session.created_at,
                last_used_at=session.last_used_at,
                expires_at=session.expires_at,
                user_agent=session.user_agent,
                address=session.address,
                current=session.id == identity.session_id,
            )
            for session in await sessions.list(identity.user_id)
        ]
    )


@delete(
    "/api/auth/sessions/{session_id:uuid}",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="End a session",
    media_type=MediaType.JSON,
)
async def end_session(
    session_id: FromPath[UUID], identity: NamedDependency[Identity], sessions: NamedDependency[Sessions]
) -> None:
    """Its access token is refused from now on, and its open WebSockets are closed soon."""
    await sessions.end(identity.user_id, session_id)


@delete(
    "/api/auth/sessions",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="End all other sessions",
    media_type=MediaType.JSON,
)
async def end_other_sessions(
    identity: NamedDependency[Identity], sessions: NamedDependency[Sessions]
) -> None:
    """All but the caller's own."""
    await sessions.end_others(identity.user_id, identity.session_id)
