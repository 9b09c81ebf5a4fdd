"""The commands as a person or a script runs them, against a scripted server: what they print and how they end."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cratesync.client import stories
from cratesync.client.bar import Nowhere
from cratesync.client.commands import client
from cratesync.client.headless import Setup, headless
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import read_settings
from cratesync.client.sync import SyncRun, SyncWish
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.messages import (
    Authenticate,
    Completion,
    Failure,
    Notice,
    Summary,
    SyncComplete,
    SyncError,
)
from integration.client.scripted import ScriptedDiscogs, ScriptedServer, http_answer
from unit.client.signed import TOKEN
from unit.client.test_watch import progress

PAT = "canary-personal-access-token"
PASSWORD = "canary-password"
SECRETS = (PAT, PASSWORD, TOKEN, "canary-jwt")
SUMMARY = Summary(added=200, requests=2, seconds=1.5, warnings=(Notice(code="value", message="No value."),))
ACTIVE = {
    "code": "sync_already_active",
    "sessionId": "sync-1",
    "message": "A sync of this kind is on its way.",
}
ME = {"id": "u", "username": "ada", "discogsUsername": "ada_d", "hasDiscogsToken": True, "tokenValid": True}


@pytest.fixture
async def discogs():
    async with ScriptedDiscogs() as discogs:
        yield discogs


@pytest.fixture
async def server(discogs):
    async with ScriptedServer(discogs.url) as server:
        server.rest |= {
            ("POST", "/api/auth/login"): {
                "accessToken": "canary-jwt",
                "tokenType": "bearer",
                "expiresIn": 900,
                "user": {},
            },
            ("POST", "/api/auth/tokens"): (
                201,
                {"id": "t", "name": "n", "scopes": [], "token": PAT, "createdAt": "", "expiresAt": None},
            ),
            ("POST", "/api/discogs/syncCollection"): (
                202,
                {"sessionId": "sync-1", "status": "initiated", "message": "Started."},
            ),
            ("GET", "/api/users/me"): ME,
            ("POST", "/api/auth/logout"): (204, b""),
        }
        yield server


@pytest.fixture
def environment(server, discogs, tmp_path):
    return {
        "CRATESYNC_SERVER_URL": server.url,
        "CRATESYNC_DISCOGS_URL": discogs.url,
        "CRATESYNC_CLIENT_DIR": str(tmp_path),
        "CRATESYNC_USERNAME": "",
        "CRATESYNC_PASSWORD": "",
        "CRATESYNC_CLIENT_TOKEN": "",
    }


@pytest.fixture
def cratesync(environment):
    """Runs `cratesync client …` beside the test's own loop; nothing it prints may hold a secret."""

    async def run(*arguments, stdin="", **extra):
        def invoke():
            return CliRunner().invoke(client, arguments, input=stdin, env=environment | extra)

        result = await asyncio.to_thread(invoke)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert not any(secret in result.output + result.stderr for secret in SECRETS)
        return result

    return run


@asynccontextmanager
async def beside(script):
    """The other side plays its part while the body runs."""
    task = asyncio.create_task(script)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled() and task.exception():
        raise task.exception()


def complete(revision=9):
    data = Completion(
        session_id="sync-1", sync_type="collection", status="completed", revision=revision, summary=SUMMARY
    )
    return SyncComplete(id="done", data=data)


def fail(code):
    data = Failure(
        session_id="sync-1",
        sync_type="collection",
        status="failed",
        revision=9,
        code=code,
        message="Discogs said no.",
        retryable=True,
        summary=SUMMARY,
    )
    return SyncError(id="failed", data=data)


async def welcome(server):
    """Take the sign-in, and ask for nothing."""
    socket = await server.socket()
    await socket.welcome()
    await socket.gone()


async def serve_sync(server, *messages):
    """Take the sign-in, have one page fetched once the sync was asked for, and send the messages."""
    socket = await server.socket()
    await socket.welcome()
    await socket.answered("req-1", "/users/ada/collection/folders/0/releases?page=1")
    for message in messages:
        await socket.send(message)
    await socket.gone()


LOGGED_IN = {"CRATESYNC_CLIENT_TOKEN": PAT}


