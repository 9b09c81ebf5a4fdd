"""The client put together: who signs in, what may be called, and one presence at the server."""

import asyncio
import contextlib
import logging
import platform
import random
from collections.abc import AsyncIterator
from typing import NamedTuple

from msgspec import Struct, structs

from cratesync import __version__
from cratesync.client.api import Accounts, Api, PasswordEntrance
from cratesync.client.backoff import CAP_SECONDS, FIRST_SECONDS, Backoff
from cratesync.client.client_id import ClientId
from cratesync.client.clock import SYSTEM_CLOCK, Clock
from cratesync.client.connection import Connection, Timing
from cratesync.client.credentials import Credentials
from cratesync.client.errors import ClientError, SignInRefusedError, only_client_error
from cratesync.client.events import Observer
from cratesync.client.fetch import HttpFetch, http_for_calls
from cratesync.client.folder import Folder
from cratesync.client.guard import Guard
from cratesync.client.outbox import Outbox
from cratesync.client.pin_book import PinBook
from cratesync.client.presence import Presence
from cratesync.client.proxy import Proxy
from cratesync.client.rest import Rest, http_for_rest
from cratesync.client.server_url import ServerUrl
from cratesync.client.settings import ClientSettings
from cratesync.client.sign_in import HINT, PasswordSignIn, SignIn, StoredToken
from cratesync.client.tls import tls_context
from cratesync.protocol.messages import ClientInfo
from cratesync.protocol.upstream import Upstream
from cratesync.providers.discogs.allow_list import UPSTREAM

USER_AGENT = f"Cratesync/{__version__} +headless"
START_SECONDS = 10.0
LEAVE_SECONDS = 2.0


class Setup(Struct, frozen=True):
    """Everything that a command decides. `start_seconds` bounds the time until the first connection; `kind` is what the
    client calls itself, `server` for one that a server runs for itself."""

    settings: ClientSettings
    server: ServerUrl
    start_seconds: float | None = START_SECONDS
    kind: str = "headless"
    timing: Timing = Timing()
    first_retry_seconds: float = FIRST_SECONDS
    retry_cap_seconds: float = CAP_SECONDS
    clock: Clock = SYSTEM_CLOCK

    @property
    def folder(self) -> Folder:
        """The client's folder."""
        return Folder(self.settings.folder)


class Headless(NamedTuple):
    """A client that is running."""

    api: Api
    presence: Presence


def hush_http_logs() -> None:
    """httpx and httpcore log URLs with their queries."""
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextlib.asynccontextmanager
async def rest(setup: Setup) -> AsyncIterator[Rest]:
    """REST alone, for what needs no socket."""
    hush_http_logs()
    async with http_for_rest(user_agent=USER_AGENT, verify=tls_context()) as http:
        yield Rest(http, setup.server)


def sign_in_for(setup: Setup, accounts: Accounts) -> tuple[str, SignIn]:
    """Whose name the client goes by, and its tokens: the environment's, or what `login` stored."""
    settings = setup.settings
    if settings.token is not None:
        return "token", StoredToken(settings.token)
    if account := settings.account:
        entrance = PasswordEntrance(accounts, account.username, account.password)
        return account.username, PasswordSignIn(entrance, setup.clock.monotonic)
    if stored := Credentials(setup.folder).account(setup.server):
        return stored.username, StoredToken(stored.secret)
    raise SignInRefusedError(f"Nobody is signed in at {setup.server.base}. {HINT}")


@contextlib.asynccontextmanager
async def signed_in(setup: Setup) -> AsyncIterator[Api]:
    """The REST API as the user."""
    async with rest(setup) as way:
        _, sign_in = sign_in_for(setup, Accounts(way))
        try:
            yield Api(way, sign_in)
        finally:
            await _leave(sign_in)


async def _leave(sign_in: SignIn) -> None:
    """Politely, and without waiting for long: what is not ended ends by itself."""
    with contextlib.suppress(ClientError, TimeoutError):
        async with asyncio.timeout(LEAVE_SECONDS):
            await sign_in.leave()


@contextlib.asynccontextmanager
async def headless(
    setup: Setup, observe: Observer, *, upstream: Upstream | None = None
) -> AsyncIterator[Headless]:
    """A client that serves requests while the body runs. Raises `ClientError` where it cannot go on.

    Its calls go to the `upstream`: Discogs at the address of the settings, unless told otherwise.
    """
    upstream = upstream or structs.replace(UPSTREAM, base_url=setup.settings.discogs_url)
    try:
        async with contextlib.AsyncExitStack() as stack:
            way = await stack.enter_async_context(rest(setup))
            name, sign_in = sign_in_for(setup, Accounts(way))
            stack.push_async_callback(_leave, sign_in)
            client_id = stack.enter_context(ClientId(setup.folder, setup.server, name))
            http = await stack.enter_async_context(
                http_for_calls(
                    local_address=setup.settings.local_address,
                    calls_max=setup.settings.max_in_flight,
                    verify=tls_context(),
                )
            )
            async with asyncio.TaskGroup() as tasks:
                proxy = Proxy(
                    guard=Guard(upstream.base_url, upstream.allow_list, upstream.authorization),
                    fetch=HttpFetch(http, user_agent=USER_AGENT, rate_header=upstream.rate_header),
                    outbox=Outbox(),
                    calls=tasks,
                    monotonic=setup.clock.monotonic,
                    observe=observe,
                    max_in_flight=setup.settings.max_in_flight,
                )
                presence = _presence(setup, client_id, proxy, sign_in, observe)
                running = tasks.create_task(presence.run())
                yield Headless(Api(way, sign_in), presence)
                presence.stop()
                await running
                proxy.abandon()
    except BaseExceptionGroup as group:
        if fault := only_client_error(group):
            raise fault from None
        raise


def _presence(setup: Setup, client_id: str, proxy: Proxy, sign_in: SignIn, observe: Observer) -> Presence:
    pins = PinBook(setup.folder, observe)
    connection = Connection(
        url=setup.server.socket,
        client=ClientInfo(
            client_id=client_id,
            kind=setup.kind,
            name=platform.node()[:200],
            version=__version__,
            max_in_flight=setup.settings.max_in_flight,
            reads_rate_limit_headers=True,
        ),
        user_agent=USER_AGENT,
        sign_in=sign_in,
        trust=lambda offered: pins.trust(setup.server, offered),
        proxy=proxy,
        observe=observe,
        clock=setup.clock,
        tls=tls_context() if setup.server.base.startswith("https:") else None,
        timing=setup.timing,
    )
    return Presence(
        connection,
        proxy=proxy,
        sign_in=sign_in,
        backoff=Backoff(
            random.uniform, first_seconds=setup.first_retry_seconds, cap_seconds=setup.retry_cap_seconds
        ),
        monotonic=setup.clock.monotonic,
        observe=observe,
        start_seconds=setup.start_seconds,
    )
