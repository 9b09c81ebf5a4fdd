"""Sends what is due to webhooks: at least once, a few at a time, beside other nodes that do the same."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from cratesync.server.clock import Clock
from cratesync.server.store import deliveries, webhooks
from cratesync.server.store.database import Database
from cratesync.server.store.deliveries import Delivery, Waiting
from cratesync.server.store.webhooks import Webhook
from cratesync.server.ticking import sparing_the_others
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.uninterrupted import uninterrupted
from cratesync.server.vault import SealBrokenError, Vault
from cratesync.server.webhooks.disabling import disable
from cratesync.server.webhooks.posting import Arrived, Missed, Post
from cratesync.server.webhooks.retrying import ATTEMPTS_MAX, wait_after
from cratesync.server.webhooks.signing import signed_headers

TICK_SECONDS = 5.0
LEASE = timedelta(seconds=60)
"""A try takes ten seconds at most; whoever says nothing for a minute has died, and it is tried again."""
AT_ONCE_MAX = 8
OF_ONE_USER_AT_ONCE_MAX = 2
FINISH_SECONDS = 2.0

_log = structlog.stdlib.get_logger(__name__)


class Sender:
    """One delivery at a time to each webhook. `news` is set where there may be something to send."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        vault: Vault,
        post: Post,
        clock: Clock,
        news: asyncio.Event,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._vault = vault
        self._post = post
        self._clock = clock
        self._news = news
        # By webhook: whose it is, and the work.
        self._under_way: dict[UUID, tuple[UUID, asyncio.Task[None]]] = {}

    async def tick(self) -> None:
        """Claim what is due and begin to send it. The sending itself goes on beside whoever ticks."""
        chosen = await self._choose()
        if not chosen:
            return
        now = self._clock.now()
        async with self._database.write() as connection:
            claimed = await deliveries.claim(
                connection, [each.id for each in chosen], now=now, until=now + LEASE
            )
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way[delivery.webhook_id] = (delivery.user_id, task)
            task.add_done_callback(partial(self._is_free, delivery.webhook_id))

    async def stop(self) -> None:
        """When nobody ticks any more: finish what is under way, for a moment. What is cut off comes again later."""
        tasks = [task for _, task in self._under_way.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _choose(self) -> list[Waiting]:
        """Of each webhook one, and of each user two, so that nobody's slow receiver holds up everybody's news."""
        chosen: list[Waiting] = []
        busy = set(self._under_way)
        of_user = Counter(user_id for user_id, _ in self._under_way.values())
        async with self._database.read() as connection:
            while len(busy) < AT_ONCE_MAX:
                waiting = await deliveries.next_due(
                    connection,
                    now=self._clock.now(),
                    busy=busy,
                    busy_users=[user for user, count in of_user.items() if count >= OF_ONE_USER_AT_ONCE_MAX],
                )
                if waiting is None:
                    break
                chosen.append(waiting)
                busy.add(waiting.webhook_id)
                of_user[waiting.user_id] += 1
        return chosen

    def _is_free(self, webhook_id: UUID, task: asyncio.Task[None]) -> None:
        del self._under_way[webhook_id]
        self._news.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The database was away. What was claimed is tried again after its lease.
            _log.warning("webhook_not_settled", webhook_id=str(webhook_id), error=type(error).__name__)

    async def _deliver(self, delivery: Delivery) -> None:
        with sparing_the_others("webhooks", delivery.user_id):
            async with self._database.read() as connection:
                webhook = await webhooks.find(connection, delivery.user_id, delivery.webhook_id)
            if webhook is None:
                return
            result = await self._try(webhook, delivery)
            await uninterrupted(self._settle(delivery, webhook.url, result))

    async def _try(self, webhook: Webhook, delivery: Delivery) -> Arrived | Missed:
        if delivery.attempts > ATTEMPTS_MAX:
            return Missed(None, "Every try was cut off before its end.")
        body = delivery.payload.encode()
        try:
            secret = self._vault.open_webhook_secret(webhook.id, webhook.sealed)
        except SealBrokenError:
            return Missed(
                None, "The webhook's secret cannot be opened by this server's keys; make a new one."
            )
        timestamp = int(self._clock.now().timestamp())
        headers = signed_headers(secret, id_=str(delivery.id), timestamp=timestamp, body=body)
        return await self._post.send(webhook.url, body, headers)

    async def _settle(self, delivery: Delivery, url: str, result: Arrived | Missed) -> None:
        async with self._transactions.open(delivery.user_id) as transaction:
            if isinstance(result, Arrived):
                await deliveries.succeed(
                    transaction.connection, delivery, response_status=result.status, now=transaction.now
                )
            else:
                await self._settle_missed(transaction, delivery, url, result)
        _log.info(
            "webhook_tried",
            user_id=str(delivery.user_id),
            webhook_id=str(delivery.webhook_id),
            delivery_id=str(delivery.id),
            event_type=delivery.event,
            attempt=delivery.attempts,
            status=result.status,
        )

    async def _settle_missed(
        self, transaction: UserTransaction, delivery: Delivery, url: str, missed: Missed
    ) -> None:
        connection, now = transaction.connection, transaction.now
        webhook = await webhooks.find(connection, transaction.user_id, delivery.webhook_id)
        if webhook is None:
            return
        # Its owner may have named another receiver meanwhile: that one is not gone.
        gone = missed.gone and webhook.url == url
        wait = None if gone else wait_after(delivery.attempts, roll=random.random())
        if wait is not None:
            await deliveries.put_off(
                connection,
                delivery,
                due_at=now + wait,
                response_status=missed.status,
                error=missed.error,
                now=now,
            )
            return
        await deliveries.fail(
            connection, delivery, response_status=missed.status, error=missed.error, now=now
        )
        if gone:
            await disable(transaction, delivery.webhook_id, "gone")
        elif not await deliveries.any_arrived(connection, delivery.webhook_id, since=delivery.created_at):
            await disable(transaction, delivery.webhook_id, "failing")
