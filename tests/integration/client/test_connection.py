"""The client at a real socket: what it says, what it keeps, when it comes back and when not."""

import asyncio
import gc
import logging
import traceback
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from cratesync.client.connection import Timing
from cratesync.client.errors import (
    ClientError,
    ServerNotReachedError,
    SignInRefusedError,
    UntrustedKeyError,
)
from cratesync.client.events import Connected, Lost, Misunderstood, NotTaken, PinsChanged, Refused, Unanswered
from cratesync.client.headless import Setup, headless
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import read_settings
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.messages import (
    Authenticate,
    DiscogsApiResponse,
    ErrorMessage,
    Fault,
    Nothing,
    Ping,
    Pong,
)
from integration.client.scripted import Observed, ScriptedDiscogs, ScriptedServer, http_answer
from unit.client.signed import HEADERS, TOKEN, Signer

PAT = "canary-personal-access-token"


@pytest.fixture
async def discogs():
    async with ScriptedDiscogs() as discogs:
        yield discogs


@pytest.fixture
async def server(discogs):
    async with ScriptedServer(discogs.url) as server:
        yield server


@pytest.fixture
def setup(server, discogs, tmp_path):
    environment = {
        "CRATESYNC_DISCOGS_URL": discogs.url,
        "CRATESYNC_CLIENT_DIR": str(tmp_path),
        "CRATESYNC_CLIENT_TOKEN": PAT,
    }
    return Setup(
        settings=read_settings(environment),
        server=parse_server_url(server.url),
        start_seconds=0.2,
        timing=Timing(farewell_seconds=0.5),
        first_retry_seconds=0.01,
        retry_cap_seconds=0.05,
    )


@asynccontextmanager
async def running(setup, observe=None):
    async with headless(setup, observe or Observed()) as client:
        yield client


async def ended(setup, script):
    """Run the client until it gives up by itself, while the script plays the server; the fault it ends with."""

    async def wait_for_ever():
        async with headless(setup, Observed()):
            await asyncio.Event().wait()

    with pytest.raises(ClientError) as caught:
        async with asyncio.timeout(5):
            await asyncio.gather(wait_for_ever(), script)
    return caught.value


async def test_the_first_message_says_who_it_is_and_what_it_can(server, setup):
    async with running(setup) as client:
        authenticate = await (await server.socket()).welcome()
        await client.presence.connected()

    who = authenticate.data.client
    assert authenticate.data.token == PAT
    assert (who.kind, who.max_in_flight, who.reads_rate_limit_headers, who.holding) == (
        "headless",
        12,
        True,
        (),
    )
    assert who.version
    assert who.client_id


async def test_it_comes_back_under_the_same_client_id(server, setup):
    ids = []
    for _ in range(2):
        async with running(setup):
            ids.append((await (await server.socket()).welcome()).data.client.client_id)

    assert ids[0] == ids[1]


async def test_a_request_is_made_and_answered_and_the_answer_kept_until_it_is_acknowledged(
    server, discogs, setup
):
    discogs.answers["/users/ada/wants"] = http_answer(
        200, b'{"wants":[]}', [("x-discogs-ratelimit-used", "3")]
    )
    async with running(setup):
        socket = await server.socket()
        await socket.welcome()
        answer = await socket.answered("req-1", "/users/ada/wants?page=1", attempt=3)

    assert (answer.request_id, answer.status, answer.attempt) == ("req-1", 200, 3)
    assert bytes(answer.body) == b'{"wants":[]}'
    assert answer.headers == {"x-discogs-ratelimit-used": "3"}
    (call,) = discogs.calls
    assert call.path == "/users/ada/wants?page=1"
    assert call.headers["Authorization"] == HEADERS["Authorization"]


async def test_what_the_guard_refuses_is_answered_and_not_made(server, discogs, setup):
    observed = Observed()
    async with running(setup, observed):
        socket = await server.socket()
        await socket.welcome()
        url = await socket.answered("req-1", "/oauth/access_token")
        key = await socket.answered("req-2", signer=Signer("key-2"))
        late = await socket.answered("req-3", expires_in=-5)
        cookie = await socket.answered("req-4", headers={"Cookie": "a=b"}, attempt=2)

    assert discogs.calls == []
    answers = (url, key, late, cookie)
    codes = ["refused_url", "refused_signature", "refused_expired", "refused_header"]
    assert [answer.error.partition(":")[0] for answer in answers] == codes
    assert [answer.status for answer in answers] == [0, 0, 0, 0]
    assert cookie.attempt == 2
    assert [event.code for event in observed.events if isinstance(event, Refused)] == codes


