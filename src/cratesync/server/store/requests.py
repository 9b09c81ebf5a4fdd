"""Requests: the rows of `discogs_api_requests`. No row ever holds a credential."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.requests import PRIORITY_TOKEN_CHECK, Request, RequestStatus
from cratesync.engine.tasks import Side
from cratesync.server.store.prepared import Prepared, Row, Update
from cratesync.server.store.tables import requests, syncs

BODY_CHARACTERS_MAX = 64 * 1024


class StoredRequest(Struct, frozen=True):
    """A request and what the engine need not know of it. `url` is the one it was sent with last."""

    id: UUID
    user_id: UUID
    sync_id: UUID | None
    request: Request
    url: str = ""
    connection_id: str | None = None
    client_id: str | None = None
    token_version: int | None = None


class NewRequest(Struct, frozen=True):
    """A row to be written."""

    id: UUID
    request: Request
    url: str
    headers: dict[str, str]
    priority: int


class Reply(Struct, frozen=True):
    """What is kept of an answer."""

    status: int
    headers: dict[str, str]
    body: str | None
    code: str | None
    sentence: str | None


async def create(
    connection: AsyncConnection,
    user_id: UUID,
    sync_id: UUID | None,
    new: Iterable[NewRequest],
    *,
    now: datetime,
) -> None:
    """New rows, waiting to be claimed."""
    rows = [
        {
            "id": row.id,
            "user_id": user_id,
            "sync_session_id": sync_id,
            "request_id": row.request.request_id,
            "url": row.url,
            "method": "GET",
            "headers": row.headers,
            "status": row.request.status.value,
            "task": row.request.task,
            "priority": row.priority,
            "created_at": now,
            "updated_at": now,
        }
        for row in new
    ]
    await connection.execute(insert(requests), rows)


async def find(connection: AsyncConnection, user_id: UUID, request_id: str) -> StoredRequest | None:
    """One request of this user; somebody else's is as good as none."""
    row = (await connection.execute(_FIND, {"request": request_id, "user": user_id})).mappings().first()
    return None if row is None else stored_request(row)


_FIND = select(requests).where(
    requests.c.request_id == bindparam("request"), requests.c.user_id == bindparam("user")
)


async def open_checks(connection: AsyncConnection, user_id: UUID) -> list[StoredRequest]:
    """Open checks of a token, which belong to no sync (yet)."""
    query = select(requests).where(
        requests.c.user_id == user_id,
        requests.c.sync_session_id.is_(None),
        requests.c.priority == PRIORITY_TOKEN_CHECK,
        requests.c.status.in_([status.value for status in RequestStatus if status not in _CLOSED]),
    )
    return [stored_request(row) for row in (await connection.execute(query)).mappings()]


async def adopt(connection: AsyncConnection, request: StoredRequest, sync_id: UUID) -> None:
    """A sync takes over a request that was asked without one."""
    await connection.execute(
        update(requests).where(requests.c.id == request.id).values(sync_session_id=sync_id)
    )


def saving(stored: StoredRequest, reply: Reply | None, *, now: datetime) -> Update:
    """A request's new state, with what is kept of its answer."""
    request = stored.request
    values: dict[str, object] = {
        "row_id": stored.id,
        "to_status": request.status.value,
        "to_failures": request.failures,
        "to_due": request.due,
        "to_lease": request.lease_until,
        "to_connection": stored.connection_id,
        "to_time": now,
    }
    if reply is None:
        return Update(_SAVE, values)
    told: dict[str, object] = {
        "told_status": reply.status,
        "told_headers": reply.headers,
        "told_body": reply.body,
        "told_code": reply.code,
        "told_sentence": reply.sentence,
    }
    return Update(_SAVE_WITH_REPLY, values | told)


_saving = (
    update(requests)
    .where(requests.c.id == bindparam("row_id"))
    .values(
        status=bindparam("to_status"),
        retry_count=bindparam("to_failures"),
        due_steady=bindparam("to_due"),
        lease_until_steady=bindparam("to_lease"),
        connection_id=bindparam("to_connection"),
        updated_at=bindparam("to_time"),
    )
)
_SAVE = Prepared(_saving)
_SAVE_WITH_REPLY = Prepared(
    _saving.values(
        response_status=bindparam("told_status"),
        response_headers=bindparam("told_headers"),
        response_body=bindparam("told_body"),
        error_code=bindparam("told_code"),
        error_message=bindparam("told_sentence"),
    )
)


