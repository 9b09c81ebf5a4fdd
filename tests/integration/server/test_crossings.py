"""Two things that happen to one account at the same moment, each in the order that would do harm."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from browser import browser
from cratesync.server.accounts.accounts import remove_user, replace_password
from cratesync.server.edge import ApiError
from cratesync.server.ids import new_id
from cratesync.server.store import ledgers
from cratesync.server.store.access_tokens import StoredToken, insert_token
from cratesync.server.store.tables import sessions
from cratesync.server.store.users import find_user
from crossing import until_waiting
from running_server import PASSWORD, QUICK_HASHER


@pytest.fixture
async def page(server):
    async with browser(server) as page:
        await page.register()
        yield page


@pytest.fixture
async def user_id(page):
    return UUID((await page.caller.get("/api/users/me")).json()["id"])


@pytest.fixture
def database(server):
    return server.server.database


@pytest.fixture
def now(server):
    return server.server.clock.now()


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def stored_sessions(database):
    async with database.read() as connection:
        return (await connection.execute(select(sessions.c.id))).all()


async def test_no_link_is_followed_past_a_password_that_is_being_changed(
    server, page, user_id, database, now
):
    link = (await server.server.sign_in_codes.for_signing_in(user_id)).text.reveal()
    async with database.write() as connection:
        await find_user(connection, user_id, locked=True)
        following = asyncio.ensure_future(page.follow(link))
        await until_waiting(database, following)
        await replace_password(connection, user_id, QUICK_HASHER.hash("another password"), now, kept=None)

    assert code(await following) == (401, "bad_code")
    assert await stored_sessions(database) == []


async def test_no_password_signs_in_past_the_one_that_is_being_set(page, user_id, database, now):
    async with database.write() as connection:
        await find_user(connection, user_id, locked=True)
        signing_in = asyncio.ensure_future(page.sign_in())
        await until_waiting(database, signing_in)
        await replace_password(connection, user_id, QUICK_HASHER.hash("another password"), now, kept=None)

    assert code(await signing_in) == (401, "bad_credentials")
    assert await stored_sessions(database) == []


async def test_a_deletion_and_whatever_works_for_the_account_do_not_wait_for_each_other(
    page, user_id, database, now
):
    token = StoredToken(
        id=new_id(), name="n", scopes=("read",), created_at=now, expires_at=None, last_used_at=None
    )
    async with database.write() as connection:
        await ledgers.lock(connection, user_id)
        deleting = asyncio.ensure_future(page.caller.delete("/api/users/me", {"password": PASSWORD}))
        await until_waiting(database, deleting)
        await insert_token(connection, user_id, token, b"hash")  # a row that refers to the account

    assert (await deleting).status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/auth/tokens", {"name": "n", "scopes": ["read"]}),
        ("POST", "/api/auth/invitations", None),
        ("PUT", "/api/users/me/schedule", {"mode": "off"}),
    ],
)
async def test_whoever_is_deleted_just_now_is_not_signed_in(page, user_id, database, method, path, body):
    async with database.write() as connection:
        await remove_user(connection, user_id)
        calling = asyncio.ensure_future(page.caller.request(method, path, body))
        await until_waiting(database, calling)

    assert code(await calling) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("path", "body", "limit"),
    [
        (
            "/api/auth/tokens",
            {"name": "n", "scopes": ["read"]},
            "cratesync.server.api.access_tokens.TOKENS_MAX",
        ),
        ("/api/auth/invitations", None, "cratesync.server.accounts.sign_in_codes.INVITATIONS_MAX"),
    ],
)
async def test_a_limit_holds_for_many_at_once(page, monkeypatch, path, body, limit):
    monkeypatch.setattr(limit, 3)
    answers = await asyncio.gather(*(page.caller.post(path, body) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 17
    assert len((await page.caller.get(path)).json()["items"]) == 3


async def test_the_operators_invitations_are_limited_for_many_at_once_too(server, monkeypatch):
    monkeypatch.setattr("cratesync.server.accounts.sign_in_codes.INVITATIONS_MAX", 3)
    codes = server.server.sign_in_codes
    made = await asyncio.gather(*(codes.invite(None) for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(answer, ApiError) for answer in made) == 17
    assert len(await codes.invitations()) == 3
