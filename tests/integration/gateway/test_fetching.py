"""Who is given requests, and what becomes of them when a connection is lost."""

import asyncio
import json
from typing import Self

import pytest

from integration.gateway.conftest import personal_token, start_sync, with_settings
from integration.gateway.wire import PATIENCE_SECONDS

TAKEN_OVER_SECONDS = 1.0


class TestTwoConnections:
    async def test_of_one_user_only_the_first_is_given_requests(self, user, signed_in):
        session_id = await start_sync(user)
        async with signed_in() as fetching, signed_in() as watching:
            done = await fetching.serve_until("sync_complete")
            assert done["sessionId"] == session_id
            assert await watching.hear("sync_complete") == done
            assert watching.data("discogs_api_request") == []
            told = [
                {said["revision"] for said in wire.data("sync_progress")} for wire in (watching, fetching)
            ]
            assert set() < told[0] <= told[1]

    async def test_the_second_takes_over_at_once_and_gets_the_lost_request_again(self, user, signed_in):
        await start_sync(user)
        async with signed_in() as first, signed_in() as second:
            lost = await first.request()
            await first.hang_up()
            async with asyncio.timeout(TAKEN_OVER_SECONDS):
                again = await second.request()
            assert (again["requestId"], again["attempt"]) == (lost["requestId"], 2)
            assert (await second.answer(again))["outcome"] == "accepted"

    async def test_one_that_reads_rate_headers_takes_the_seat_of_one_that_cannot(self, user, signed_in):
        await start_sync(user)
        async with signed_in() as blind:
            asked = await blind.request()
            async with signed_in(readsRateLimitHeaders=True) as reading:
                assert (await blind.answer(asked))["outcome"] == "accepted"
                await reading.serve_until("sync_complete")
            assert len(blind.data("discogs_api_request")) == 1

    async def test_that_cannot_read_them_never_takes_the_seat_of_one_that_does(self, user, signed_in):
        await start_sync(user)
        async with signed_in(readsRateLimitHeaders=True) as reading, signed_in() as blind:
            await reading.serve_until("sync_complete")
            await blind.hear("sync_complete")
            assert blind.data("discogs_api_request") == []

    @pytest.mark.parametrize(
        ("other", "makes_room"),
        [
            ({}, True),
            ({"kind": "headless", "readsRateLimitHeaders": True}, True),
            ({"kind": "browser"}, False),
        ],
    )
    async def test_that_is_the_servers_own_makes_room_for_every_program_but_a_page(
        self, user, signed_in, other, makes_room
    ):
        await start_sync(user)
        async with signed_in(kind="server", readsRateLimitHeaders=True) as own:
            asked = await own.request()
            async with signed_in(**other) as another:
                assert (await own.answer(asked))["outcome"] == "accepted"
                await (another if makes_room else own).serve_until("sync_complete")
                await (own if makes_room else another).hear("sync_complete")
            assert (len(own.data("discogs_api_request")) == 1) is makes_room


class TestALostSocket:
    async def test_keeps_the_requests_that_the_client_says_it_holds(self, user, signed_in):
        await start_sync(user)
        async with signed_in(clientId="c") as wire:
            held = await wire.request()
            await wire.hang_up()
        async with signed_in(clientId="c", holding=[held["requestId"]]) as wire:
            await wire.settle()
            assert wire.data("discogs_api_request") == []
            assert (await wire.answer(held))["outcome"] == "accepted"
            assert (await wire.request())["requestId"] != held["requestId"]

    async def test_gets_those_back_at_once_that_it_does_not_hold(self, user, signed_in):
        await start_sync(user)
        async with signed_in(clientId="c") as wire:
            lost = await wire.request()
            await wire.hang_up()
        async with signed_in(clientId="c") as wire, asyncio.timeout(TAKEN_OVER_SECONDS):
            again = await wire.request()
        assert (again["requestId"], again["attempt"]) == (lost["requestId"], 2)

    @with_settings(grace_seconds=0.2)
    async def test_of_a_client_without_a_name_leaves_its_requests_for_a_grace(self, user, signed_in):
        await start_sync(user)
        async with signed_in() as wire:
            lost = await wire.request()
            await wire.hang_up()
        async with signed_in() as wire:
            again = await wire.request()
        assert (again["requestId"], again["attempt"]) == (lost["requestId"], 2)

    async def test_may_still_bring_its_answer_by_another_one(self, user, signed_in):
        await start_sync(user)
        async with signed_in() as wire:
            lost = await wire.request()
            await wire.hang_up()
        async with signed_in() as wire:
            assert (await wire.answer(lost))["outcome"] == "accepted"

    async def test_holds_nothing_that_is_another_clients(self, user, signed_in):
        await start_sync(user)
        async with signed_in(clientId="one") as first:
            asked = await first.request()
            async with signed_in(clientId="two", holding=[asked["requestId"]]) as second:
                await second.settle()
            assert (await first.answer(asked))["outcome"] == "accepted"


