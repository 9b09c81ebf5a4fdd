"""The bell of a node, put together. On SQLite there is none: there is one node, and it hears itself."""

import asyncio
from hashlib import blake2b
from typing import NoReturn

from prometheus_client import CollectorRegistry

from cratesync.server.bell import catching_up
from cratesync.server.bell.bell import Bell
from cratesync.server.bell.catching_up import CatchingUp
from cratesync.server.bell.every_node import EveryNode
from cratesync.server.bell.hearing import Hearing
from cratesync.server.bell.metrics import BellMetrics
from cratesync.server.bell.postgres_bell import PostgresBell
from cratesync.server.bell.ringer import Ringer, RingerTiming
from cratesync.server.bell.valkey_bell import ValkeyBell
from cratesync.server.clock import Clock
from cratesync.server.gateway.hub import Hub
from cratesync.server.news import News
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.ticking import tick_for_ever
from cratesync.server.vault import Vault


def bell_of(settings: Settings, vault: Vault) -> Bell | None:
    """Valkey's where a setting names one, else PostgreSQL's; none on SQLite."""
    if settings.database_url.get_backend_name() != "postgresql":
        return None
    if settings.bell_url is not None:
        return ValkeyBell(settings.bell_url, _channel(settings, vault))
    return PostgresBell(settings.database_url, settings.database_schema)


class OnTheBell:
    """A node's part in it. The constructor opens nothing. `audience` is told after each commit."""

    def __init__(
        self,
        *,
        node: str,
        bell: Bell,
        hub: Hub,
        registry: CollectorRegistry,
        timing: RingerTiming | None = None,
    ) -> None:
        self._node = node
        self._hub = hub
        self._metrics = BellMetrics(registry)
        self.ringer = Ringer(node=node, bell=bell, metrics=self._metrics, timing=timing)
        self.audience = EveryNode(hub, self.ringer)
        self._running: list[asyncio.Task[NoReturn]] = []

    def start(self, *, database: Database, news: News, clock: Clock) -> None:
        """Begin to listen, and to look after what is not heard."""
        late = CatchingUp(
            database=database,
            hub=self._hub,
            news=news,
            clock=clock,
            is_ringing=lambda: self.ringer.is_ringing,
        )
        hearing = Hearing(
            node=self._node, hub=self._hub, catching_up=late, metrics=self._metrics, echo=self.ringer.echo
        )
        looking = tick_for_ever("catching up", late.tick, every=catching_up.TICK_SECONDS, bell=late.woken)
        listening = self.ringer.run(hearing.hear, found=late.look_at_everybody)
        self._running += [asyncio.create_task(looking), asyncio.create_task(listening)]

    async def stop(self) -> None:
        """Say what still waits, and leave."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.ringer.stop()


def _channel(settings: Settings, vault: Vault) -> str:
    """What all nodes of one installation share and no other one has: where the tables are, and the oldest of the signing keys, which
    stays the same while a new one is being given to one node after the other."""
    oldest = vault.signing_keys[-1].public_key
    place = "\n".join((oldest, settings.database_url.database or "", settings.database_schema or ""))
    return f"cratesync:bell:{blake2b(place.encode(), digest_size=12).hexdigest()}"
