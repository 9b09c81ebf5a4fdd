"""What has to be known when an answer comes, in one look: its request, the user's token, active syncs and queue."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Column, and_, bindparam, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.discogs_tokens import TOKEN_COLUMNS, DiscogsToken, token_of
from cratesync.server.store.prepared import Prepared
from cratesync.server.store.queues import QUEUE, Queue
from cratesync.server.store.requests import StoredRequest, stored_request
from cratesync.server.store.syncs import StoredSync, stored_sync
from cratesync.server.store.tables import ACTIVE_STATUSES, requests, syncs, users


class Seen(Struct, frozen=True):
    """`asked` is nothing where the user has no such request; the token where there is no such user."""

    asked: StoredRequest | None
    token: DiscogsToken | None
    active: tuple[StoredSync, ...]
    queue: Queue


async def look(connection: AsyncConnection, user_id: UUID, request_id: str) -> Seen:
    """With the user's ledger locked, so that none of it changes until the transaction ends."""
    rows = await _LOOK.rows(connection, {"user": user_id, "request": request_id})
    if not rows:
        return Seen(None, None, (), Queue(0, None))
    first = rows[0]
    return Seen(
        asked=None if first["request.id"] is None else stored_request(_part("request", first)),
        token=token_of(first),
        active=tuple(stored_sync(_part("sync", row)) for row in rows if row["sync.id"] is not None),
        queue=Queue(first["flying"], first["next_due"]),
    )


def _part(of: str, row: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{of}."
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


def _labelled(of: str, column: Column[Any]) -> Any:  # noqa: ANN401 - SQLAlchemy's label of whatever type the column has
    return column.label(f"{of}.{column.name}")


_queue = QUEUE.subquery()
_LOOK = Prepared(
    select(
        *TOKEN_COLUMNS,
        _queue.c.flying,
        _queue.c.next_due,
        *(_labelled("request", column) for column in requests.c),
        *(_labelled("sync", column) for column in syncs.c),
    )
    .select_from(
        users.join(_queue, true())
        .outerjoin(
            requests, and_(requests.c.request_id == bindparam("request"), requests.c.user_id == users.c.id)
        )
        .outerjoin(
            syncs,
            and_(
                syncs.c.user_id == users.c.id, or_(*(syncs.c.status == status for status in ACTIVE_STATUSES))
            ),
        )
    )
    .where(users.c.id == bindparam("user"))
    .order_by(syncs.c.started_at, syncs.c.id)
)
