from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cratesync.simulator import Simulator, SimulatorConfig

BASE_URL = "http://discogs.test"
ADA = {"Authorization": "Discogs token=token-of-ada"}


class HandClock:
    """Time that passes when it is told to, and when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def discogs(clock):
    """A simulator with one user, ada, of 250 items and 30 wants."""
    simulator = Simulator(SimulatorConfig(throttle_body="message"), clock=clock)
    simulator.add_user("ada", "token-of-ada", items=250, wants=30)
    return simulator


@pytest.fixture
async def ada(discogs) -> AsyncIterator[httpx.AsyncClient]:
    """Calls as ada, without a socket."""
    async with client_of(discogs, headers=ADA) as client:
        yield client


@pytest.fixture
async def stranger(discogs) -> AsyncIterator[httpx.AsyncClient]:
    """Calls without credentials, from another address."""
    async with client_of(discogs, address="127.0.0.9") as client:
        yield client


@pytest.fixture
def calling(discogs):
    """Makes clients with other addresses and headers, or of another simulator."""
    return lambda simulator=discogs, headers=ADA, **how: client_of(simulator, headers=headers, **how)


def client_of(simulator, *, address="127.0.0.1", headers=None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=simulator, client=(address, 50000))
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)
