"""A token whenever one is needed."""

import pytest

from cratesync.client.secret import Secret
from cratesync.client.sign_in import Access, PasswordSignIn, StoredToken


class HandClock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return HandClock()


class Server:
    """Both ways in, with a session that can be ended."""

    def __init__(self):
        self.asked = []
        self.session_is_good = True

    async def sign_in(self):
        return self._give("password")

    async def refresh(self):
        if not self.session_is_good:
            self.asked.append("refused")
            return None
        return self._give("cookie")

    async def leave(self, token):
        self.asked.append(f"left with {token.reveal()}")

    def _give(self, way):
        self.asked.append(way)
        return Access(Secret(f"token-{len(self.asked)}"), 900.0)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def sign_in(server, clock):
    return PasswordSignIn(server, clock)


async def test_an_access_token_is_used_until_shortly_before_it_expires(sign_in, clock):
    assert (await sign_in.token()).reveal() == "token-1"
    clock.now = 839.0
    assert (await sign_in.token()).reveal() == "token-1"
    assert sign_in.renew_in_seconds() == pytest.approx(1.0)
    clock.now = 840.0
    assert (await sign_in.token()).reveal() == "token-2"


async def test_a_refused_access_token_is_replaced(sign_in):
    await sign_in.token()

    assert sign_in.refused()
    assert (await sign_in.token()).reveal() == "token-2"


async def test_one_session_lasts_and_the_password_is_the_last_resort(sign_in, server, clock):
    for _ in range(3):
        await sign_in.token()
        clock.now += 900.0
    server.session_is_good = False
    await sign_in.token()

    assert server.asked == ["password", "cookie", "cookie", "refused", "left with token-3", "password"]


async def test_a_session_is_left_behind_by_nobody(sign_in, server):
    await sign_in.leave()
    assert server.asked == []

    await sign_in.token()
    await sign_in.leave()
    assert server.asked == ["password", "left with token-1"]


async def test_a_personal_token_is_the_only_one():
    sign_in = StoredToken(Secret("canary"))

    assert (await sign_in.token()).reveal() == "canary"
    assert not sign_in.refused()
    assert sign_in.renew_in_seconds() is None
    await sign_in.leave()
