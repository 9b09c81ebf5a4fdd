"""Webhooks: have the server call you when something happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, JSONBody, Parameter

from cratesync.server.accounts.auth import Identity
from cratesync.server.bodies import Body, Shape
from cratesync.server.edge import ApiError
from cratesync.server.guards import requires
from cratesync.server.reports import parse_sync_id
from cratesync.server.secret import Secret
from cratesync.server.store.deliveries import Delivery, Status
from cratesync.server.store.webhooks import Webhook
from cratesync.server.webhooks.desk import WebhookChange, WebhookDesk

DELIVERIES_SHOWN = 20
DELIVERIES_SHOWN_MAX = 100

_TAGS = ["Webhooks"]


class NewWebhookBody(Body, frozen=True, kw_only=True):
    """Whom to call (`https://…`), and of which events: `sync.completed`, `sync.failed`, `token.rejected`,
    `mirror.changed`, `mirror.overdue`; all of these where none are named."""

    url: str
    events: tuple[str, ...] | None = None


class WebhookChangeBody(Body, frozen=True, kw_only=True):
    """What is to be different; what is left out stays as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    enabled: bool | None = None


class WebhookShape(Shape, frozen=True, kw_only=True):
    """A webhook. `disabledReason` is `owner` (your own wish), `gone` (the receiver answered 410) or `failing`
    (nothing arrived for three days)."""

    id: UUID
    url: str
    events: tuple[str, ...]
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    created_at: datetime


class WebhookWithSecret(WebhookShape, frozen=True, kw_only=True):
    """A webhook and what its deliveries are signed with. `secret` is shown this once."""

    secret: str

    def __repr__(self) -> str:
        return f"WebhookWithSecret(id={self.id})"


class WebhookList(Shape, frozen=True, kw_only=True):
    """All webhooks, the newest first."""

    items: list[WebhookShape]


class DeliveryShape(Shape, frozen=True, kw_only=True):
    """One event for one webhook. `id` is the `webhook-id` of each try, `payload` the text that is sent; `dueAt` is
    when it is tried next, `error` why the last try failed."""

    id: UUID
    event: str
    payload: str
    status: Status
    attempts: int
    due_at: datetime | None
    response_status: int | None
    error: str | None
    created_at: datetime
    updated_at: datetime


class DeliveryLog(Shape, frozen=True, kw_only=True):
    """What was sent or is waiting, the newest first."""

    items: Sequence[DeliveryShape]
    next_cursor: str | None


@post("/api/webhooks", status_code=201, guards=[requires("account")], tags=_TAGS, summary="Create a webhook")
async def create_webhook(
    data: JSONBody[NewWebhookBody],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
) -> WebhookWithSecret:
    """The secret is shown this once. 400 `bad_webhook_url`, `private_address`, `unknown_event`; 409
    `too_many_webhooks`."""
    webhook, secret = await webhook_desk.create(identity.user_id, url=data.url, events=data.events)
    return _with_secret(webhook, secret)


@get("/api/webhooks", guards=[requires("account")], tags=_TAGS, summary="List the webhooks")
async def get_webhooks(
    identity: NamedDependency[Identity], webhook_desk: NamedDependency[WebhookDesk]
) -> WebhookList:
    """Never with their secrets."""
    return WebhookList(items=[_shown(webhook) for webhook in await webhook_desk.all_of(identity.user_id)])


@patch(
    "/api/webhooks/{webhook_id:uuid}", guards=[requires("account")], tags=_TAGS, summary="Change a webhook"
)
async def change_webhook(
    webhook_id: FromPath[UUID],
    data: JSONBody[WebhookChangeBody],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
) -> WebhookShape:
    """Where one is disabled, what waits for it fails. 400 `bad_webhook_url`, `private_address`, `unknown_event`;
    404 `webhook_not_found`."""
    change = WebhookChange(url=data.url, events=data.events, enabled=data.enabled)
    return _shown(await webhook_desk.change(identity.user_id, webhook_id, change))


@delete(
    "/api/webhooks/{webhook_id:uuid}",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Delete a webhook",
    media_type=MediaType.JSON,
)
async def delete_webhook(
    webhook_id: FromPath[UUID],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
) -> None:
    """With its log. 404 `webhook_not_found`."""
    await webhook_desk.remove(identity.user_id, webhook_id)


@post(
    "/api/webhooks/{webhook_id:uuid}/secret",
    status_code=200,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Replace a webhook's secret",
)
async def renew_secret(
    webhook_id: FromPath[UUID],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
) -> WebhookWithSecret:
    """Every try from now on is signed with the new one, which is shown this once. 404 `webhook_not_found`."""
    webhook, secret = await webhook_desk.renew_secret(identity.user_id, webhook_id)
    return _with_secret(webhook, secret)


@post(
    "/api/webhooks/{webhook_id:uuid}/test",
    status_code=202,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Try a webhook",
)
async def test_webhook(
    webhook_id: FromPath[UUID],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
) -> DeliveryShape:
    """Sends a `webhook.test`; the log tells what became of it. 404 `webhook_not_found`; 409 `webhook_disabled`."""
    return _delivery(await webhook_desk.test(identity.user_id, webhook_id))


@get(
    "/api/webhooks/{webhook_id:uuid}/deliveries",
    guards=[requires("account")],
    tags=_TAGS,
    summary="What a webhook was told",
)
async def get_deliveries(
    webhook_id: FromPath[UUID],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
    limit: Annotated[int, Parameter(ge=1, le=DELIVERIES_SHOWN_MAX)] = DELIVERIES_SHOWN,
    cursor: Annotated[str | None, Parameter(max_length=100)] = None,
) -> DeliveryLog:
    """Newest first, for 30 days and at most 1,000. 400 `bad_cursor`; 404 `webhook_not_found`."""
    before = None if cursor is None else parse_sync_id(cursor)
    if cursor is not None and before is None:
        raise ApiError("bad_cursor", 400, "This cursor is not one that was given out here.")
    found = await webhook_desk.log_of(identity.user_id, webhook_id, before=before, limit=limit + 1)
    shown = found[:limit]
    return DeliveryLog(
        items=[_delivery(each) for each in shown],
        next_cursor=str(shown[-1].id) if len(found) > limit else None,
    )


@post(
    "/api/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/redeliver",
    status_code=202,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Deliver once more",
)
async def redeliver(
    webhook_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
    identity: NamedDependency[Identity],
    webhook_desk: NamedDependency[WebhookDesk],
) -> DeliveryShape:
    """The same event under the same `webhook-id`, with all its tries before it. 404 `webhook_not_found`,
    `delivery_not_found`; 409 `webhook_disabled`."""
    return _delivery(await webhook_desk.deliver_again(identity.user_id, webhook_id, delivery_id))


def _shown(webhook: Webhook) -> WebhookShape:
    return WebhookShape(
        id=webhook.id,
        url=webhook.url,
        events=webhook.events,
        enabled=webhook.disabled_at is None,
        disabled_at=webhook.disabled_at,
        disabled_reason=webhook.disabled_reason,
        created_at=webhook.created_at,
    )


def _with_secret(webhook: Webhook, secret: Secret) -> WebhookWithSecret:
    shown = _shown(webhook)
    fields = {name: getattr(shown, name) for name in WebhookShape.__struct_fields__}
    return WebhookWithSecret(secret=secret.reveal(), **fields)


def _delivery(delivery: Delivery) -> DeliveryShape:
    fields = {name: getattr(delivery, name) for name in DeliveryShape.__struct_fields__}
    return DeliveryShape(**fields)
