"""Who gets in where registration is not open to all."""

import asyncio

import pytest
from msgspec.structs import replace

from browser import browser
from cratesync.server.accounts.sign_in_codes import INVITATIONS_MAX
from cratesync.server.clock import HandClock
from running_server import running_server

ADDRESS = "/api/auth/invitations"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def settings(settings):
    return replace(settings, open_registration=False)


@pytest.fixture
async def owner(server):
    """The first account, in a browser."""
    async with browser(server) as page:
        first = await server.server.sign_in_codes.for_first_account()
        await page.register("ada", invitation=first.text.reveal())
        yield page


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_an_invitation_lets_one_person_in(server, owner):
    invitation = (await owner.caller.post(ADDRESS)).json()
    async with browser(server) as guest:
        answer = await guest.register("berta", invitation=invitation["code"])
        again = await guest.register("carla", invitation=invitation["code"])

    assert answer.status_code == 201
    assert answer.json()["user"]["isOwner"] is False
    assert code(again) == (401, "bad_code")


async def test_an_invitation_is_shown_with_a_link_and_listed_without(server, owner):
    made = await owner.caller.post(ADDRESS)
    invitation = made.json()
    listed = await owner.caller.get(ADDRESS)

    assert made.status_code == 201
    assert set(invitation) == {"id", "code", "link", "expiresAt"}
    assert invitation["link"] == f"{server.url}/#invitation={invitation['code']}"
    assert invitation["expiresAt"] == "2030-01-02T00:00:00Z"
    assert listed.json()["items"] == [
        {
            "id": invitation["id"],
            "createdAt": "2030-01-01T00:00:00Z",
            "expiresAt": "2030-01-02T00:00:00Z",
            "usedAt": None,
        }
    ]
    assert invitation["code"] not in listed.text


async def test_the_link_names_the_address_that_people_use(settings, clock):
    public = replace(settings, public_url="https://nas.example/crates", open_registration=True)
    async with running_server(public, clock) as server:
        owner = await server.register("ada")
        link = (await owner.post(ADDRESS)).json()["link"]
    assert link.startswith("https://nas.example/crates/#invitation=crl_")


async def test_an_invitation_is_used_by_one_of_many_at_once(server, owner):
    invitation = (await owner.caller.post(ADDRESS)).json()["code"]
    async with browser(server) as guest:
        answers = await asyncio.gather(
            *(guest.register(f"guest{number}", invitation=invitation) for number in range(5))
        )
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401, 401]


async def test_a_registration_that_fails_leaves_the_invitation_good(server, owner):
    invitation = (await owner.caller.post(ADDRESS)).json()["code"]
    async with browser(server) as guest:
        assert code(await guest.register("ada", invitation=invitation)) == (409, "username_taken")
        assert code(await guest.register("a b", invitation=invitation)) == (400, "invalid_username")
        assert (await guest.register("berta", invitation=invitation)).status_code == 201


async def test_an_invitation_that_was_taken_back_lets_nobody_in(server, owner):
    invitation = (await owner.caller.post(ADDRESS)).json()
    address = f"{ADDRESS}/{invitation['id']}"

    assert (await owner.caller.delete(address)).status_code == 204
    assert code(await owner.caller.delete(address)) == (404, "not_found")
    async with browser(server) as guest:
        assert code(await guest.register("berta", invitation=invitation["code"])) == (401, "bad_code")


async def test_an_invitation_ends_after_a_day(server, owner, clock):
    invitation = (await owner.caller.post(ADDRESS)).json()["code"]
    clock.advance(24 * 3600)
    async with browser(server) as guest:
        assert code(await guest.register("berta", invitation=invitation)) == (401, "bad_code")


async def test_an_invitation_neither_signs_in_nor_makes_an_account_without_a_password(server, owner):
    invitation = (await owner.caller.post(ADDRESS)).json()["code"]
    async with browser(server) as guest:
        assert code(await guest.follow(invitation)) == (401, "bad_code")
        assert (await guest.register("berta", invitation=invitation)).status_code == 201


async def test_nobody_gets_in_without_an_invitation(server, owner):
    async with browser(server) as guest:
        assert code(await guest.register("berta")) == (403, "registration_closed")
        assert code(await guest.register("berta", invitation="nonsense")) == (401, "bad_code")


async def test_nobody_but_the_owner_invites(server, owner):
    invitation = (await owner.caller.post(ADDRESS)).json()
    async with browser(server) as guest:
        await guest.register("berta", invitation=invitation["code"])
        answers = [
            await guest.caller.post(ADDRESS),
            await guest.caller.get(ADDRESS),
            await guest.caller.delete(f"{ADDRESS}/{invitation['id']}"),
        ]
    assert [code(answer) for answer in answers] == [(403, "owner_only")] * 3


async def test_there_are_not_endlessly_many(server, owner):
    for _ in range(INVITATIONS_MAX):
        assert (await owner.caller.post(ADDRESS)).status_code == 201
    assert code(await owner.caller.post(ADDRESS)) == (409, "too_many_invitations")
