"""One-time links: the first account of a new server, and signing in without a password."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from browser import browser
from cratesync.server.accounts import first_username
from cratesync.server.accounts.login_attempts import CODE_FREE_FAILURES
from cratesync.server.clock import HandClock
from cratesync.server.store.tables import sign_in_codes, users
from running_server import PASSWORD, running_server


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def page(server):
    async with browser(server) as page:
        yield page


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def first_code(server) -> str:
    return (await server.server.sign_in_codes.for_first_account()).text.reveal()


async def sign_in_code(server, page) -> str:
    """A code that signs in whoever is signed in here."""
    me = (await page.caller.get("/api/users/me")).json()
    return (await server.server.sign_in_codes.for_signing_in(UUID(me["id"]))).text.reveal()


class TestTheFirstAccount:
    async def test_is_made_by_the_link_alone_and_has_no_password(self, server, page):
        answer = await page.follow(await first_code(server), username="ada")

        assert answer.status_code == 201
        assert page.cookie is not None
        me = (await page.caller.get("/api/users/me")).json()
        assert (me["username"], me["isOwner"], me["hasPassword"]) == ("ada", True, False)
        assert (await page.refresh()).status_code == 200
        for password in ("", "x" * 8):
            assert code(await page.sign_in("ada", password)) == (401, "bad_credentials")

    async def test_is_named_after_whoever_runs_the_server(self, server, page):
        answer = await page.follow(await first_code(server))
        assert answer.json()["user"]["username"] == first_username.first_username()

    async def test_is_not_made_under_a_name_that_breaks_the_rules(self, server, page):
        link = await first_code(server)
        assert code(await page.follow(link, username="a b")) == (400, "invalid_username")
        assert (await page.follow(link)).status_code == 201

    async def test_is_made_once_however_many_follow_the_link(self, server, page):
        link = await first_code(server)
        answers = await asyncio.gather(*(page.follow(link, username=f"user{n}") for n in range(5)))

        assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401, 401]
        assert await rows(server, users.c.is_owner) == [True]

    async def test_has_one_link_at_a_time(self, server, page):
        earlier, later = await first_code(server), await first_code(server)

        assert code(await page.follow(earlier)) == (401, "bad_code")
        assert (await page.follow(later)).status_code == 201

    async def test_has_no_link_once_it_is_there(self, server, page):
        link = await first_code(server)
        await page.register()

        assert await server.server.sign_in_codes.for_first_account() is None
        assert code(await page.follow(link)) == (401, "bad_code")

    async def test_may_be_made_with_name_and_password_too(self, settings, clock):
        closed = replace(settings, open_registration=False)
        async with running_server(closed, clock) as server, browser(server) as page:
            answer = await page.register("ada", invitation=await first_code(server))

        assert answer.status_code == 201
        assert (answer.json()["user"]["isOwner"], answer.json()["user"]["hasPassword"]) == (True, True)

    async def test_of_many_at_once_is_one(self, server, page):
        await asyncio.gather(*(page.register(f"user{number}") for number in range(6)))
        assert sorted(await rows(server, users.c.is_owner)) == [False] * 5 + [True]


async def rows(server, column):
    async with server.server.database.read() as connection:
        return (await connection.execute(select(column))).scalars().all()


@pytest.mark.parametrize(
    ("os_name", "expected"),
    [("ada", "ada"), ("Ada Lovelace!", "AdaLovelace"), ("é", "me"), ("", "me"), ("x" * 65, "me")],
)
def test_the_name_of_the_operating_system_is_tidied(monkeypatch, os_name, expected):
    monkeypatch.setattr("getpass.getuser", lambda: os_name)
    assert first_username.first_username() == expected


def test_a_process_whose_user_has_no_name_is_me(monkeypatch):
    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert first_username.first_username() == "me"


class TestSigningInByLink:
    async def test_works_once(self, server, page):
        await page.register()
        link = await sign_in_code(server, page)
        async with browser(server) as other:
            answer = await other.follow(link)
            assert (answer.status_code, answer.json()["user"]["username"]) == (200, "anna")
            assert other.cookie is not None
            assert code(await other.follow(link)) == (401, "bad_code")
            assert (await other.refresh()).status_code == 200

    async def test_works_for_one_of_many_at_once(self, server, page):
        await page.register()
        link = await sign_in_code(server, page)
        answers = await asyncio.gather(*(page.follow(link) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]

    async def test_ends_with_a_new_password(self, server, page):
        await page.register()
        link = await sign_in_code(server, page)
        change = {"currentPassword": PASSWORD, "newPassword": "another password"}
        assert (await page.caller.put("/api/auth/password", change)).status_code == 204

        assert code(await page.follow(link)) == (401, "bad_code")


class TestACode:
    @pytest.mark.parametrize(("purpose", "hours"), [("first_account", 24), ("sign_in", 1)])
    async def test_ends_after_a_while(self, server, page, clock, purpose, hours):
        if purpose == "first_account":
            early, late = await first_code(server), None
        else:
            await page.register()
            early, late = [await sign_in_code(server, page) for _ in range(2)]
        clock.advance(hours * 3600 - 1)
        if late is not None:
            assert (await page.follow(late)).status_code == 200
        clock.advance(1)
        assert code(await page.follow(early)) == (401, "bad_code")
        await server.server.syncing.reaper.clean()
        assert await rows(server, sign_in_codes.c.id) == []

    async def test_is_stored_as_a_hash_only(self, server):
        text = await first_code(server)
        async with server.server.database.read() as connection:
            row = (await connection.execute(select(sign_in_codes))).one()

        assert len(row.code_hash) == 32
        assert text not in str(row)
        assert row.expires_at - row.created_at == timedelta(hours=24)

    @pytest.mark.parametrize("text", ["", "nonsense", "crl_" + "x" * 32, "é", "x" * 10_000])
    async def test_that_was_never_made_is_refused(self, page, text):
        assert code(await page.follow(text)) == (401, "bad_code")

    async def test_cannot_be_guessed_at_for_long(self, page, clock):
        for _ in range(CODE_FREE_FAILURES):
            assert code(await page.follow("nonsense")) == (401, "bad_code")

        assert code(await page.follow("nonsense")) == (429, "too_many_requests")
        assert code(await page.register(invitation="nonsense")) == (429, "too_many_requests")
        clock.advance(2)
        assert code(await page.follow("nonsense")) == (401, "bad_code")

    async def test_that_is_good_is_taken_whoever_guessed_from_the_same_address(self, server, page):
        link = await first_code(server)
        for _ in range(CODE_FREE_FAILURES + 1):
            await page.follow("nonsense")

        assert (await page.follow(link, username="ada")).status_code == 201
        invitation = (await page.caller.post("/api/auth/invitations")).json()["code"]
        assert (await page.register("berta", invitation=invitation)).status_code == 201
