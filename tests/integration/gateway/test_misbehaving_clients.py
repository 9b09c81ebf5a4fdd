"""What a client may do wrong, and what that costs it. It never costs anybody else anything."""

import json
from uuid import UUID

from websockets.asyncio.client import connect

from cratesync.protocol.messages import Progress, SyncProgress
from integration.gateway.conftest import start_sync, with_settings
from integration.gateway.wire import Wire

FRAME_TOO_LARGE, OUTBOX_FULL, TOO_MANY_MESSAGES, BAD_MESSAGE = 1009, 4002, 4003, 4500
FAULTS_FORGIVEN = 10


def response(**data: object) -> str:
    data = {"requestId": "r", "status": 200} | data
    return json.dumps({"id": "m", "type": "discogs_api_response", "data": data})


DEEP = "[" * 100_000 + "]" * 100_000


MALFORMED = [
    ("hello", "bad_json", None),
    ("", "bad_json", None),
    ("{", "bad_json", None),
    (b"\xff\xfe\xfd", "bad_json", None),
    (b"\x00" * 100, "bad_json", None),
    (f'{{"id": "m", "type": "pong", "data": {DEEP}}}', "bad_json", None),
    (DEEP, "bad_shape", None),
    ("[]", "bad_shape", None),
    ("null", "bad_shape", None),
    ('{"id": "m"}', "unknown_type", "m"),
    ('{"id": "m", "type": "hello", "data": {}}', "unknown_type", "m"),
    ('{"id": "m", "type": "sync_progress", "data": {}}', "unknown_type", "m"),
    ('{"id": "m", "type": 5}', "unknown_type", "m"),
    ('{"id": 5, "type": "ping"}', "bad_shape", None),
    ('{"type": "ping"}', "bad_shape", None),
    ('{"id": "m", "type": "discogs_api_response"}', "bad_shape", "m"),
    (response(status="200"), "bad_shape", "m"),
    (response(status=1000), "bad_shape", "m"),
    (response(requestId=""), "bad_shape", "m"),
    (response(requestId="x" * 101), "bad_shape", "m"),
    (response(requestId="with\x00nul"), "bad_shape", "m"),
    (response(headers={"a": 5}), "bad_shape", "m"),
    (response(headers=[]), "bad_shape", "m"),
    (response(attempt=-1), "bad_shape", "m"),
    (response(error="x" * 2001), "bad_shape", "m"),
    (response(body="a" * 100_000)[:-1], "bad_json", None),
]


async def test_a_message_that_cannot_be_understood_is_named_and_nothing_else_happens(signed_in):
    for start in range(0, len(MALFORMED), FAULTS_FORGIVEN):
        async with signed_in() as wire:
            for frame, code, message_id in MALFORMED[start : start + FAULTS_FORGIVEN]:
                await wire.say_frame(frame)
                fault = await wire.hear("error")
                assert (fault["code"], fault.get("messageId")) == (code, message_id), frame[:80]
            await wire.settle()


async def test_too_many_of_them_end_the_connection(signed_in):
    async with signed_in() as wire:
        for _ in range(FAULTS_FORGIVEN + 1):
            await wire.say_frame("hello")
        assert await wire.closed() == BAD_MESSAGE
        assert len(wire.data("error")) == FAULTS_FORGIVEN


@with_settings(frame_bytes_max=65_536)
async def test_a_frame_that_is_too_large_ends_the_connection(signed_in):
    async with signed_in() as wire:
        await wire.say_frame(response(body="x" * 66_000))
        assert await wire.closed() == FRAME_TOO_LARGE


@with_settings(messages_per_second_max=5.0)
async def test_too_many_messages_at_once_end_the_connection(signed_in, server, dial):
    somebody = await server.register("berta")
    async with signed_in() as wire, dial() as theirs:
        await theirs.sign_in(somebody.token)
        for _ in range(40):
            await wire.say("ping")
        assert await wire.closed() == TOO_MANY_MESSAGES
        await theirs.settle()


async def test_pings_are_answered_and_pongs_are_heard_in_silence(signed_in):
    async with signed_in() as wire:
        await wire.hear("discogs_api_request")  # the check of the token, which comes when it is claimed
        await wire.settle()
        await wire.say("pong")
        assert [said["type"] for said in await wire.settle()] == []


@with_settings(outbox_messages_max=8)
async def test_who_does_not_read_is_closed_alone_and_loses_the_seat_at_once(server, user, signed_in):
    user_id = UUID((await user.get("/api/users/me")).json()["id"])
    hub = server.server.syncing.hub
    async with connect(server.url.replace("http", "ws") + "/ws", proxy=None, max_queue=1) as socket:
        silent = Wire(socket)
        await silent.sign_in(user.token)
        async with signed_in() as reading:
            await start_sync(user)
            number = 0
            while hub.count(user_id) == 2:
                hub.publish(user_id, long_message(number))
                await reading.hear("sync_progress", lambda said, n=number: said["revision"] == n)
                number += 1
            # The one that reads is served on, long before the other's socket is gone.
            await reading.request()
        assert await silent.closed() == OUTBOX_FULL


def long_message(number: int) -> SyncProgress:
    return SyncProgress(
        id=str(number),
        data=Progress(
            session_id="s",
            sync_type="collection",
            status="in_progress",
            revision=number,
            total_requests=0,
            completed_requests=0,
            failed_requests=0,
            percent_complete=0.0,
            items_done=0,
            current_action="x" * 500_000,
        ),
    )
