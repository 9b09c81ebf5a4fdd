"""Requests for single releases: a person waits for them, and they belong to no sync."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.requests import PRIORITY_RELEASE, RequestStatus
from cratesync.engine.tasks import Release
from cratesync.server.store.tables import OPEN_STATUSES, requests


class Fate(Struct, frozen=True):
    """What became of a request, and why where it failed."""

    status: RequestStatus
    code: str | None
    sentence: str | None


async def fate(connection: AsyncConnection, user_id: UUID, request_id: str) -> Fate | None:
    """What became of one request of this user."""
    query = select(requests.c.status, requests.c.error_code, requests.c.error_message).where(
        requests.c.request_id == request_id, requests.c.user_id == user_id
    )
    row = (await connection.execute(query)).first()
    return None if row is None else Fate(RequestStatus(row.status), row.error_code, row.error_message)


async def being_asked(connection: AsyncConnection, user_id: UUID) -> dict[Release, str]:
    """What is being asked for, and the ids of the requests."""
    query = select(requests.c.task, requests.c.request_id).where(_open(user_id))
    return {row.task: row.request_id for row in await connection.execute(query)}


async def abandon(
    connection: AsyncConnection, user_id: UUID, *, code: str, sentence: str, now: datetime
) -> None:
    """Nobody will answer what is still open."""
    await connection.execute(
        update(requests)
        .where(_open(user_id))
        .values(status=RequestStatus.FAILED.value, error_code=code, error_message=sentence, updated_at=now)
    )


def _open(user_id: UUID) -> ColumnElement[bool]:
    return and_(
        requests.c.user_id == user_id,
        requests.c.priority == PRIORITY_RELEASE,
        requests.c.status.in_(OPEN_STATUSES),
    )