class TestInFlight:
    async def test_is_one_call_by_default_and_as_many_as_the_client_says(self, user, signed_in):
        await start_sync(user)
        async with signed_in() as wire:
            await wire.answer(await wire.request())
            lost = await wire.request()
            await wire.settle()
            assert wire.unread("discogs_api_request") == []
        async with signed_in(maxInFlight=3) as wire:
            assert (await wire.answer(lost))["outcome"] == "accepted"
            asked = [await wire.request() for _ in range(3)]
            await wire.settle()
            assert wire.unread("discogs_api_request") == []
            assert len({request["requestId"] for request in asked}) == 3

    @with_settings(max_in_flight=2)
    async def test_is_never_more_than_the_server_allows(self, user, signed_in):
        await start_sync(user)
        async with signed_in(maxInFlight=1000) as wire:
            await wire.answer(await wire.request())
            for _ in range(2):
                await wire.request()
            await wire.settle()
            assert wire.unread("discogs_api_request") == []


class AsgiSocket:
    """A socket whose address and scheme the test chooses: the server's application, without a network."""

    def __init__(self, app, *, address: str, scheme: str) -> None:
        self._app = app
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": scheme,
            "server": ("nas", 8000),
            "client": (address, 50_000),
            "root_path": "",
            "path": "/ws",
            "raw_path": b"/ws",
            "query_string": b"",
            "headers": [(b"host", b"nas:8000")],
            "subprotocols": [],
            "state": {},
            "extensions": {},
        }
        self._in: asyncio.Queue[dict] = asyncio.Queue()
        self._out: asyncio.Queue[dict] = asyncio.Queue()
        self.heard: dict = {}
        """The data of the newest message."""

    async def __aenter__(self) -> Self:
        self._serving = asyncio.create_task(self._app(self._scope, self._in.get, self._out.put))
        self._in.put_nowait({"type": "websocket.connect"})
        return self

    async def __aexit__(self, *_: object) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._serving

    def say(self, type_: str, data: dict) -> None:
        text = json.dumps({"id": "m", "type": type_, "data": data})
        self._in.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self, type_: str) -> list[str]:
        """Wait for a message of that type; the types of those that came before it."""
        types = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self._out.get()
                if event["type"] == "websocket.send":
                    message = json.loads(event["text"])
                    types.append(message["type"])
                    self.heard = message["data"]
                    if types[-1] == type_:
                        return types[:-1]


async def is_given_a_request(server, user, *, address: str, scheme: str) -> None:
    async with AsgiSocket(server.server.app, address=address, scheme=scheme) as socket:
        socket.say("authenticate", {"token": user.token, "client": {"clientId": "c"}})
        await socket.hear("discogs_api_request")


async def test_a_token_travels_on_loopback_or_over_tls(server, user):
    await start_sync(user)
    await is_given_a_request(server, user, address="127.0.0.1", scheme="ws")
    await is_given_a_request(server, user, address="::1", scheme="ws")
    await is_given_a_request(server, user, address="192.168.1.5", scheme="wss")


@with_settings(allow_insecure_lan=True)
async def test_a_token_travels_over_the_lan_where_the_servers_owner_says_so(server, user):
    await start_sync(user)
    await is_given_a_request(server, user, address="192.168.1.5", scheme="ws")


async def test_a_plain_socket_from_elsewhere_only_watches(server, user, signed_in):
    await start_sync(user)
    async with AsgiSocket(server.server.app, address="192.168.1.5", scheme="ws") as socket:
        socket.say("authenticate", {"token": user.token})
        await socket.hear("sync_progress")
        async with signed_in() as fetching:
            await fetching.serve_until("sync_complete")
        assert "discogs_api_request" not in await socket.hear("sync_complete")


@pytest.mark.parametrize(
    ("scheme", "scopes", "watch_only"),
    [
        ("ws", ("read", "fetch"), "socket_not_private"),
        ("wss", ("read",), "token_without_fetch"),
        ("wss", ("read", "fetch"), None),
    ],
)
async def test_a_connection_that_only_watches_is_told_why(server, user, scheme, scopes, watch_only):
    token = await personal_token(user, *scopes)
    async with AsgiSocket(server.server.app, address="192.168.1.5", scheme=scheme) as socket:
        socket.say("authenticate", {"token": token})
        await socket.hear("authenticated")
        assert socket.heard.get("watchOnly") == watch_only