async def test_login_keeps_a_token_and_not_the_password(server, cratesync, tmp_path):
    result = await cratesync("login", "--username", "ada", stdin=f"{PASSWORD}\n")

    assert result.exit_code == 0, result.output
    assert f"Signed in at {server.url} as ada." in result.output
    login, _, tokens, logout = server.calls
    assert login.json == {"username": "ada", "password": PASSWORD}
    assert tokens.json["scopes"] == ["fetch", "read", "sync", "account"]
    assert tokens.headers["Authorization"] == "Bearer canary-jwt"
    assert logout.path == "/api/auth/logout"
    stored = (tmp_path / "credentials.json").read_text()
    assert PAT in stored
    assert PASSWORD not in stored
    assert "canary-jwt" not in stored


async def test_login_can_make_the_account_first(server, cratesync):
    server.rest["POST", "/api/auth/register"] = (201, server.rest["POST", "/api/auth/login"])

    result = await cratesync("login", "--register", CRATESYNC_USERNAME="ada", CRATESYNC_PASSWORD=PASSWORD)

    assert result.exit_code == 0, result.output
    assert [call.path for call in server.calls][:1] == ["/api/auth/register"]


async def test_signing_in_again_revokes_the_token_of_before_by_itself(server, cratesync):
    server.rest["DELETE", "/api/auth/tokens/t"] = (204, b"")
    for _ in range(2):
        result = await cratesync("login", "--username", "ada", stdin=f"{PASSWORD}\n")
        assert result.exit_code == 0, result.output

    (revoked,) = (call for call in server.calls if call.method == "DELETE")
    assert revoked.headers["Authorization"] == f"Bearer {PAT}"
    assert server.calls.index(revoked) > [call.path for call in server.calls].index("/api/auth/tokens")


async def test_a_link_needs_no_password_and_names_the_server(server, cratesync):
    server.rest["POST", "/api/auth/link"] = (201, server.rest["POST", "/api/auth/login"])
    link = f"{server.url}/#code=crl_canary"

    result = await cratesync("login", "--link", link, CRATESYNC_SERVER_URL="http://127.0.0.1:1")

    assert result.exit_code == 0, result.output
    assert "crl_canary" not in result.output
    assert server.calls[0].json == {"code": "crl_canary", "username": None}


async def test_an_invitation_asks_for_a_name_and_a_password(server, cratesync):
    server.rest["POST", "/api/auth/register"] = (201, server.rest["POST", "/api/auth/login"])
    link = "http://elsewhere.example/#invitation=crl_canary"

    result = await cratesync("login", "--server", server.url, "--link", link, stdin=f"ada\n{PASSWORD}\n")

    assert result.exit_code == 0, result.output
    assert server.calls[0].json == {"username": "ada", "password": PASSWORD, "invitation": "crl_canary"}


async def test_a_link_that_is_used_up_exits_3(server, cratesync):
    refusal = {"code": "bad_code", "message": "This link was used already."}
    server.rest["POST", "/api/auth/link"] = (401, refusal)

    result = await cratesync("login", "--link", f"{server.url}/#code=crl_canary")

    assert (result.exit_code, result.output) == (3, "This link was used already.\n")


@pytest.mark.parametrize(
    ("answer", "exit_code", "is_kept"),
    [
        ((204, b""), 0, False),
        ((401, {"code": "not_signed_in", "message": "Revoked."}), 0, False),
        ((404, {"code": "not_found", "message": "Gone."}), 0, False),
        ((500, {"code": "server_fault", "message": "Broken."}), 1, True),
        ((503, b""), 4, True),
    ],
)
async def test_logout_forgets_a_token_once_it_is_worthless(
    server, cratesync, tmp_path, answer, exit_code, is_kept
):
    await cratesync("login", "--username", "ada", stdin=f"{PASSWORD}\n")
    server.rest["DELETE", "/api/auth/tokens/t"] = answer

    result = await cratesync("logout")

    assert result.exit_code == exit_code, result.output
    assert (PAT in (tmp_path / "credentials.json").read_text()) == is_kept


async def test_a_wrong_password_exits_3(server, cratesync):
    server.rest["POST", "/api/auth/login"] = (
        401,
        {"code": "bad_credentials", "message": "Wrong name or password."},
    )

    result = await cratesync("login", "--username", "ada", stdin=f"{PASSWORD}\n")

    assert (result.exit_code, result.output) == (3, "Wrong name or password.\n")