async def sent_by(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    connection_id: str | None = None,
    client_id: str | None = None,
) -> list[StoredRequest]:
    """Requests under way, of one connection or one client, or all of the user's."""
    query = select(requests).where(
        requests.c.user_id == user_id, requests.c.status == RequestStatus.SENT.value
    )
    if connection_id is not None:
        query = query.where(requests.c.connection_id == connection_id)
    if client_id is not None:
        query = query.where(requests.c.client_id == client_id)
    return [stored_request(row) for row in (await connection.execute(query)).mappings()]


async def give_back(connection: AsyncConnection, ids: Collection[UUID], *, now: datetime) -> None:
    """Back into the queue, no attempt counted."""
    if ids:
        await connection.execute(
            update(requests)
            .where(requests.c.id.in_(ids), requests.c.status == RequestStatus.SENT.value)
            .values(
                status=RequestStatus.PENDING.value,
                lease_until_steady=None,
                connection_id=None,
                updated_at=now,
            )
        )


async def lease(
    connection: AsyncConnection,
    ids: Collection[UUID],
    *,
    connection_id: str | None,
    until: float,
    now: datetime,
) -> None:
    """Requests under way get another owner and another end of their lease."""
    if ids:
        await connection.execute(
            update(requests)
            .where(requests.c.id.in_(ids), requests.c.status == RequestStatus.SENT.value)
            .values(lease_until_steady=until, connection_id=connection_id, updated_at=now)
        )


async def users_with_expired_leases(connection: AsyncConnection, *, now: float, longest: float) -> list[UUID]:
    """Whose requests are overdue; a lease that ends impossibly late was written by a clock that stood elsewhere."""
    query = (
        select(requests.c.user_id)
        .where(
            requests.c.status == RequestStatus.SENT.value,
            or_(requests.c.lease_until_steady <= now, requests.c.lease_until_steady > now + longest),
        )
        .distinct()
    )
    return list((await connection.execute(query)).scalars())


async def abandon(connection: AsyncConnection, sync_id: UUID, *, code: str, now: datetime) -> None:
    """Whatever of a sync is still open is left over."""
    await connection.execute(
        update(requests)
        .where(
            requests.c.sync_session_id == sync_id,
            requests.c.status.not_in([status.value for status in _CLOSED]),
        )
        .values(status=RequestStatus.FAILED.value, left_over=True, error_code=code, updated_at=now)
    )


async def revive(connection: AsyncConnection, sync_id: UUID, *, now: datetime) -> tuple[int, int]:
    """Failed requests of a sync go back into the queue: how many essential ones, and how many side matters."""
    failed = and_(requests.c.sync_session_id == sync_id, requests.c.status == RequestStatus.FAILED.value)
    tasks = list((await connection.execute(select(requests.c.task).where(failed))).scalars())
    await connection.execute(
        update(requests)
        .where(failed)
        .values(
            status=RequestStatus.PENDING.value,
            retry_count=0,
            due_steady=None,
            lease_until_steady=None,
            left_over=False,
            error_code=None,
            error_message=None,
            updated_at=now,
        )
    )
    sides = sum(1 for task in tasks if isinstance(task, Side))
    return len(tasks) - sides, sides


async def purge(connection: AsyncConnection, *, before: datetime, at_most: int) -> int:
    """Requests of syncs that ended long ago, and old ones that belonged to none."""
    old = (
        select(requests.c.id)
        .outerjoin(syncs, requests.c.sync_session_id == syncs.c.id)
        .where(
            or_(
                syncs.c.completed_at < before,
                and_(
                    requests.c.sync_session_id.is_(None),
                    requests.c.updated_at < before,
                    requests.c.status.in_([status.value for status in _CLOSED]),
                ),
            )
        )
        .limit(at_most)
    )
    result = await connection.execute(delete(requests).where(requests.c.id.in_(old)))
    return result.rowcount


_CLOSED = (RequestStatus.COMPLETED, RequestStatus.FAILED)


def stored_request(row: Row) -> StoredRequest:
    """A request from a row that has its columns."""
    return StoredRequest(
        id=row["id"],
        user_id=row["user_id"],
        sync_id=row["sync_session_id"],
        request=Request(
            request_id=row["request_id"],
            task=row["task"],
            status=RequestStatus(row["status"]),
            attempt=row["attempt"],
            failures=row["retry_count"],
            due=row["due_steady"],
            lease_until=row["lease_until_steady"],
        ),
        url=row["url"],
        connection_id=row["connection_id"],
        client_id=row["client_id"],
        token_version=row["token_version"],
    )
