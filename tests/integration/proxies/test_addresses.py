"""Whoever guesses passwords is known by their own address, and cannot choose it."""

import itertools

import httpx
import pytest
from msgspec import structs

from cratesync.server.accounts.login_attempts import FREE_FAILURES
from integration.proxies.conftest import PROXY
from integration.proxies.reverse_proxies import CADDY, HAPROXY, NGINX
from running_server import RunningServer, running_server

GUESSER, SOMEBODY = "127.0.0.5", "127.0.0.6"
"""Two machines, as far as the proxy sees."""


class Guesser:
    """Tries passwords of anna's from one address."""

    def __init__(self, url: str, address: str, certificates) -> None:
        self._url = url
        self._transport = httpx.AsyncHTTPTransport(local_address=address, verify=certificates.trusting())

    async def guess(self, **headers: str) -> int:
        body = {"username": "anna", "password": "not her password"}
        async with httpx.AsyncClient(transport=self._transport) as http:
            answer = await http.post(f"{self._url}/api/auth/login", json=body, headers=headers)
        return answer.status_code


async def is_slowed(server: RunningServer, certificates, address: str, **headers: str) -> bool:
    """Whether one guess more from there comes too early."""
    return await Guesser(server.url, address, certificates).guess(**headers) == 429


async def guess_too_often(server: RunningServer, certificates, address: str = GUESSER) -> None:
    """Each time with another lie about where it comes from."""
    lies = (f"198.51.100.{number}" for number in itertools.count(1))
    for _ in range(FREE_FAILURES):
        assert not await is_slowed(server, certificates, address, **{"X-Forwarded-For": next(lies)})
    assert await is_slowed(server, certificates, address, **{"X-Forwarded-For": next(lies)})


@pytest.mark.parametrize("kind", [NGINX, HAPROXY, CADDY], ids=lambda kind: kind.program)
async def test_a_guesser_is_slowed_whatever_address_they_claim_and_nobody_else_is(behind, certificates, kind):
    async with behind(kind) as server:
        await server.register()
        await guess_too_often(server, certificates)
        assert await is_slowed(server, certificates, GUESSER)
        assert not await is_slowed(server, certificates, SOMEBODY)


async def test_behind_a_proxy_nobody_vouched_for_all_share_its_address(behind, certificates):
    async with behind(trusted_proxies=()) as server:
        await server.register()
        await guess_too_often(server, certificates)
        assert await is_slowed(server, certificates, SOMEBODY)


async def test_who_goes_around_the_proxy_is_not_believed(settings, clock, certificates):
    trusting = structs.replace(settings, trusted_proxies=(PROXY,), open_registration=True)
    async with running_server(trusting, clock) as server:
        await server.register()
        await guess_too_often(server, certificates)
        assert not await is_slowed(server, certificates, SOMEBODY)