@pytest.mark.parametrize("command", [["login", "--username", "a"], ["status"]])
async def test_nobody_there_exits_4(cratesync, command):
    result = await cratesync(*command, "--server", "http://127.0.0.1:1", stdin=f"{PASSWORD}\n", **LOGGED_IN)

    assert result.exit_code == 4
    assert "could not be reached" in result.output


@pytest.mark.parametrize("command", ["sync", "run", "status", "token"])
async def test_without_a_sign_in_it_exits_3_and_says_how_to(cratesync, command):
    result = await cratesync(command, stdin=TOKEN)

    assert result.exit_code == 3
    assert "cratesync client login" in result.output


async def test_a_sync_fetches_what_it_is_asked_and_exits_0(server, discogs, cratesync):
    async with beside(serve_sync(server, progress(3), complete())):
        result = await cratesync("sync", "--full", "--page-limit", "2", **LOGGED_IN)

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "Collection synced.",
        "200 added, 0 updated, 0 removed, 0 unchanged; 2 calls in 2 s.",
        "Note: No value.",
    ]
    assert "24% · 3/12 calls" in result.stderr
    started = next(call for call in server.calls if call.path == "/api/discogs/syncCollection")
    assert started.json == {"syncType": "collection", "fullSync": True, "pageLimit": 2}
    assert started.headers["Authorization"] == f"Bearer {PAT}"
    assert len(discogs.calls) == 1


async def test_with_json_there_is_one_object_and_nothing_else(server, cratesync):
    async with beside(serve_sync(server, progress(3), complete())):
        result = await cratesync("sync", "--json", **LOGGED_IN)

    assert result.exit_code == 0
    assert result.stderr == ""
    (line,) = result.stdout.splitlines()
    report = json.loads(line)
    assert (report["sessionId"], report["status"]) == ("sync-1", "completed")
    assert report["summary"]["added"] == 200
    assert set(report) == {"sessionId", "status", "summary"}


async def test_a_sync_that_is_on_its_way_is_followed(server, cratesync):
    server.rest["POST", "/api/discogs/syncCollection"] = (409, ACTIVE)

    async with beside(serve_sync(server, complete())):
        result = await cratesync("sync", **LOGGED_IN)

    assert result.exit_code == 0
    assert "following that one" in result.stderr


@pytest.mark.parametrize(
    ("code", "exit_code"), [("incomplete", 1), ("token_rejected", 3), ("discogs_token_missing", 3)]
)
async def test_a_failed_sync_exits_1_and_a_refused_discogs_token_3(server, cratesync, code, exit_code):
    async with beside(serve_sync(server, fail(code))):
        result = await cratesync("sync", "--json", **LOGGED_IN)

    assert result.exit_code == exit_code
    report = json.loads(result.stdout)
    assert (report["status"], report["code"], report["message"]) == ("failed", code, "Discogs said no.")


async def test_a_cancelled_sync_exits_1(server, cratesync):
    async with beside(serve_sync(server, progress(4, status="cancelled"))):
        result = await cratesync("sync", **LOGGED_IN)

    assert result.exit_code == 1
    assert "Collection cancelled: The sync was cancelled." in result.output


@pytest.mark.parametrize(
    "code", ["discogs_token_missing", "discogs_token_rejected", "discogs_account_mismatch"]
)
async def test_a_sync_that_cannot_start_for_want_of_a_token_exits_3(server, cratesync, code):
    server.rest["POST", "/api/discogs/syncCollection"] = (
        409,
        {"code": code, "message": "Save a token first."},
    )

    async with beside(welcome(server)):
        result = await cratesync("sync", "--json", **LOGGED_IN)

    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "sessionId": None,
        "status": "failed",
        "code": code,
        "message": "Save a token first.",
    }


async def test_a_person_is_told_how_to_save_a_token(server, cratesync):
    refusal = {"code": "discogs_token_missing", "message": "There is no token yet."}
    server.rest["POST", "/api/discogs/syncCollection"] = (409, refusal)

    async with beside(welcome(server)):
        result = await cratesync("sync", **LOGGED_IN)

    assert result.stderr.splitlines() == [
        "There is no token yet.",
        "Save your Discogs token with `cratesync client token`.",
    ]