async def test_answers_without_acknowledgement_are_named_and_sent_again_after_a_reconnect(
    server, discogs, setup
):
    async with running(setup):
        first = await server.socket()
        await first.welcome()
        for request_id in ("req-1", "req-2"):
            await first.ask(request_id)
            await first.answer()
        await first.acknowledge("req-1")
        assert await first.nothing_more_was_said()
        first.cut()

        second = await server.socket()
        authenticate = await second.welcome()
        again = await second.answer()
        await second.acknowledge("req-2")

    assert authenticate.data.client.holding == ("req-2",)
    assert again.request_id == "req-2"
    assert len(discogs.calls) == 2


async def test_a_call_under_way_outlives_its_socket(server, discogs, setup):
    let_go = asyncio.Event()

    async def slow(writer):
        await let_go.wait()
        writer.write(http_answer(200, b'"late"'))
        await writer.drain()

    discogs.answers["/oauth/identity"] = slow
    async with running(setup):
        first = await server.socket()
        await first.welcome()
        await first.ask("req-1")
        await discogs.calls_made(1)
        await first.close(CloseCode.SERVER_RESTARTS, "Restarting.")

        second = await server.socket()
        authenticate = await second.welcome()
        let_go.set()
        answer = await second.answer()
        await second.acknowledge("req-1")

    assert authenticate.data.client.holding == ("req-1",)
    assert bytes(answer.body) == b'"late"'
    assert len(discogs.calls) == 1


async def test_a_repeated_request_is_not_made_twice(server, discogs, setup):
    let_go = asyncio.Event()

    async def slow(writer):
        await let_go.wait()
        writer.write(http_answer(200, b"{}"))
        await writer.drain()

    discogs.answers["/oauth/identity"] = slow
    async with running(setup):
        socket = await server.socket()
        await socket.welcome()
        await socket.ask("req-1", attempt=1)
        await discogs.calls_made(1)
        await socket.ask("req-1", attempt=2)
        assert await socket.nothing_more_was_said()
        let_go.set()
        newest = await socket.answer()
        await socket.ask("req-1", attempt=3)
        kept = await socket.answer()
        await socket.acknowledge("req-1")

    assert (newest.attempt, kept.attempt) == (2, 2)
    assert len(discogs.calls) == 1


async def test_a_kept_failure_does_not_answer_a_newer_attempt(server, discogs, setup):
    discogs.answers["/oauth/identity"] = http_answer(500, b"{}")
    async with running(setup):
        socket = await server.socket()
        await socket.welcome()
        await socket.ask("req-1", attempt=1)
        await socket.answer()
        await socket.ask("req-1", attempt=1)
        repeated = await socket.answer()
        discogs.answers["/oauth/identity"] = http_answer(200, b"{}")
        await socket.ask("req-1", attempt=2)
        newer = await socket.answer()
        await socket.acknowledge("req-1")

    assert (repeated.status, repeated.attempt) == (500, 1)
    assert (newer.status, newer.attempt) == (200, 2)
    assert len(discogs.calls) == 2


async def test_no_more_calls_are_made_at_once_than_it_said(server, discogs, setup):
    let_go = asyncio.Event()

    async def slow(writer):
        await let_go.wait()
        writer.write(http_answer(200, b"{}"))
        await writer.drain()

    discogs.answers["/oauth/identity"] = slow
    setup = replace(setup, settings=replace(setup.settings, max_in_flight=2))
    async with running(setup):
        socket = await server.socket()
        authenticate = await socket.welcome()
        for number in range(5):
            await socket.ask(f"req-{number}")
        await discogs.calls_made(2)
        assert await socket.nothing_more_was_said()
        at_once = len(discogs.calls)
        let_go.set()
        for _ in range(5):
            await socket.acknowledge((await socket.answer()).request_id)

    assert authenticate.data.client.max_in_flight == at_once == 2
    assert len(discogs.calls) == 5


