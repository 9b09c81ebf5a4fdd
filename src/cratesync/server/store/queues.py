"""The queue of a user's requests: what may leave next, and what is under way. The rows are those of `requests`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, bindparam, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.requests import RequestStatus
from cratesync.server.store.prepared import Prepared, Update
from cratesync.server.store.requests import StoredRequest, stored_request
from cratesync.server.store.tables import requests, syncs

CLAIMABLE_SYNCS = ("initiated", "in_progress")
# No request is ever due later than this from now: a due time beyond it was written by a clock that stood elsewhere.
DUE_SECONDS_MAX = 600.0


class Queue(Struct, frozen=True):
    """What a user's requests wait for: how many are `flying`, and when the soonest of those that failed is due (steady)."""

    flying: int
    next_due: float | None


async def claimable(
    connection: AsyncConnection, user_id: UUID, of_syncs: Collection[UUID], *, now: float, limit: int
) -> list[StoredRequest]:
    """What may leave now, in order: by priority, then as enqueued. Of these syncs, of which there is one for each list at most, and
    what belongs to none."""
    one, other = (*of_syncs, None, None)[:2]
    found = await _CLAIMABLE.rows(
        connection,
        {
            "user": user_id,
            "one": one,
            "other": other,
            "now": now,
            "latest": now + DUE_SECONDS_MAX,
            "limit": limit,
        },
    )
    found.sort(key=lambda row: (row["priority"], row["id"].hex))
    return [stored_request(row) for row in found[:limit]]


def _waiting(status: RequestStatus) -> Select[Any]:
    """The first of those that wait in one status: the index gives them in order."""
    first = (
        select(requests)
        .where(
            requests.c.user_id == bindparam("user"),
            requests.c.status == status.value,
            or_(
                requests.c.sync_session_id.is_(None),
                requests.c.sync_session_id == bindparam("one"),
                requests.c.sync_session_id == bindparam("other"),
            ),
            or_(
                requests.c.due_steady.is_(None),
                requests.c.due_steady <= bindparam("now"),
                requests.c.due_steady > bindparam("latest"),
            ),
        )
        .order_by(requests.c.priority, requests.c.id)
        .limit(bindparam("limit"))
        .subquery()
    )
    return select(first)


_CLAIMABLE = Prepared(union_all(_waiting(RequestStatus.PENDING), _waiting(RequestStatus.RETRYING)))


async def look(connection: AsyncConnection, user_id: UUID) -> Queue:
    """How many are under way, and when the next of the others may be tried again."""
    (row,) = await _QUEUE.rows(connection, {"user": user_id})
    return Queue(row["flying"], row["next_due"])


QUEUE = select(
    select(func.count())
    .where(requests.c.user_id == bindparam("user"), requests.c.status == RequestStatus.SENT.value)
    .scalar_subquery()
    .label("flying"),
    select(func.min(requests.c.due_steady))
    .select_from(requests.outerjoin(syncs, requests.c.sync_session_id == syncs.c.id))
    .where(
        requests.c.user_id == bindparam("user"),
        requests.c.status == RequestStatus.RETRYING.value,
        or_(syncs.c.id.is_(None), *(syncs.c.status == status for status in CLAIMABLE_SYNCS)),
    )
    .scalar_subquery()
    .label("next_due"),
)
_QUEUE = Prepared(QUEUE)


def marking(stored: StoredRequest, url: str, *, now: datetime) -> Update:
    """A request that was claimed, and the URL it is sent with."""
    values: dict[str, object] = {
        "row_id": stored.id,
        "to_status": stored.request.status.value,
        "to_attempt": stored.request.attempt,
        "to_lease": stored.request.lease_until,
        "to_connection": stored.connection_id,
        "to_client": stored.client_id,
        "to_version": stored.token_version,
        "to_url": url,
        "to_time": now,
    }
    return Update(_MARK_SENT, values)


_MARK_SENT = Prepared(
    update(requests)
    .where(requests.c.id == bindparam("row_id"))
    .values(
        status=bindparam("to_status"),
        attempt=bindparam("to_attempt"),
        lease_until_steady=bindparam("to_lease"),
        due_steady=None,
        connection_id=bindparam("to_connection"),
        client_id=bindparam("to_client"),
        token_version=bindparam("to_version"),
        url=bindparam("to_url"),
        updated_at=bindparam("to_time"),
    )
)