async def test_a_revoked_token_exits_3(server, cratesync):
    async def refuse():
        socket = await server.socket()
        await socket.hear(Authenticate)
        await socket.close(CloseCode.SIGN_IN_AGAIN, "This token was revoked.")

    async with beside(refuse()):
        result = await cratesync("sync", "--json", **LOGGED_IN)

    assert result.exit_code == 3
    assert json.loads(result.stdout)["code"] == "sign_in_refused"


async def test_user_name_and_password_of_the_environment_are_enough(server, cratesync):
    async with beside(serve_sync(server, complete())):
        result = await cratesync("sync", "--json", CRATESYNC_USERNAME="ada", CRATESYNC_PASSWORD=PASSWORD)

    assert result.exit_code == 0
    asked = [call.path for call in server.calls]
    assert (asked[0], asked[-1]) == ("/api/auth/login", "/api/auth/logout")


@pytest.fixture
def setup(server, environment):
    settings = read_settings(environment | LOGGED_IN)
    return Setup(settings=settings, server=parse_server_url(server.url), start_seconds=0.1)


async def test_a_sync_at_a_server_that_is_not_reached_exits_4(setup, capsys):
    nowhere = replace(setup, server=parse_server_url("http://127.0.0.1:1"))

    assert await stories.sync(nowhere, SyncWish("collection"), as_json=True) == 4
    assert json.loads(capsys.readouterr().out)["code"] == "server_not_reached"


async def test_a_lost_end_is_found_by_asking(server, setup):
    server.rest["GET", "/api/discogs/syncStatus/sync-1"] = {
        "sessionId": "sync-1",
        "status": "completed",
        "totalRequests": 2,
        "summary": {"added": 200},
        "completedAt": "2026-11-22T08:00:00Z",
    }
    work = SyncRun(SyncWish("collection"), Nowhere(), poll_seconds=0.01)

    async with beside(serve_sync(server, progress(3))), headless(setup, work.observe) as client:
        outcome = await work.follow(client)

    assert (outcome.status, outcome.summary.added) == ("completed", 200)


async def test_a_start_that_was_lost_is_tried_again(server, setup):
    answers = iter([(503, b""), (409, ACTIVE)])
    server.rest["POST", "/api/discogs/syncCollection"] = lambda call: next(answers)
    work = SyncRun(SyncWish("wantlist"), Nowhere(), try_seconds=0.01)

    async with beside(serve_sync(server, complete())), headless(setup, work.observe) as client:
        outcome = await work.follow(client)

    assert outcome.status == "completed"


async def test_a_sync_outlives_a_lost_connection(server, cratesync):
    async def script():
        first = await server.socket()
        await first.welcome()
        await first.send(progress(2))
        first.cut()
        await serve_sync(server, complete())

    async with beside(script()):
        result = await cratesync("sync", **LOGGED_IN)

    assert result.exit_code == 0
    assert "The connection broke. Next try in" in result.stderr


async def test_the_token_is_read_from_standard_input_and_checked_by_this_very_client(
    server, discogs, cratesync
):
    discogs.answers["/oauth/identity"] = http_answer(200, b'{"username":"ada_d"}')
    server.rest["PUT", "/api/users/discogs-token"] = {
        "message": "Discogs knows you as ada_d.",
        "tokenValid": True,
    }

    async with beside(serve_sync(server)):
        result = await cratesync("token", stdin=f"{TOKEN}\n", **LOGGED_IN)

    assert (result.exit_code, result.output) == (0, "Discogs knows you as ada_d.\n")
    assert server.calls[-1].json == {"discogsToken": TOKEN}


async def test_a_token_that_discogs_rejects_exits_3(server, cratesync):
    server.rest["PUT", "/api/users/discogs-token"] = {"message": "Discogs rejected it.", "tokenValid": False}

    async with beside(welcome(server)):
        result = await cratesync("token", stdin=TOKEN, **LOGGED_IN)

    assert result.exit_code == 3


