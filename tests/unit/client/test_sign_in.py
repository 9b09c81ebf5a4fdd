"""A token whenever one is needed."""

import pytest

from cratesync.client.secret import Secret
from cratesync.client.sign_in import PasswordSignIn, StoredToken


class HandClock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def sign_in(clock):
    numbers = iter(range(100))

    async def login():
        return Secret(f"token-{next(numbers)}"), 900.0

    return PasswordSignIn(login, clock)


async def test_an_access_token_is_used_until_shortly_before_it_expires(sign_in, clock):
    assert (await sign_in.token()).reveal() == "token-0"
    clock.now = 839.0
    assert (await sign_in.token()).reveal() == "token-0"
    assert sign_in.renew_in_seconds() == pytest.approx(1.0)
    clock.now = 840.0
    assert (await sign_in.token()).reveal() == "token-1"


async def test_a_refused_access_token_is_replaced(sign_in):
    await sign_in.token()

    assert sign_in.refused()
    assert (await sign_in.token()).reveal() == "token-1"


async def test_a_personal_token_is_the_only_one():
    sign_in = StoredToken(Secret("canary"))

    assert (await sign_in.token()).reveal() == "canary"
    assert not sign_in.refused()
    assert sign_in.renew_in_seconds() is None
