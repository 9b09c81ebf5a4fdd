"""The real server, in the test's own process and on a free port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from argon2 import PasswordHasher

from cratesync.engine.provider import Provider
from cratesync.server.app import Server
from cratesync.server.clock import Clock
from cratesync.server.listener import Listener, open_socket
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.settings import Settings
from cratesync.server.webhooks.addresses import Resolve, resolve_by_system

PASSWORD = "correct horse battery"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class RunningServer:
    """A server that listens, and a caller for it."""

    def __init__(self, server: Server, url: str, http: httpx.AsyncClient) -> None:
        self.server = server
        self.url = url
        self.http = http

    async def register(self, username: str = "anna", password: str = PASSWORD) -> "Caller":
        """Make an account and call in its name."""
        answer = await self.http.post("/api/auth/register", json={"username": username, "password": password})
        assert answer.status_code == 201, answer.text
        return Caller(self.http, answer.json()["accessToken"])

    def with_token(self, token: str) -> "Caller":
        """Call with any token."""
        return Caller(self.http, token)


class Caller:
    """Somebody who is signed in."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self.token = token

    async def get(self, path: str) -> httpx.Response:
        return await self.request("GET", path)

    async def post(self, path: str, json: object = None) -> httpx.Response:
        return await self.request("POST", path, json)

    async def put(self, path: str, json: object = None) -> httpx.Response:
        return await self.request("PUT", path, json)

    async def patch(self, path: str, json: object = None) -> httpx.Response:
        return await self.request("PATCH", path, json)

    async def delete(self, path: str, json: object = None) -> httpx.Response:
        return await self.request("DELETE", path, json)

    async def request(self, method: str, path: str, json: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self._http.request(method, path, headers=headers, json=json)


@asynccontextmanager
async def running_server(
    settings: Settings,
    clock: Clock,
    keys: SecretKeys | None = None,
    *,
    provider: Provider | None = None,
    hasher: PasswordHasher = QUICK_HASHER,
    resolve: Resolve = resolve_by_system,
) -> AsyncIterator[RunningServer]:
    """Start a server on a free port of loopback, and stop it cleanly."""
    keys = keys or settings.secret_keys or SecretKeys(new_key())
    server = Server(settings, clock, keys, provider=provider, hasher=hasher, resolve=resolve)
    with open_socket("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        await server.start()
        listener = Listener(server, listening)
        serving = asyncio.create_task(listener.serve())
        try:
            async with httpx.AsyncClient(base_url=url, timeout=20) as http:
                yield RunningServer(server, url, http)
        finally:
            listener.stop()
            await serving
            await server.stop()
