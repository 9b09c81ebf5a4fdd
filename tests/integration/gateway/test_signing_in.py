"""The first message, and what becomes of those who may not come in."""

from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from cratesync.server.accounts.auth import ACCESS_SECONDS
from cratesync.server.clock import HandClock
from integration.gateway.conftest import personal_token, start_sync, with_settings
from running_server import PASSWORD

TIMEOUT, TOO_MANY, SERVER_FAULT, BAD_MESSAGE, SIGN_IN_AGAIN, ORIGIN_REFUSED = (
    4000,
    4001,
    4004,
    4500,
    4501,
    4503,
)


NOT_AUTHENTICATE = [
    '{"id": "1", "type": "ping"}',
    '{"id": "1", "type": "discogs_api_response", "data": {"requestId": "r", "status": 200}}',
    '{"id": "1", "type": "authenticate", "data": {}}',
    '{"id": "1", "type": "authenticate", "data": {"token": ""}}',
    '{"id": "1", "type": "authenticate", "data": {"token": "t", "client": {"clientId": "nul\\u0000"}}}',
    '{"id": "1", "type": "hello"}',
    "hello",
    b"\xff",
    "",
]


class TestTheFirstMessage:
    @with_settings(authenticate_seconds=0.05)
    async def test_has_to_come_in_time(self, dial):
        async with dial() as wire:
            assert await wire.closed() == TIMEOUT

    async def test_is_authenticate(self, dial):
        for frame in NOT_AUTHENTICATE:
            async with dial() as wire:
                await wire.say_frame(frame)
                assert await wire.closed() == BAD_MESSAGE, frame
                assert wire.heard == []

    async def test_is_answered_with_all_that_a_client_needs_to_know(self, dial, user):
        me = (await user.get("/api/users/me")).json()
        async with dial() as wire:
            welcome = await wire.sign_in(user.token)
        assert welcome["userId"] == me["id"]
        assert welcome["connectionId"]
        assert welcome["protocolVersion"] == 1
        assert welcome["frameBytesMax"] == 8 * 1024 * 1024
        assert welcome["signingKeys"][0].keys() >= {"keyId", "publicKey"}
        assert datetime.fromisoformat(welcome["serverTime"]).tzinfo is not None

    async def test_is_taken_with_a_frame_of_bytes_too(self, dial, user):
        async with dial() as wire:
            await wire.say_frame(
                b'{"id": "1", "type": "authenticate", "data": {"token": "%s"}}' % user.token.encode()
            )
            await wire.hear("authenticated")


async def test_a_token_that_is_not_good_is_refused(dial, user):
    powerless = await personal_token(user, "account")
    revoked = await personal_token(user, "fetch")
    entry = (await user.get("/api/auth/tokens")).json()["items"][0]
    assert (await user.delete(f"/api/auth/tokens/{entry['id']}")).status_code == 204
    for token in ("nonsense", "crs_nonsense", "a.b.c", "\x00", "é", revoked, powerless):
        async with dial() as wire:
            await wire.say("authenticate", {"token": token})
            assert await wire.closed() == SIGN_IN_AGAIN


class TestATokenThatExpires:
    @pytest.fixture
    def clock(self) -> HandClock:
        return HandClock()

    @with_settings(sign_in_checked_seconds=0.01)
    async def test_ends_the_connection_unless_a_newer_one_was_shown(self, server, dial, clock):
        old = (await server.register("berta")).token
        async with dial() as renewing, dial() as waiting:
            first = await renewing.sign_in(old)
            await waiting.sign_in(old)
            clock.advance(ACCESS_SECONDS - 60)
            credentials = {"username": "berta", "password": PASSWORD}
            login = await server.http.post("/api/auth/login", json=credentials)
            second = await renewing.sign_in(login.json()["accessToken"])
            assert second["connectionId"] == first["connectionId"]
            clock.advance(61)
            assert await waiting.closed() == SIGN_IN_AGAIN
            await renewing.settle()
        async with dial() as late:
            await late.say("authenticate", {"token": old})
            assert await late.closed() == SIGN_IN_AGAIN


async def test_authenticating_again_with_a_worse_token_ends_the_connection(server, user, signed_in):
    somebody = await server.register("berta")
    reader = await personal_token(user, "read")
    for token in ("nonsense", somebody.token, reader):
        async with signed_in() as wire:
            await wire.say("authenticate", {"token": token})
            assert await wire.closed() == SIGN_IN_AGAIN