async def test_requests_that_wait_for_their_turn_are_the_servers_again_after_a_cut(server, discogs, setup):
    async def never(writer):
        await asyncio.Event().wait()

    discogs.answers["/oauth/identity"] = never
    setup = replace(
        setup, settings=replace(setup.settings, max_in_flight=1), timing=Timing(farewell_seconds=0.05)
    )
    async with running(setup):
        first = await server.socket()
        await first.welcome()
        await first.ask("req-1")
        await first.ask("req-2")
        await discogs.calls_made(1)
        assert await first.nothing_more_was_said()
        first.cut()
        authenticate = await (await server.socket()).welcome()

    assert authenticate.data.client.holding == ("req-1",)


async def test_an_answer_beyond_the_servers_frame_is_oversize(server, discogs, setup):
    discogs.answers["/oauth/identity"] = http_answer(200, b'"%s"' % (b"x" * 5000))
    async with running(setup):
        socket = await server.socket()
        await socket.welcome(frame_bytes_max=4096)
        answer = await socket.answered("req-1")

    assert answer.error.startswith("oversize: ")


async def test_an_answer_that_closed_the_socket_by_its_size_is_not_sent_again(server, discogs, setup):
    discogs.answers["/oauth/identity"] = http_answer(200, b'"%s"' % (b"x" * 5000))
    async with running(setup):
        first = await server.socket()
        await first.welcome()
        await first.ask("req-1")
        await first.answer()
        await first.close(CloseCode.FRAME_TOO_LARGE)
        second = await server.socket()
        await second.welcome()
        answer = await second.answer()
        await second.acknowledge("req-1")

    assert answer.error.startswith("oversize: ")
    assert len(discogs.calls) == 1


async def test_an_answer_that_the_server_cannot_read_is_dropped(server, setup):
    observed = Observed()
    async with running(setup, observed):
        first = await server.socket()
        await first.welcome()
        await first.ask("req-1")
        response = await first.hear(DiscogsApiResponse)
        fault = Fault(code="bad_shape", message="The message has the wrong shape.", message_id=response.id)
        await first.send(ErrorMessage(id="e", data=fault))
        await observed.next(Misunderstood)
        first.cut()
        authenticate = await (await server.socket()).welcome()

    assert authenticate.data.client.holding == ()


async def test_silence_is_met_with_a_ping_and_then_with_a_new_connection(server, setup):
    observed = Observed()
    timing = Timing(ping_after_seconds=0.05, pong_within_seconds=0.05, farewell_seconds=0.5)
    async with running(replace(setup, timing=timing), observed):
        first = await server.socket()
        await first.welcome()
        assert await first.hear(Ping)
        await first.send(Pong(id="pong"))
        assert await first.hear(Ping)
        await first.gone()
        await (await server.socket()).welcome()
        await observed.next(Connected)
        lost = await observed.next(Lost)

    assert lost.why == "The server fell silent."


async def test_a_ping_is_answered(server, setup):
    async with running(setup):
        socket = await server.socket()
        await socket.welcome()
        await socket.send(Ping(id="ping", data=Nothing()))

        assert await socket.hear(Pong)


async def test_what_it_does_not_know_it_skips(server, setup):
    async with running(setup):
        socket = await server.socket()
        await socket.welcome()
        for frame in (b'{"type":"from_the_future","id":"x"}', b"{", b"[]", b'{"type":"response_ack","id":1}'):
            await socket.send(frame)

        assert (await socket.answered("req-1")).status == 200


async def test_requests_before_the_sign_in_is_taken_are_left_alone(server, discogs, setup):
    async with running(setup):
        socket = await server.socket()
        await socket.hear(Authenticate)
        await socket.ask("req-1")
        await socket.greet()
        assert await socket.nothing_more_was_said()

    assert discogs.calls == []


@pytest.mark.parametrize("code", [1001, 1011, 1012, CloseCode.OUTBOX_FULL, CloseCode.SERVER_FAULT, 3999])
async def test_after_other_closes_it_comes_back(server, setup, code):
    async with running(setup):
        first = await server.socket()
        await first.welcome()
        await first.close(code)

        assert await (await server.socket()).welcome()


@pytest.mark.parametrize(
    "code", [CloseCode.BAD_MESSAGE, CloseCode.VERSION_TOO_OLD, CloseCode.ORIGIN_REFUSED, 4999]
)
async def test_after_a_terminal_close_it_stops_with_the_servers_sentence(server, setup, code):
    async def script():
        socket = await server.socket()
        await socket.welcome()
        await socket.close(code, "Do not come back.")

    fault = await ended(setup, script())

    assert (fault.exit_code, fault.sentence) == (1, "Do not come back.")
    assert len(server.connection_ids) == 1


