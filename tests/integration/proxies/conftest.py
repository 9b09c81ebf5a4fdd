"""A server behind a real reverse proxy, under `/cratesync`."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import URL

from cratesync.client.tls import tls_context
from cratesync.server.settings import Settings
from integration.proxies.certificates import Certificates, issue
from integration.proxies.reverse_proxies import NGINX, Kind, Way, free_port, running_proxy
from integration.sync.stage import Stage, staged
from running_server import RunningServer, running_server

PATH = "/cratesync"
PROXY = "127.0.0.1"
"""Where proxies connect from."""

Behind = Callable[..., AbstractAsyncContextManager[RunningServer]]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    return issue(tmp_path_factory.mktemp("certificates") / "made")


@pytest.fixture
def database_url(sqlite_template, tmp_path) -> URL:
    """How a request comes in is the same on every database: here SQLite is enough."""
    path = tmp_path / "cratesync.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return URL.create("sqlite+inline", database=str(path))


@pytest.fixture
def trusted_authority(certificates, monkeypatch) -> None:
    """Our client trusts the test's authority, in the way that is documented."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.fixture
def behind(database_url, tmp_path, certificates, clock) -> Behind:
    """Opens a server behind a proxy. It trusts that, unless the settings say otherwise."""

    @asynccontextmanager
    async def open_(
        kind: Kind = NGINX, *, tls: bool = True, strips: bool = False, **settings: Any
    ) -> AsyncIterator[RunningServer]:
        port = free_port()
        url = f"http{'s' if tls else ''}://127.0.0.1:{port}{PATH}"
        chosen = {"data_dir": tmp_path, "database_url": database_url, "public_url": url}
        chosen |= {"trusted_proxies": (PROXY,), "open_registration": True} | settings
        async with running_server(Settings(**chosen), clock) as running:
            way = Way(port, port_of(running), certificates if tls else None, strips)
            async with through(kind, way, tmp_path / kind.program, running, url) as seen:
                yield seen

    return open_


@pytest.fixture
def open_stage(database_url, tmp_path, certificates, trusted_authority):
    """Opens a whole stage for syncs whose server is reached through a proxy, over TLS."""

    @asynccontextmanager
    async def open_(kind: Kind, *, strips: bool) -> AsyncIterator[Stage]:
        port = free_port()
        url = f"https://127.0.0.1:{port}{PATH}"
        async with staged(
            database_url, tmp_path, public_url=url, trusted_proxies=(PROXY,), open_registration=True
        ) as stage:
            way = Way(port, port_of(stage.running), certificates, strips)
            async with through(kind, way, tmp_path / kind.program, stage.running, url) as seen:
                stage.running = seen
                yield stage

    return open_


@asynccontextmanager
async def through(
    kind: Kind, way: Way, folder: Path, running: RunningServer, url: str
) -> AsyncIterator[RunningServer]:
    """The same server, seen from before a proxy."""
    verify = way.certificates.trusting() if way.certificates else False
    with running_proxy(kind, way, folder):
        async with httpx.AsyncClient(base_url=url, verify=verify, timeout=20, trust_env=False) as http:
            yield RunningServer(running.server, url, http)


def port_of(running: RunningServer) -> int:
    return int(running.url.rpartition(":")[2])
