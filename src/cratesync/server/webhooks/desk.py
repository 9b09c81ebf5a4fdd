"""What people do with their webhooks. Every change is one transaction, with the user's ledger locked."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct, structs

from cratesync.server.edge import ApiError
from cratesync.server.ids import new_id
from cratesync.server.secret import Secret
from cratesync.server.store import deliveries, webhooks
from cratesync.server.store.database import Database
from cratesync.server.store.deliveries import Delivery
from cratesync.server.store.webhooks import Webhook
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.vault import Vault
from cratesync.server.webhooks.addresses import Targets
from cratesync.server.webhooks.announcements import EVENTS, Trial
from cratesync.server.webhooks.announcing import deliver
from cratesync.server.webhooks.disabling import disable
from cratesync.server.webhooks.signing import new_secret

WEBHOOKS_MAX = 10


class WebhookChange(Struct, frozen=True, kw_only=True):
    """What is to be different; nothing where it stays."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    enabled: bool | None = None


class WebhookDesk:
    """Raises `ApiError` where something cannot be."""

    def __init__(
        self, *, database: Database, transactions: Transactions, vault: Vault, targets: Targets
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._vault = vault
        self._targets = targets

    async def create(
        self, user_id: UUID, *, url: str, events: tuple[str, ...] | None
    ) -> tuple[Webhook, Secret]:
        """A new webhook, for all events unless some are named, and its secret."""
        chosen = EVENTS if events is None else _chosen(events)
        target = await self._targets.find(url)
        secret, id_ = new_secret(), new_id()
        async with self._transactions.open(user_id) as transaction:
            if len(await webhooks.of_user(transaction.connection, user_id)) >= WEBHOOKS_MAX:
                raise ApiError(
                    "too_many_webhooks", 409, f"There are {WEBHOOKS_MAX} webhooks at most; delete one first."
                )
            webhook = Webhook(
                id=id_,
                user_id=user_id,
                url=str(target.url),
                sealed=self._vault.seal_webhook_secret(id_, secret),
                events=chosen,
                created_at=transaction.now,
            )
            await webhooks.save_new(transaction.connection, webhook)
        return webhook, secret

    async def all_of(self, user_id: UUID) -> Sequence[Webhook]:
        """The newest first."""
        async with self._database.read() as connection:
            return await webhooks.of_user(connection, user_id)

    async def change(self, user_id: UUID, webhook_id: UUID, change: WebhookChange) -> Webhook:
        """Another address, other events, disabled or enabled again."""
        events = None if change.events is None else _chosen(change.events)
        target = None if change.url is None else await self._targets.find(change.url)
        async with self._transactions.open(user_id) as transaction:
            webhook = await _find(transaction, webhook_id)
            webhook = structs.replace(
                webhook,
                url=webhook.url if target is None else str(target.url),
                events=webhook.events if events is None else events,
            )
            if change.enabled is True:
                webhook = structs.replace(webhook, disabled_at=None, disabled_reason=None)
            await webhooks.save(transaction.connection, webhook)
            if change.enabled is False:
                await disable(transaction, webhook_id, "owner")
            return await _find(transaction, webhook_id)

    async def remove(self, user_id: UUID, webhook_id: UUID) -> None:
        """With its log."""
        async with self._transactions.open(user_id) as transaction:
            if not await webhooks.remove(transaction.connection, user_id, webhook_id):
                raise _no_such_webhook()

    async def renew_secret(self, user_id: UUID, webhook_id: UUID) -> tuple[Webhook, Secret]:
        """What is sent from now on is signed with a new secret, also what did not arrive before."""
        secret = new_secret()
        async with self._transactions.open(user_id) as transaction:
            webhook = await _find(transaction, webhook_id)
            webhook = structs.replace(webhook, sealed=self._vault.seal_webhook_secret(webhook_id, secret))
            await webhooks.save_secret(transaction.connection, webhook)
        return webhook, secret

    async def test(self, user_id: UUID, webhook_id: UUID) -> Delivery:
        """Send something, on the way that all events take."""
        async with self._transactions.open(user_id) as transaction:
            _require_enabled(await _find(transaction, webhook_id))
            announcement = Trial(user_id=user_id, webhook_id=webhook_id)
            delivery_id = await deliver(transaction, webhook_id, announcement)
            return await _find_delivery(transaction, webhook_id, delivery_id)

    async def deliver_again(self, user_id: UUID, webhook_id: UUID, delivery_id: UUID) -> Delivery:
        """The same once more, under the same id, whatever became of it."""
        async with self._transactions.open(user_id) as transaction:
            _require_enabled(await _find(transaction, webhook_id))
            await _find_delivery(transaction, webhook_id, delivery_id)
            await deliveries.begin_again(transaction.connection, delivery_id, now=transaction.now)
            transaction.has_deliveries = True
            return await _find_delivery(transaction, webhook_id, delivery_id)

    async def log_of(
        self, user_id: UUID, webhook_id: UUID, *, before: UUID | None, limit: int
    ) -> Sequence[Delivery]:
        """What was sent or is waiting, the newest first."""
        async with self._database.read() as connection:
            if await webhooks.find(connection, user_id, webhook_id) is None:
                raise _no_such_webhook()
            return await deliveries.log_of(connection, webhook_id, before=before, limit=limit)


async def _find(transaction: UserTransaction, webhook_id: UUID) -> Webhook:
    webhook = await webhooks.find(transaction.connection, transaction.user_id, webhook_id)
    if webhook is None:
        raise _no_such_webhook()
    return webhook


async def _find_delivery(transaction: UserTransaction, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    delivery = await deliveries.find(transaction.connection, webhook_id, delivery_id)
    if delivery is None:
        raise ApiError("delivery_not_found", 404, "This webhook has no such delivery.")
    return delivery


def _no_such_webhook() -> ApiError:
    return ApiError("webhook_not_found", 404, "You have no such webhook.")


def _require_enabled(webhook: Webhook) -> None:
    if webhook.disabled_at is not None:
        raise ApiError("webhook_disabled", 409, "This webhook is disabled; enable it first.")


def _chosen(events: tuple[str, ...]) -> tuple[str, ...]:
    if not events or not set(events) <= set(EVENTS):
        raise ApiError("unknown_event", 400, f"Choose events among {', '.join(EVENTS)}.", field="events")
    return tuple(event for event in EVENTS if event in events)
