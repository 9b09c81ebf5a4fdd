"""Both bells: every test that asks for one runs on PostgreSQL's notifications and on Valkey's channels."""

from collections.abc import Iterator

import asyncpg
import pytest
import redis.asyncio

from cratesync.server.bell.bell import Bell
from cratesync.server.bell.postgres_bell import PostgresBell
from cratesync.server.bell.valkey_bell import ValkeyBell
from cratesync.server.secret import Secret
from integration.proxies.reverse_proxies import free_port
from valkey import RunningValkey, running_valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[RunningValkey]:
    with running_valkey(free_port()) as running:
        yield running


class PostgresBells:
    """Bells on one database, an installation a schema."""

    url = None  # the one that a node has without a setting

    def __init__(self, url) -> None:
        self._url = url

    async def of(self, installation: str = "public") -> Bell:
        await self._run(f'CREATE SCHEMA IF NOT EXISTS "{installation}"')
        return PostgresBell(self._url, installation)

    async def cut(self) -> None:
        """Every line there is."""
        await self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cratesync bell' AND datname = current_database()"
        )

    def absent(self) -> Bell:
        return PostgresBell(self._url.set(host="127.0.0.1", port=1, query={}, password="geheim"), None)

    async def _run(self, statement: str) -> None:
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class ValkeyBells:
    """Bells on one server, an installation a channel."""

    def __init__(self, valkey: RunningValkey) -> None:
        self.url = Secret(valkey.url)

    async def of(self, installation: str = "public") -> Bell:
        return ValkeyBell(self.url, installation)

    async def cut(self) -> None:
        """Every line there is."""
        async with redis.asyncio.Redis.from_url(self.url.reveal()) as client:
            await client.client_kill_filter(_type="pubsub")

    def absent(self) -> Bell:
        return ValkeyBell(Secret("redis://:geheim@127.0.0.1:1/0"), "channel")


Bells = PostgresBells | ValkeyBells


@pytest.fixture(params=["postgresql", "valkey"])
def bells(request) -> Bells:
    if request.param == "valkey":
        return ValkeyBells(request.getfixturevalue("valkey"))
    return PostgresBells(request.getfixturevalue("postgres_database"))
