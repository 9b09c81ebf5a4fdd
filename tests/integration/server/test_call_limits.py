"""One user's calls are limited, and nobody else pays for it."""

import asyncio
from uuid import uuid4

import pytest
from msgspec import structs

from cratesync.server.call_limits import USERS_MAX, CallLimits
from cratesync.server.clock import HandClock
from cratesync.server.edge import ApiError

ME = "/api/users/me"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def settings(settings):
    return structs.replace(settings, calls_per_second_max=2.0)


async def statuses(caller, count):
    answers = await asyncio.gather(*(caller.get(ME) for _ in range(count)))
    return sorted(answer.status_code for answer in answers)


async def test_whoever_calls_too_often_is_told_when_to_come_back(server, clock):
    anna, berta = await server.register("anna"), await server.register("berta")
    assert await statuses(anna, 12) == [200] * 10 + [429] * 2

    refused = await anna.get(ME)
    assert refused.json() == {
        "code": "too_many_requests",
        "message": "You call too often; try again in 1 s.",
        "retryAfterSeconds": 1,
    }
    assert refused.headers["retry-after"] == "1"
    assert (await berta.get(ME)).status_code == 200

    clock.advance(1)
    assert await statuses(anna, 3) == [200] * 2 + [429]


async def test_all_tokens_of_a_user_are_one_user(server):
    anna = await server.register("anna")
    made = await anna.post("/api/auth/tokens", {"name": "script", "scopes": ["read"]})
    script = server.with_token(made.json()["token"])

    assert await statuses(script, 9) == [200] * 9
    assert (await anna.get(ME)).status_code == (await script.get(ME)).status_code == 429


async def test_a_token_that_is_nobodys_is_refused_as_before(server):
    assert (await server.with_token("nobody").get(ME)).status_code == 401


def test_a_long_wait_is_told_in_whole_seconds():
    limits, anna = CallLimits(HandClock(), per_second=0.01), uuid4()
    limits.take(anna)
    with pytest.raises(ApiError, match="try again in 100 s"):
        limits.take(anna)


def test_only_so_many_users_are_remembered():
    limits, anna, berta = CallLimits(HandClock(), per_second=0.01), uuid4(), uuid4()
    limits.take(anna)
    for _ in range(USERS_MAX - 1):
        limits.take(uuid4())
    limits.take(berta)  # whoever called longest ago is forgotten

    limits.take(anna)
    with pytest.raises(ApiError):
        limits.take(berta)
