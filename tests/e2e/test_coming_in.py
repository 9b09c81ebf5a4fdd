"""From the link that a new server prints to a client that is signed in, and out again."""

import re

import pytest

NOBODY = {"USERNAME": "", "PASSWORD": ""}


@pytest.fixture
def link(world):
    """The link that the server prints for the first account."""
    server = world.serve()
    found = re.search(r"http://\S+#code=\S+", server.said_when("#code="))
    return found[0]


def test_the_first_account_needs_no_password_and_one_command(world, link):
    assert world.client("login", "--link", link, "--username", "ada", user="").ends() == 0
    status = world.start("status", "client", "status", **NOBODY)

    assert status.ends() == 0
    assert "Signed in  ada" in status.said
    assert world.client("login", "--link", link, user="").ends() == 3


def test_signing_in_again_revokes_the_token_of_before_and_signing_out_the_last_one(world, link):
    """By links that the operator makes: the account has no password."""
    world.client("login", "--link", link, "--username", "ada", user="").ends()
    for _ in range(2):
        made = world.start("user-link", "user", "link", "ada", PUBLIC_URL=world.url)
        assert made.ends() == 0
        assert world.client("login", "--link", made.said.strip(), user="").ends() == 0
    assert world.rows("access_tokens") == 1
    assert world.rows("sessions") == 0

    assert world.start("logout", "client", "logout", **NOBODY).ends() == 0
    assert world.rows("access_tokens") == 0
    assert world.start("status", "client", "status", **NOBODY).ends() == 3
    again = world.start("logout", "client", "logout", **NOBODY)
    assert again.ends() == 0
    assert "Nobody is signed in" in again.said


def test_an_invitation_leads_to_an_account_with_a_password(world, link):
    world.client("login", "--link", link, "--username", "ada", user="").ends()
    made = world.start("invite", "user", "invite", PUBLIC_URL=world.url)
    made.ends()

    assert world.client("login", "--link", made.said.strip(), user="berta").ends() == 0
    assert world.call("GET", "/api/users/me", "berta")["hasPassword"] is True