async def test_a_token_that_is_not_taken_ends_it_with_a_hint(server, setup):
    async def script():
        socket = await server.socket()
        await socket.hear(Authenticate)
        await socket.close(CloseCode.SIGN_IN_AGAIN, "Your token was revoked.")

    fault = await ended(setup, script())

    assert isinstance(fault, SignInRefusedError)
    assert fault.sentence.startswith("Your token was revoked. Sign in with `cratesync client login`")
    assert fault.exit_code == 3


@pytest.fixture
def password_setup(server, discogs, setup, tmp_path):
    environment = {
        "CRATESYNC_DISCOGS_URL": discogs.url,
        "CRATESYNC_CLIENT_DIR": str(tmp_path),
        "CRATESYNC_USERNAME": "ada",
        "CRATESYNC_PASSWORD": "canary-password",
    }
    numbers = iter(range(100))
    server.expires_in = 900

    def login(call):
        assert call.json == {"username": "ada", "password": "canary-password"}
        number = next(numbers)
        return {
            "accessToken": f"jwt-{number}",
            "tokenType": "bearer",
            "expiresIn": server.expires_in,
            "user": {},
        }

    server.rest["POST", "/api/auth/login"] = login
    return replace(setup, settings=read_settings(environment))


async def test_with_a_password_it_signs_in_again_when_told_to(server, password_setup):
    async with running(password_setup):
        first = await server.socket()
        before = await first.welcome()
        await first.close(CloseCode.SIGN_IN_AGAIN)
        after = await (await server.socket()).welcome()

    assert (before.data.token, after.data.token) == ("jwt-0", "jwt-1")


async def test_with_a_password_it_gives_up_when_every_token_is_refused(server, password_setup):
    async def script():
        while True:
            socket = await server.socket()
            await socket.hear(Authenticate)
            await socket.close(CloseCode.SIGN_IN_AGAIN)

    async def refused():
        task = asyncio.create_task(script())
        try:
            await asyncio.Event().wait()
        finally:
            task.cancel()

    fault = await ended(replace(password_setup, start_seconds=None), refused())

    assert isinstance(fault, SignInRefusedError)
    assert len(server.connection_ids) <= 3


async def test_a_wrong_password_ends_it(server, password_setup):
    server.rest["POST", "/api/auth/login"] = (
        401,
        {"code": "bad_credentials", "message": "Wrong name or password."},
    )

    fault = await ended(password_setup, asyncio.sleep(0))

    assert isinstance(fault, SignInRefusedError)
    assert fault.sentence == "Wrong name or password."


async def test_a_fresh_token_is_shown_before_the_old_one_expires(server, discogs, password_setup):
    server.expires_in = 0.02
    async with running(password_setup):
        socket = await server.socket()
        await socket.welcome()
        again = await socket.hear(Authenticate)
        await socket.greet()
        answer = await socket.answered("req-1")

    assert again.data.token == "jwt-1"
    assert answer.status == 200
    assert len(server.connection_ids) == 1


async def test_it_gives_up_when_the_server_is_never_reached(setup):
    unreachable = replace(setup, server=parse_server_url("http://127.0.0.1:1"))

    fault = await ended(unreachable, asyncio.sleep(0))

    assert isinstance(fault, ServerNotReachedError)
    assert fault.exit_code == 4


async def test_once_connected_it_never_gives_up(server, setup):
    observed = Observed()
    async with running(replace(setup, start_seconds=0.0), observed):
        first = await server.socket()
        await first.welcome()
        server.handshake_status = 503
        first.cut()
        tries = [await observed.next(Lost) for _ in range(6)]
        server.handshake_status = None
        await (await server.socket()).welcome()

    assert tries[-1].why == "The server answered the handshake with HTTP 503."


async def test_a_redirected_handshake_is_not_followed(server, discogs, setup):
    async with ScriptedServer() as elsewhere:
        server.handshake_status, server.handshake_location = 302, f"ws://127.0.0.1:{elsewhere.port}/ws"

        fault = await ended(setup, asyncio.sleep(0))

        assert fault.sentence == "The server answered the handshake with HTTP 302."
        assert elsewhere.connection_ids == []


