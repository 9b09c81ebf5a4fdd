"""Changing the password, and having none."""

import asyncio

import pytest

from browser import browser
from cratesync.server.accounts.login_attempts import FREE_FAILURES
from cratesync.server.clock import HandClock
from running_server import PASSWORD

NEW = "another password"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def page(server):
    async with browser(server) as page:
        await page.register()
        yield page


@pytest.fixture
async def linked(server):
    """Somebody whose account was made by a link: it has no password."""
    async with browser(server) as page:
        first = await server.server.sign_in_codes.for_first_account()
        await page.follow(first.text.reveal(), username="ada")
        yield page


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def change(page, current, new=NEW):
    return await page.caller.put("/api/auth/password", {"currentPassword": current, "newPassword": new})


async def test_a_new_password_takes_the_place_of_the_old_one(page):
    assert (await change(page, PASSWORD)).status_code == 204

    assert code(await page.sign_in()) == (401, "bad_credentials")
    assert (await page.sign_in(password=NEW)).status_code == 200


async def test_a_new_password_ends_all_other_sessions_and_no_personal_token(page, server):
    made = await page.caller.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]})
    async with browser(server) as other:
        await other.sign_in()
        await change(page, PASSWORD)

        assert code(await other.caller.get("/api/users/me")) == (401, "not_signed_in")
        assert code(await other.refresh()) == (401, "not_signed_in")
    assert (await page.refresh()).status_code == 200
    assert (await server.with_token(made.json()["token"]).get("/api/users/me")).status_code == 200


async def test_the_current_password_is_needed(page):
    for wrong in ("wrong password", "", None, "x" * 2000):
        assert code(await change(page, wrong)) == (403, "bad_password")
    assert (await page.sign_in()).status_code == 200


async def test_guessing_the_current_password_is_slowed_down(page, clock):
    for _ in range(FREE_FAILURES):
        await change(page, "wrong password")

    assert code(await change(page, PASSWORD)) == (429, "too_many_requests")
    deletion = await page.caller.delete("/api/users/me", {"password": PASSWORD})
    assert code(deletion) == (429, "too_many_requests")
    clock.advance(2)
    assert (await change(page, PASSWORD)).status_code == 204


@pytest.mark.parametrize("password", ["1234567", "x" * 1025])
async def test_the_new_password_must_keep_the_rules(page, password):
    assert code(await change(page, PASSWORD, password)) == (400, "invalid_password")


async def test_of_two_changes_at_once_one_counts(page):
    answers = await asyncio.gather(*(change(page, PASSWORD, f"{NEW} {number}") for number in range(2)))

    assert sorted(answer.status_code for answer in answers) == [204, 403]
    (winner,) = (number for number, answer in enumerate(answers) if answer.status_code == 204)
    assert (await page.sign_in(password=f"{NEW} {winner}")).status_code == 200


class TestAnAccountWithoutAPassword:
    async def test_sets_its_first_one(self, linked):
        assert (await change(linked, None)).status_code == 204

        assert (await linked.sign_in("ada", NEW)).status_code == 200
        assert (await linked.caller.get("/api/users/me")).json()["hasPassword"] is True
        assert code(await change(linked, None)) == (403, "bad_password")

    async def test_is_not_opened_by_any(self, linked):
        for password in ("", "password"):
            assert code(await change(linked, password)) == (403, "bad_password")
            assert code(await linked.sign_in("ada", password)) == (401, "bad_credentials")

    async def test_is_not_given_one_by_a_token_that_may_less(self, linked, server):
        made = await linked.caller.post("/api/auth/tokens", {"name": "n", "scopes": ["account"]})
        body = {"currentPassword": None, "newPassword": NEW}
        answer = await server.with_token(made.json()["token"]).put("/api/auth/password", body)
        assert code(answer) == (403, "scope_missing")

    async def test_is_deleted_without_one(self, linked):
        assert code(await linked.caller.delete("/api/users/me", {"password": "x"})) == (403, "bad_password")
        assert code(await linked.caller.delete("/api/users/me", {})) == (400, "invalid_body")
        assert (await linked.caller.delete("/api/users/me", {"password": None})).status_code == 204
        assert code(await linked.caller.get("/api/users/me")) == (401, "not_signed_in")


async def test_an_account_with_a_password_is_not_deleted_without(page):
    assert code(await page.caller.delete("/api/users/me", {"password": None})) == (403, "bad_password")