async def test_what_is_no_token_and_a_way_that_is_not_private_are_refused_before_anything_is_sent(
    server, cratesync
):
    spaced = await cratesync("token", stdin="two words\n", **LOGGED_IN)
    nothing = await cratesync("token", **LOGGED_IN)
    insecure = await cratesync("token", "--server", "http://nas.example:8000", stdin=TOKEN, **LOGGED_IN)

    assert [result.exit_code for result in (spaced, nothing, insecure)] == [2, 2, 2]
    assert "not encrypted" in insecure.output
    assert server.calls == []


async def test_status_shows_who_and_what_and_when(server, cratesync):
    server.rest |= {
        ("GET", "/api/discogs/syncs"): {
            "items": [
                {"sessionId": "s2", "syncType": "collection", "status": "in_progress"},
                {"sessionId": "s1", "syncType": "collection", "status": "completed", "summary": {"added": 3}},
            ]
        },
        ("GET", "/api/users/me/schedule"): {
            "mode": "every",
            "everyHours": 6,
            "mirrors": [
                {"syncType": "collection", "dueAt": "2030-01-01T06:00:00Z", "overdue": True},
                {"syncType": "wantlist", "dueAt": None},
            ],
        },
        ("GET", "/api/discogs/rateLimit"): {"userId": "u", "remaining": 58, "limit": 60},
    }

    result = await cratesync("status", **LOGGED_IN)
    report = json.loads((await cratesync("status", "--json", **LOGGED_IN)).stdout)

    assert result.output.splitlines() == [
        f"Server     {server.url}",
        "Signed in  ada",
        "Discogs    ada_d; token: accepted by Discogs",
        "Collection in_progress",
        "Wantlist   never synced",
        "Schedule   every 6 hours; collection overdue since 2030-01-01T06:00:00Z",
        "Quota      58 of 60 calls left",
    ]
    assert report["user"]["username"] == "ada"
    assert report["syncs"]["collection"]["sessionId"] == "s2"


async def test_status_with_a_refused_token_exits_3(server, cratesync):
    server.rest["GET", "/api/users/me"] = (401, {"code": "unauthorized", "message": "Sign in."})

    result = await cratesync("status", "--json", **LOGGED_IN)

    assert result.exit_code == 3
    assert json.loads(result.stdout)["code"] == "sign_in_refused"


async def test_what_is_no_cratesync_server_is_named(server, cratesync):
    server.rest["GET", "/api/users/me"] = b"<html>hello</html>"

    result = await cratesync("status", **LOGGED_IN)

    assert result.exit_code == 1
    assert "is not what a Cratesync server says" in result.output


@pytest.mark.parametrize(
    "arguments",
    [["sync", "--type", "inventory"], ["sync", "--page-limit", "0"], ["status", "--server", "nas"]],
)
async def test_misuse_exits_2(cratesync, arguments):
    assert (await cratesync(*arguments, **LOGGED_IN)).exit_code == 2


@asynccontextmanager
async def process(environment, *arguments):
    """A real process, for signals."""
    program = "from cratesync.client.commands import client; client()"
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        *arguments,
        env=dict(os.environ) | environment | LOGGED_IN,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_run_serves_until_a_signal_and_ends_cleanly(server, discogs, environment, number):
    async with process(environment, "run") as running:
        socket = await server.socket()
        await socket.welcome()
        await socket.answered("req-1", "/users/ada/wants?page=1")
        await socket.answered("req-2", "/users/ada/wants?token=x")
        running.send_signal(number)
        out, err = await asyncio.wait_for(running.communicate(), 5)

    lines = [line.split(" ", 1)[1] for line in err.decode().splitlines()]
    assert running.returncode == 0
    assert out == b""
    assert [line.split(" ")[0] for line in lines] == [
        "starting",
        "keys_pinned",
        "connected",
        "request_refused",
        "stopping",
        "stopped",
    ]
    assert "connected connection_id=connection-1 user_id=user-1" in lines
    assert b"wants" not in err
    assert not any(secret.encode() in err for secret in SECRETS)


async def test_an_interrupted_sync_says_so_without_a_traceback(server, environment):
    async with process(environment, "sync", "--json") as running:
        socket = await server.socket()
        await socket.welcome()
        await socket.answered("req-1")
        running.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(running.communicate(), 5)

    assert running.returncode == 130
    assert json.loads(out)["code"] == "interrupted"
    assert err == b""