async def test_a_strangers_key_ends_it_and_nothing_is_fetched(server, discogs, setup):
    async with running(setup):
        await (await server.socket()).welcome()

    async def script():
        socket = await server.socket()
        await socket.welcome(Signer("key-1"))
        await socket.gone()

    fault = await ended(setup, script())

    assert isinstance(fault, UntrustedKeyError)
    assert "another one than at the first sign-in" in fault.sentence
    assert discogs.calls == []


async def test_a_strangers_key_in_a_later_sign_in_on_the_open_socket_ends_it_too(server, setup):
    async def script():
        socket = await server.socket()
        await socket.welcome()
        await socket.greet(Signer("key-1"))
        await socket.gone()

    assert isinstance(await ended(setup, script()), UntrustedKeyError)


async def test_the_first_keys_are_pinned_and_told_of(server, setup):
    observed = Observed()
    async with running(setup, observed):
        await (await server.socket()).welcome()
        pinned = await observed.next(PinsChanged)

    assert pinned == PinsChanged(("key-1",), first=True)


async def test_a_stop_finishes_what_is_in_hand(server, discogs, setup):
    let_go = asyncio.Event()

    async def slow(writer):
        await let_go.wait()
        writer.write(http_answer(200, b'"finished"'))
        await writer.drain()

    discogs.answers["/oauth/identity"] = slow
    async with running(replace(setup, timing=Timing(farewell_seconds=5))) as client:
        socket = await server.socket()
        await socket.welcome()
        await socket.ask("req-1")
        await discogs.calls_made(1)
        client.presence.stop()
        let_go.set()
        answer = await socket.answer()
        await socket.acknowledge("req-1")
        await socket.gone()

    assert bytes(answer.body) == b'"finished"'


async def test_what_is_asked_after_a_stop_is_left_to_the_server(server, discogs, setup):
    let_go = asyncio.Event()

    async def slow(writer):
        await let_go.wait()
        writer.write(http_answer(200, b'"finished"'))
        await writer.drain()

    discogs.answers["/oauth/identity"] = slow
    async with running(replace(setup, timing=Timing(farewell_seconds=5))) as client:
        socket = await server.socket()
        await socket.welcome()
        await socket.ask("req-1")
        await discogs.calls_made(1)
        client.presence.stop()
        await asyncio.sleep(0)
        await socket.ask("req-2")
        let_go.set()
        assert (await socket.answer()).request_id == "req-1"
        await socket.acknowledge("req-1")
        await socket.gone()

    assert len(discogs.calls) == 1


async def test_a_stop_does_not_wait_for_long(server, discogs, setup):
    async def never(writer):
        await asyncio.Event().wait()

    discogs.answers["/oauth/identity"] = never
    async with asyncio.timeout(2), running(replace(setup, timing=Timing(farewell_seconds=0.05))):
        socket = await server.socket()
        await socket.welcome()
        await socket.ask("req-1")
        await discogs.calls_made(1)


async def test_a_call_without_an_answer_is_told_of(server, discogs, setup):
    observed = Observed()
    discogs.answers["/oauth/identity"] = b""
    async with running(setup, observed):
        socket = await server.socket()
        await socket.welcome()
        await socket.answered("req-1")

    assert await observed.next(Unanswered) == Unanswered("req-1", "network")


async def test_a_full_outbox_leaves_requests_to_the_server(server, discogs, setup):
    observed = Observed()
    flood = 520
    async with running(replace(setup, timing=Timing(farewell_seconds=0.05)), observed):
        socket = await server.socket()
        await socket.welcome()
        for number in range(flood):
            await socket.ask(f"req-{number}", "/not/on/the/list")
        left = [await observed.next(NotTaken) for _ in range(flood - 500)]

    assert len({event.request_id for event in left}) == 20


async def test_no_secret_is_logged_shown_or_traced(server, discogs, setup, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    observed = Observed()
    try:
        async with running(setup, observed):
            socket = await server.socket()
            await socket.welcome()
            await socket.answered("req-1")
            discogs.answers["/oauth/identity"] = b"gibberish"
            await socket.answered("req-2")
            await socket.close(CloseCode.BAD_MESSAGE)
            await asyncio.Event().wait()
    except ClientError:
        shown = traceback.format_exc()
    gc.collect()

    said = caplog.text + shown + repr(observed.events) + repr(setup) + "".join(capsys.readouterr())
    assert PAT not in said
    assert TOKEN not in said