async def test_a_socket_that_watches_is_not_renewed_by_a_token_that_may_not(user, signed_in):
    reader = await personal_token(user, "read")
    for scopes in (("account",), ("fetch",)):
        other = await personal_token(user, *scopes)
        async with signed_in(reader) as wire:
            await wire.say("authenticate", {"token": other})
            assert await wire.closed() == SIGN_IN_AGAIN, scopes
    async with signed_in(reader) as wire:
        await wire.sign_in(await personal_token(user, "read", "account"))


async def test_a_token_that_may_only_read_is_given_no_request_and_all_the_news(user, signed_in):
    reader = await personal_token(user, "read")
    async with signed_in(reader) as watcher:
        session_id = await start_sync(user)
        waiting = await watcher.hear("sync_progress")
        assert (waiting["status"], waiting["reason"]) == ("paused", "client_disconnected")
        async with signed_in() as fetcher:
            done = await fetcher.serve_until("sync_complete")
            assert done["sessionId"] == session_id
        await watcher.hear("sync_complete")
        assert watcher.data("discogs_api_request") == []


@with_settings(allowed_origins=("https://crates.example",))
async def test_a_page_connects_from_our_own_origin_or_a_listed_one(server, dial, user):
    for origin in ("http://evil.example", "null", "http://[", "http://127.0.0.1:1", "http://127.0.0.1"):
        async with dial(origin=origin) as wire:
            assert await wire.closed() == ORIGIN_REFUSED, origin
    for origin in (server.url, "https://crates.example"):
        async with dial(origin=origin) as wire:
            await wire.sign_in(user.token)


class TestTooManyConnections:
    @with_settings(connections_per_user_max=2)
    async def test_of_one_user_keep_nobody_else_out(self, dial, server, signed_in, user):
        somebody = await server.register("berta")
        async with signed_in(), signed_in():
            async with dial() as third:
                await third.say("authenticate", {"token": user.token})
                assert await third.closed() == TOO_MANY
            async with dial() as theirs:
                await theirs.sign_in(somebody.token)

    @with_settings(unauthenticated_connections_max=1)
    async def test_that_have_not_signed_in_are_sent_away_until_one_has(self, dial, user):
        async with dial() as first:
            async with dial() as second:
                assert await second.closed() == TOO_MANY
            await first.sign_in(user.token)
            async with dial() as third:
                await third.sign_in(user.token)


async def test_a_server_that_stops_tells_its_clients_to_come_back(server, signed_in):
    async with signed_in() as wire:
        await server.server.drain()
        assert await wire.closed() == 1012


@pytest.mark.parametrize(
    ("table", "said"), [("sessions", "socket_failed"), ("discogs_sync", "session_failed")]
)
async def test_a_fault_of_the_servers_own_never_tells_a_client_to_stay_away(server, dial, user, table, said):
    with capture_logs() as lines:
        async with broken_table(server, table), dial() as wire:
            await wire.say("authenticate", {"token": user.token})
            assert await wire.closed() == SERVER_FAULT
    assert said in [line["event"] for line in lines]


@asynccontextmanager
async def broken_table(server, name: str):
    """As if the database had lost one of its tables for a while."""
    database = server.server.database
    async with database.write() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        async with database.write() as connection:
            await connection.exec_driver_sql(f"ALTER TABLE {name}_away RENAME TO {name}")


@with_settings(sign_in_checked_seconds=0.05)
async def test_a_socket_whose_token_is_revoked_is_closed_soon(user, signed_in):
    answer = await user.post("/api/auth/tokens", {"name": "test", "scopes": ["fetch"]})
    async with signed_in(answer.json()["token"]) as wire:
        await user.delete(f"/api/auth/tokens/{answer.json()['id']}")

        assert await wire.closed() == SIGN_IN_AGAIN


@with_settings(sign_in_checked_seconds=0.05)
async def test_a_socket_whose_session_is_ended_is_closed_soon_and_no_other(server, user, dial, signed_in):
    login = await server.http.post("/api/auth/login", json={"username": "anna", "password": PASSWORD})
    async with dial() as ended, signed_in() as kept:
        await ended.sign_in(login.json()["accessToken"])
        await user.delete("/api/auth/sessions")

        assert await ended.closed() == SIGN_IN_AGAIN
        await kept.settle()


@with_settings(sign_in_checked_seconds=0.05)
async def test_a_socket_whose_account_is_deleted_is_closed_soon(user, signed_in):
    async with signed_in() as wire:
        await user.delete("/api/users/me", {"password": PASSWORD})

        assert await wire.closed() == SIGN_IN_AGAIN
