"""The webhooks of a node, put together."""

import asyncio
from typing import NoReturn

import httpx

from cratesync.engine.provider import Provider
from cratesync.engine.tasks import Identity
from cratesync.server.clock import Clock
from cratesync.server.store.database import Database
from cratesync.server.ticking import tick_for_ever
from cratesync.server.transaction import Transactions
from cratesync.server.vault import Vault
from cratesync.server.webhooks import overdue, sending
from cratesync.server.webhooks.addresses import Resolve, Targets
from cratesync.server.webhooks.desk import WebhookDesk
from cratesync.server.webhooks.overdue import OverdueWatch
from cratesync.server.webhooks.posting import Post
from cratesync.server.webhooks.sending import Sender


class Webhooks:
    """The constructor opens nothing. `news` is what `transactions` set after a commit with something to send."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        vault: Vault,
        clock: Clock,
        provider: Provider,
        news: asyncio.Event,
        private_allowed: bool,
        resolve: Resolve,
    ) -> None:
        targets = Targets(
            forbidden_hosts=frozenset({_host_of(provider)}), private_allowed=private_allowed, resolve=resolve
        )
        self.desk = WebhookDesk(database=database, transactions=transactions, vault=vault, targets=targets)
        self.sender = Sender(
            database=database,
            transactions=transactions,
            vault=vault,
            post=Post(targets),
            clock=clock,
            news=news,
        )
        self.overdue = OverdueWatch(database=database, transactions=transactions, clock=clock)
        self._news = news
        self._ticking: list[asyncio.Task[NoReturn]] = []

    def start(self) -> None:
        """Begin to tick."""
        sender = tick_for_ever("webhooks", self.sender.tick, every=sending.TICK_SECONDS, bell=self._news)
        watch = tick_for_ever("overdue mirrors", self.overdue.tick, every=overdue.TICK_SECONDS)
        self._ticking += [asyncio.create_task(sender), asyncio.create_task(watch)]

    async def drain(self) -> None:
        """Stop ticking, and finish what is under way."""
        for ticking in self._ticking:
            ticking.cancel()
        await asyncio.gather(*self._ticking, return_exceptions=True)
        await self.sender.stop()


def _host_of(provider: Provider) -> str:
    """All calls of a provider go below one base URL; the one that asks for the identity shows it."""
    return httpx.URL(provider.build("collection", Identity(), None).url).raw_host.decode()
