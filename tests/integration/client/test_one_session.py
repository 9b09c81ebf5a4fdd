"""The client at a real server: however long it runs with a name and a password, it is one session."""

from contextlib import asynccontextmanager

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from cratesync.client.api import Accounts, Api, PasswordEntrance
from cratesync.client.rest import Rest
from cratesync.client.secret import Secret
from cratesync.client.server_url import parse_server_url
from cratesync.client.sign_in import PasswordSignIn
from cratesync.server.clock import HandClock
from cratesync.server.store.tables import sessions
from running_server import PASSWORD, running_server


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def sign_in(server, clock):
    async with signing_in(server, clock) as sign_in:
        yield sign_in


@asynccontextmanager
async def signing_in(server, clock):
    await server.register("ada")
    async with server.server.database.write() as connection:
        await connection.execute(sessions.delete())
    async with httpx.AsyncClient() as http:
        accounts = Accounts(Rest(http, parse_server_url(server.url)))
        entrance = PasswordEntrance(accounts, "ada", Secret(PASSWORD))
        sign_in = PasswordSignIn(entrance, clock.steady)
        sign_in.api = Api(Rest(http, parse_server_url(server.url)), sign_in)
        yield sign_in


async def generations(server) -> list[int]:
    async with server.server.database.read() as connection:
        return list((await connection.execute(select(sessions.c.generation))).scalars())


async def test_it_goes_on_with_the_cookie(sign_in, server, clock):
    for _ in range(4):
        assert (await sign_in.api.me()).username == "ada"
        clock.advance(900)

    assert await generations(server) == [3]


async def test_it_comes_back_with_the_password_when_the_session_was_ended(sign_in, server, clock):
    await sign_in.token()
    async with server.server.database.write() as connection:
        await connection.execute(sessions.delete())

    assert (await sign_in.api.me()).username == "ada"
    assert await generations(server) == [0]


@pytest.mark.parametrize("public_url", [None, "https://nas.example", "http://127.0.0.1/crates"])
async def test_it_leaves_no_session_behind(settings, clock, public_url):
    """Not even where the server is reached around its public URL, so that the cookie does not come back."""
    public = replace(settings, public_url=public_url, open_registration=True)
    async with running_server(public, clock) as server, signing_in(server, clock) as sign_in:
        for _ in range(3):
            await sign_in.token()
            clock.advance(850)
            assert len(await generations(server)) == 1
        await sign_in.leave()

        assert await generations(server) == []
