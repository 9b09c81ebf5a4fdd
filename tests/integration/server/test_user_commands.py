"""`cratesync user …`, as whoever runs the server types it."""

import asyncio
import re

import pytest

from browser import browser
from integration.server.test_commands import run
from running_server import PASSWORD


@pytest.fixture
def user(database_url, tmp_path):
    """Runs `cratesync user …` on the database of the test's server."""
    address = database_url.render_as_string(hide_password=False)

    async def call(*arguments, words="", **settings):
        return await asyncio.to_thread(
            run, tmp_path, "user", *arguments, words=words, DATABASE_URL=address, **settings
        )

    return call


@pytest.fixture
async def page(server):
    async with browser(server) as page:
        yield page


async def test_an_account_is_made_and_can_be_used(user, page):
    made = await user("add", "ada", words=f"{PASSWORD}\n")

    assert (made.returncode, made.stdout) == (0, "Made the account ada.\n")
    assert (await page.sign_in("ada")).json()["user"]["isOwner"] is True
    listed = await user("list")
    assert re.fullmatch(r"ada  owner, password, since \d{4}-\d\d-\d\d, Discogs: not known\n", listed.stdout)
    assert PASSWORD not in made.stdout + made.stderr + listed.stdout


@pytest.mark.parametrize(
    ("arguments", "words", "sentence"),
    [
        (("add", "ada"), PASSWORD, "The name 'ada' is taken."),
        (("add", "a b"), PASSWORD, "A name has 3 to 64 letters, digits, dots, dashes or underscores."),
        (("add", "berta"), "short", "A password has 8 to 1,024 characters."),
        (("password", "ada"), "", "A password has 8 to 1,024 characters."),
        (("password", "berta"), PASSWORD, "There is no account 'berta'."),
        (("link", "berta"), "", "There is no account 'berta'."),
        (("delete", "berta", "--yes"), "", "There is no account 'berta'."),
    ],
)
async def test_what_cannot_be_done_is_told_in_one_sentence(user, page, arguments, words, sentence):
    await page.register("ada")
    told = await user(*arguments, words=words)

    assert (told.returncode, told.stdout, told.stderr) == (1, "", f"{sentence}\n")


async def test_a_link_signs_a_user_in(user, page):
    await page.register("ada")
    printed = (await user("link", "ada", PORT="8123")).stdout
    base, code = printed.strip().split("/#code=")

    assert base == "http://127.0.0.1:8123"
    assert (await page.follow(code)).json()["user"]["username"] == "ada"


async def test_an_invitation_makes_an_account(user, page):
    await page.register("ada")
    printed = (await user("invite", PUBLIC_URL="https://nas.example/crates")).stdout
    base, code = printed.strip().split("/#invitation=")

    assert base == "https://nas.example/crates"
    assert (await page.register("berta", invitation=code)).status_code == 201


@pytest.mark.parametrize("command", [("link", "ada"), ("invite",)])
class TestALinkThatAnotherMachineCannotOpen:
    @pytest.mark.parametrize(("host", "here"), [("0.0.0.0", "127.0.0.1"), ("::", "::1")])
    async def test_says_what_to_do(self, user, page, command, host, here):
        await page.register("ada")
        told = await user(*command, HOST=host)

        assert told.returncode == 0
        assert told.stdout.startswith(f"http://{f'[{here}]' if ':' in here else here}:8000/#")
        assert told.stderr == (
            f"This link opens on this machine alone: for others replace {here} by this machine's name, "
            "or set CRATESYNC_PUBLIC_URL.\n"
        )

    @pytest.mark.parametrize(
        "settings_of_it",
        [{}, {"HOST": "192.0.2.1"}, {"HOST": "0.0.0.0", "PORT": "0", "PUBLIC_URL": "https://nas.example"}],
    )
    async def test_is_the_only_one_that_says_so(self, user, page, command, settings_of_it):
        await page.register("ada")
        told = await user(*command, **settings_of_it)
        assert (told.returncode, told.stderr) == (0, "")

    async def test_since_nobody_knows_its_port_is_not_made(self, user, page, server, command):
        await page.register("ada")
        told = await user(*command, PORT="0")

        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr == (
            "A link needs the server's port, and CRATESYNC_PORT=0 does not tell it: "
            "set CRATESYNC_PORT or CRATESYNC_PUBLIC_URL.\n"
        )
        assert await server.server.sign_in_codes.invitations() == []


async def test_a_password_that_is_set_signs_out_everywhere(user, page):
    await page.register("ada")
    await user("password", "ada", words="another password\n")

    assert (await page.caller.get("/api/users/me")).status_code == 401
    assert (await page.refresh()).status_code == 401
    assert (await page.sign_in("ada", "another password")).status_code == 200


async def test_an_account_is_deleted_after_a_yes(user, page):
    await page.register("ada")
    refused = await user("delete", "ada", words="n\n")
    assert refused.returncode == 1
    assert (await page.caller.get("/api/users/me")).status_code == 200

    done = await user("delete", "ada", "--yes")
    assert (done.returncode, done.stdout) == (0, "Deleted the account ada.\n")
    assert (await page.caller.get("/api/users/me")).status_code == 401
    assert (await user("list")).stdout == ""
