"""When nothing more is sent to a webhook."""

from typing import Literal
from uuid import UUID

import structlog
from msgspec import structs

from cratesync.server.store import deliveries, webhooks
from cratesync.server.transaction import UserTransaction

Reason = Literal["owner", "gone", "failing"]
"""The owner wished it; the receiver answered 410; a delivery spent its tries, and nothing arrived since it was made."""

_log = structlog.stdlib.get_logger(__name__)


async def disable(transaction: UserTransaction, webhook_id: UUID, reason: Reason) -> None:
    """What waits has failed, and can be sent again once it is enabled. A disabled one keeps its first reason."""
    connection, user_id = transaction.connection, transaction.user_id
    webhook = await webhooks.find(connection, user_id, webhook_id)
    if webhook is None or webhook.disabled_at is not None:
        return
    await webhooks.save(
        connection, structs.replace(webhook, disabled_at=transaction.now, disabled_reason=reason)
    )
    await deliveries.fail_waiting(
        connection, webhook_id, error="The webhook was disabled.", now=transaction.now
    )
    _log.info("webhook_disabled", user_id=str(user_id), webhook_id=str(webhook_id), why=reason)
