"""Webhooks: queries on a connection. A webhook's secret is stored sealed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import webhooks


class Webhook(Struct, frozen=True, kw_only=True):
    """An address that is told of events. `sealed` is its secret; `disabled_reason` is `owner`, `gone` or `failing`."""

    id: UUID
    user_id: UUID
    url: str
    sealed: str
    events: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: str | None = None

    def __repr__(self) -> str:
        # The address is left out: some receivers know whom they trust by a secret in it.
        return f"Webhook(id={self.id}, events={self.events})"


async def save_new(connection: AsyncConnection, webhook: Webhook) -> None:
    """A new row."""
    await connection.execute(
        insert(webhooks).values(
            id=webhook.id,
            user_id=webhook.user_id,
            secret=webhook.sealed,
            created_at=webhook.created_at,
            **_columns(webhook),
        )
    )


async def save(connection: AsyncConnection, webhook: Webhook) -> None:
    """Write everything back that may change but the secret, which another process may be sealing anew."""
    await connection.execute(
        update(webhooks).where(_own(webhook.user_id, webhook.id)).values(**_columns(webhook))
    )


async def of_user(connection: AsyncConnection, user_id: UUID) -> list[Webhook]:
    """A user's webhooks, the newest first."""
    query = select(webhooks).where(webhooks.c.user_id == user_id).order_by(webhooks.c.id.desc())
    return [_webhook(row) for row in (await connection.execute(query)).mappings()]


async def find(connection: AsyncConnection, user_id: UUID, webhook_id: UUID) -> Webhook | None:
    """One of this user's; somebody else's is as good as none."""
    query = select(webhooks).where(_own(user_id, webhook_id))
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _webhook(row)


async def wanting(connection: AsyncConnection, user_id: UUID, event: str) -> list[UUID]:
    """The user's webhooks that want such events and are not disabled."""
    query = select(webhooks.c.id, webhooks.c.events).where(
        webhooks.c.user_id == user_id, webhooks.c.disabled_at.is_(None)
    )
    return [row.id for row in await connection.execute(query) if event in row.events]


async def remove(connection: AsyncConnection, user_id: UUID, webhook_id: UUID) -> bool:
    """Take one of the user's own away and, by the foreign key, its deliveries."""
    return bool((await connection.execute(delete(webhooks).where(_own(user_id, webhook_id)))).rowcount)


async def every(connection: AsyncConnection) -> Sequence[Webhook]:
    """All of all users."""
    query = select(webhooks).order_by(webhooks.c.id)
    return [_webhook(row) for row in (await connection.execute(query)).mappings()]


async def save_secret(connection: AsyncConnection, webhook: Webhook) -> None:
    """Store a new secret."""
    ours = _own(webhook.user_id, webhook.id)
    await connection.execute(update(webhooks).where(ours).values(secret=webhook.sealed))


async def replace_secret(connection: AsyncConnection, old: Webhook, sealed: str) -> bool:
    """Store the same secret sealed anew, unless it was changed meanwhile."""
    same = (webhooks.c.id == old.id) & (webhooks.c.secret == old.sealed)
    return bool((await connection.execute(update(webhooks).where(same).values(secret=sealed))).rowcount)


def _own(user_id: UUID, webhook_id: UUID) -> ColumnElement[bool]:
    return (webhooks.c.id == webhook_id) & (webhooks.c.user_id == user_id)


def _columns(webhook: Webhook) -> dict[str, object]:
    return {
        "url": webhook.url,
        "events": webhook.events,
        "disabled_at": webhook.disabled_at,
        "disabled_reason": webhook.disabled_reason,
    }


def _webhook(row: RowMapping) -> Webhook:
    return Webhook(
        id=row["id"],
        user_id=row["user_id"],
        url=row["url"],
        sealed=row["secret"],
        events=row["events"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        disabled_reason=row["disabled_reason"],
    )
