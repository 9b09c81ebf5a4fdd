"""`cratesync client check-discogs` against a simulated Discogs: what it sends, what it finds, how it ends."""

import asyncio
import gzip
import json
import shutil
import signal
from collections import Counter
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from cratesync.client.commands import client
from cratesync.client.discogs_check.asks import PLAN, Ask
from cratesync.client.discogs_check.calls import CALLS_MAX, CallRefusedError, Calls, NoAnswerError
from cratesync.client.discogs_check.expectations import EXPECTATIONS
from cratesync.client.discogs_check.pace import PAUSE_SECONDS, Pace
from cratesync.client.errors import SettingError
from cratesync.client.fetch import http_for_calls
from cratesync.client.secret import Secret
from cratesync.client.tls import tls_context
from cratesync.simulator import Fault, Kind
from e2e.processes import World, eventually
from integration.client.checking import check
from integration.client.deviating import TOKEN, USERNAME, DeviatingDiscogs
from integration.client.scripted import ScriptedDiscogs, http_answer
from unit.client.discogs_check.hands import Hands

RECORDED = Path(__file__).parents[2] / "fixtures" / "discogs"
EVERYTHING = {expectation.id for expectation in EXPECTATIONS}


@pytest.fixture
def world(tmp_path):
    """The real programs as processes, with Discogs' own window."""
    world = World(tmp_path, window=60.0)
    yield world
    world.end()


# --- the simulator is what we expect of Discogs -------------------------------------------------------------------------


async def test_the_simulator_differs_in_nothing(world, capsys):
    world.simulate(f"{USERNAME}:{TOKEN}:250:130")

    checked = await check(world.discogs_url, capsys=capsys)

    assert (checked.exit_code, checked.differences, checked.not_seen) == (0, set(), set())
    assert {one["id"] for one in checked.report["expectations"]} == EVERYTHING
    assert checked.report["ending"] == "complete"
    assert checked.report["live"] is False
    assert checked.err == ""


async def test_a_recorded_collection_differs_in_nothing_but_its_few_records(world, tmp_path, capsys):
    shutil.copytree(RECORDED, tmp_path / "recorded")
    world.simulate(f"{USERNAME}:{TOKEN}:{tmp_path / 'recorded'}")

    checked = await check(world.discogs_url, capsys=capsys)

    assert checked.differences == set()
    assert checked.not_seen == {"pagination-echo", "pagination-host"}


async def test_an_empty_collection_shows_less_and_differs_in_nothing(capsys):
    async with DeviatingDiscogs(items=0, wants=0).serving() as url:
        checked = await check(url, capsys=capsys)

    assert (checked.exit_code, checked.differences) == (0, set())
    assert {"item-keys", "items-oldest", "copies", "want-keys"} <= checked.not_seen
    assert checked.report["callsMade"] == 19


# --- what it sends ------------------------------------------------------------------------------------------------------


async def test_it_makes_at_most_twenty_calls_that_only_read(capsys):
    discogs = DeviatingDiscogs()
    async with discogs.serving() as url:
        checked = await check(url, capsys=capsys)

    assert len(discogs.calls) == checked.report["callsMade"] == CALLS_MAX == 20
    assert Counter(call.method for call in discogs.calls) == {"GET": 18, "OPTIONS": 2}
    assert all(call.token is None for call in discogs.calls if call.method == "OPTIONS")
    assert checked.report["quota"]["verdict"] == "counts"


async def test_calls_leave_one_by_one_and_below_the_quota(capsys):
    hands = Hands()
    async with DeviatingDiscogs().serving() as url:
        await check(url, capsys=capsys, hands=hands)

    assert hands.waits == [PAUSE_SECONDS] * 19
    assert 60 / PAUSE_SECONDS <= 40


async def test_it_slows_down_when_little_of_the_quota_is_left(capsys):
    hands = Hands()
    async with DeviatingDiscogs(limit=20).serving() as url:
        await check(url, capsys=capsys, hands=hands)

    assert sorted(set(hands.waits)) == [PAUSE_SECONDS, 10.0]
    assert hands.waits[-1] == 10.0


async def test_the_made_up_token_is_not_the_users_and_no_cookie_comes_back(capsys):
    asked = []

    def remember(answered):
        asked.append(answered.asked)
        answered["Set-Cookie"] = "__cf_bm=canary-cookie; path=/"

    async with DeviatingDiscogs(remember).serving() as url:
        await check(url, capsys=capsys)

    tokens = [headers.get("authorization") for headers in asked]
    assert Counter(tokens)[f"Discogs token={TOKEN}"] == 16
    assert tokens[-2:] == ["Discogs token=madeupbycratesynccheckdiscogsisnotatoken"] * 2
    assert not any("cookie" in headers for headers in asked)
    assert all(headers["user-agent"].startswith("Cratesync/") for headers in asked)


async def test_calls_leave_from_the_local_address_that_is_set(capsys):
    discogs = DeviatingDiscogs()
    async with discogs.serving() as url:
        await check(url, capsys=capsys, CLIENT_LOCAL_ADDRESS="127.0.0.7")

    assert {call.ip for call in discogs.calls} == {"127.0.0.7"}


# --- the one way out ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def discogs():
    async with ScriptedDiscogs() as discogs:
        yield discogs


@pytest.fixture
async def calls(discogs):
    hands = Hands()
    async with http_for_calls(local_address=None, calls_max=1, verify=tls_context()) as http:
        yield Calls(
            http,
            base_url=discogs.url,
            token=Secret(TOKEN),
            user_agent="Cratesync/test",
            pace=Pace(monotonic=hands.clock.monotonic, sleep=hands.sleep),
            monotonic=hands.clock.monotonic,
            call_seconds=0.2,
            body_bytes_max=1000,
        )


IDENTITY = PLAN[0]


async def test_the_twenty_first_call_is_refused(discogs, calls):
    for _ in range(20):
        await calls.make(IDENTITY, "/oauth/identity")

    with pytest.raises(CallRefusedError):
        await calls.make(IDENTITY, "/oauth/identity")
    assert len(discogs.calls) == 20


async def test_the_third_preflight_is_refused(discogs, calls):
    preflight = Ask("x", "/oauth/identity", method="OPTIONS", caller=None, origin=True)
    for _ in range(2):
        await calls.make(preflight, "/oauth/identity")

    with pytest.raises(CallRefusedError):
        await calls.make(preflight, "/oauth/identity")
    assert len(discogs.calls) == 2


@pytest.mark.parametrize(
    ("ask", "target"),
    [
        (Ask("x", "/oauth/identity", method="PUT"), "/oauth/identity"),
        (Ask("x", "/oauth/identity", method="DELETE"), "/oauth/identity"),
        (Ask("x", "/oauth/identity", method="OPTIONS"), "/oauth/identity"),
        (IDENTITY, "/marketplace/orders"),
        (IDENTITY, "/users/ada/wants?callback=x"),
        (IDENTITY, "@evil.example/oauth/identity"),
        (IDENTITY, "/users/../oauth/identity"),
    ],
)
async def test_what_writes_or_leads_elsewhere_is_refused(discogs, calls, ask, target):
    with pytest.raises(CallRefusedError):
        await calls.make(ask, target)

    assert (discogs.calls, calls.made) == ([], 0)


async def test_nothing_is_asked_after_a_429(discogs, calls):
    discogs.answers["/oauth/identity"] = http_answer(429, b"\n")
    await calls.make(IDENTITY, "/oauth/identity")

    with pytest.raises(CallRefusedError):
        await calls.make(IDENTITY, "/oauth/identity")
    assert len(discogs.calls) == 1


async def test_a_redirect_is_not_followed(discogs, calls):
    discogs.answers["/oauth/identity"] = http_answer(302, b"", [("location", f"{discogs.url}/elsewhere")])

    answer = await calls.make(IDENTITY, "/oauth/identity")

    assert (answer.status, answer.body) == (302, None)
    assert [call.path for call in discogs.calls] == ["/oauth/identity"]


@pytest.mark.parametrize(
    "answer",
    [
        http_answer(200, b"x" * 1001),
        http_answer(200, gzip.compress(b"x" * 50_000), [("content-encoding", "gzip")]),
    ],
)
async def test_no_more_of_a_body_is_read_than_the_limit(discogs, calls, answer):
    discogs.answers["/oauth/identity"] = answer

    assert (await calls.make(IDENTITY, "/oauth/identity")).body is None


async def test_neither_a_cut_nor_a_silent_answer_is_one(discogs, calls):
    async def silent(_):
        await asyncio.Event().wait()

    discogs.answers["/oauth/identity"] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"
    with pytest.raises(NoAnswerError, match="before its answer was complete"):
        await calls.make(IDENTITY, "/oauth/identity")
    discogs.answers["/oauth/identity"] = silent
    with pytest.raises(NoAnswerError, match=r"within 0\.2 seconds"):
        await calls.make(IDENTITY, "/oauth/identity")
    assert calls.made == 2


async def test_no_repr_shows_the_token_or_an_answer(discogs, calls):
    discogs.answers["/oauth/identity"] = http_answer(200, TOKEN.encode(), [("x-echo", TOKEN)])

    answer = await calls.make(IDENTITY, "/oauth/identity")

    assert TOKEN not in repr(answer) + str(answer) + repr(calls)


# --- how it ends --------------------------------------------------------------------------------------------------------


async def test_a_429_in_the_middle_ends_it_with_the_report_so_far(capsys):
    discogs = DeviatingDiscogs()
    discogs.simulator.faults.set(Fault(Kind.THROTTLED, path="*/value"))
    async with discogs.serving() as url:
        checked = await check(url, capsys=capsys)

    assert (checked.exit_code, checked.report["ending"]) == (1, "throttled")
    assert checked.report["callsMade"] == len(discogs.calls) == 7
    assert checked.report["calls"][-1]["status"] == 429
    assert checked.differences == {"answers"}
    assert "items-oldest" in checked.not_seen


async def test_a_cut_in_the_middle_ends_it_with_the_report_so_far(capsys):
    async with ScriptedDiscogs() as discogs:
        identity = {"id": 5, "username": USERNAME, "resource_url": "", "consumer_name": ""}
        discogs.answers["/oauth/identity"] = http_answer(200, json.dumps(identity).encode())
        discogs.answers[f"/users/{USERNAME}/collection/folders"] = b""
        checked = await check(discogs.url, capsys=capsys)

    assert (checked.exit_code, checked.report["ending"]) == (1, "failed")
    assert [call["name"] for call in checked.report["calls"]] == ["identity"]


@pytest.mark.parametrize("body", [b"<html>sign in to this network</html>", b"[]", b'{"username": 5}', b"{"])
async def test_whoever_does_not_say_whose_token_it_is_is_asked_nothing_more(capsys, body):
    async with ScriptedDiscogs() as discogs:
        discogs.answers["/oauth/identity"] = http_answer(200, body)
        checked = await check(discogs.url, capsys=capsys)

        assert (checked.exit_code, len(discogs.calls)) == (1, 1)


@pytest.mark.parametrize("username", ["..", ".", "a/b", "a\\b", "x" * 3000])
async def test_a_user_name_that_could_lead_elsewhere_is_asked_nothing_more(capsys, username):
    async with ScriptedDiscogs() as discogs:
        discogs.answers["/oauth/identity"] = http_answer(200, json.dumps({"username": username}).encode())
        checked = await check(discogs.url, capsys=capsys)

    assert (checked.exit_code, checked.report["message"]) == (1, "The address is not on this client's list.")
    assert [call.path for call in discogs.calls] == ["/oauth/identity"]


@pytest.mark.parametrize(
    ("username", "segment"), [("a?b#c", "a%3Fb%23c"), ("Zoë", "Zo%C3%AB"), ("%2F", "%252F")]
)
async def test_an_odd_user_name_stays_one_part_of_the_path(capsys, username, segment):
    async with ScriptedDiscogs() as discogs:
        discogs.answers["/oauth/identity"] = http_answer(200, json.dumps({"username": username}).encode())
        await check(discogs.url, capsys=capsys)

    folders = discogs.calls[1]
    assert folders.path == f"/users/{segment}/collection/folders"


async def test_a_token_does_not_leave_the_machine_unencrypted(capsys):
    with pytest.raises(SettingError, match="is not encrypted"):
        await check("http://203.0.113.9", capsys=capsys)


# --- as a person types it -----------------------------------------------------------------------------------------------


def check_process(world, *arguments, token=TOKEN, **settings):
    return world.start("check", "client", "check-discogs", *arguments, DISCOGS_TOKEN=token, **settings)


def test_a_token_that_discogs_does_not_accept_exits_3(world):
    world.simulate(f"{USERNAME}:{TOKEN}:5")

    program = check_process(world, token="another-canary-token")

    assert program.ends() == 3
    assert "Discogs does not accept this token (401)." in program.said
    assert len(world.journal()) == 1
    assert world.files_with("another-canary-token") == []


async def test_the_token_is_read_from_standard_input(discogs):
    discogs.answers["/oauth/identity"] = http_answer(401, b"{}")
    environment = {"CRATESYNC_DISCOGS_URL": discogs.url, "CRATESYNC_DISCOGS_TOKEN": ""}

    def invoke():
        return CliRunner().invoke(client, ["check-discogs"], input=f"{TOKEN}\n", env=environment)

    result = await asyncio.to_thread(invoke)

    assert result.exit_code == 3
    assert discogs.calls[0].headers["Authorization"] == f"Discogs token={TOKEN}"
    assert TOKEN not in result.output + result.stderr


def test_nobody_there_exits_4(world):
    program = check_process(world, "--json", DISCOGS_URL="http://127.0.0.1:1")

    assert program.ends() == 4
    assert json.loads(program.out.read_text())["ending"] == "not_reached"


@pytest.mark.parametrize("token", ["", "two words", "naïve", "x" * 201])
def test_what_is_no_token_exits_2_before_any_call(world, token):
    world.simulate(f"{USERNAME}:{TOKEN}:5")

    program = check_process(world, token=token)

    assert program.ends() == 2
    assert world.journal() == []


def test_a_report_that_cannot_be_written_is_told_before_any_call(world):
    world.simulate(f"{USERNAME}:{TOKEN}:5")

    program = check_process(world, "--output", str(world.folder / "missing" / "report.md"))

    assert program.ends() == 2
    assert world.journal() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_report_of_what_was_seen_so_far(world, number):
    world.simulate(f"{USERNAME}:{TOKEN}:5")
    report = world.folder / "report.md"

    program = check_process(world, "--output", str(report))
    eventually(lambda: len(world.journal()) >= 2, what="two calls")

    assert program.stop(number) == 128 + number
    text = report.read_text()
    assert "Interrupted: this is what was seen so far." in text
    assert "| 1 | `identity` |" in text
    assert "not the live API" in text
    assert len(world.journal()) < 20


# --- what nobody else shall read ----------------------------------------------------------------------------------------

CANARIES = {
    "title": "Canarytitle",
    "artist": "Canaryartist",
    "label": "Canarylabel",
    "catno": "CANARYCAT",
    "note": "Canarynote",
    "folder": "Canaryfolder",
    "field": "Canaryfield",
    "cookie": "canarycookie",
    "address": "203.0.113.77",
    "address6": "2001:db8::77",
    "instance": 876543210,
    "release": 98765,
    "user id": 7654,
    "money": "€4321.09",
}


def plant_canaries(answered):
    """Everywhere in an answer where something of the user's can stand, and where it should not."""
    answered["Set-Cookie"] = "__cf_bm=canarycookie; path=/"
    answered["X-Forwarded-For"] = "203.0.113.77"
    answered["X-Real-Ip"] = "2001:db8::77"
    answered["X-Echo"] = TOKEN
    answered["Cache-Control"] = f"private; token={TOKEN}; user={USERNAME}; from=203.0.113.77"
    if not answered.body:
        return
    if answered.status != 200:
        echo = f"{USERNAME.upper()} ({TOKEN}) at 203.0.113.77 and 2001:db8::77, 98765, 876543210, 7654, "
        answered.change(
            lambda body: body.update(
                message=f"{echo} https://h/users/{USERNAME}?token={TOKEN} canary@example.com"
            )
        )
        return
    answered.change(plant_records)


def plant_records(body):
    if "consumer_name" in body:
        body["id"] = 7654
    for record in body.get("releases", []) + body.get("wants", []):
        basic = record["basic_information"]
        basic |= {"title": "Canarytitle", "barcode": "Canarytitle", "Canarytitle in a key": 1}
        basic["artists"][0]["name"] = "Canaryartist"
        basic["labels"][0] |= {"name": "Canarylabel", "catno": "CANARYCAT"}
        record["notes"] = [{"field_id": 3, "value": "Canarynote"}]
        record |= {"id": 98765, "instance_id": 876543210}
    for folder in body.get("folders", []):
        folder["name"] = "Canaryfolder"
    for field in body.get("fields", []):
        field["name"] = "Canaryfield"
    if "median" in body:
        body["median"] = "€4321.09"


@pytest.mark.parametrize("as_json", [True, False])
async def test_no_report_shows_anything_that_is_private(capsys, as_json):
    async with DeviatingDiscogs(plant_canaries).serving() as url:
        checked = await check(url, as_json=as_json, capsys=capsys)

    assert checked.exit_code == 0
    said = (checked.text + checked.err).casefold()
    private = [TOKEN, USERNAME, "127.0.0.1", "canary@example.com", *map(str, CANARIES.values())]
    assert [canary for canary in private if canary.casefold() in said] == []
    assert "USER (TOKEN) at ADDRESS and ADDRESS, ID, ID, ID" in checked.text


async def test_the_canaries_were_planted(capsys):
    """The test above would be green too if nothing had arrived."""
    bodies = []

    def remember(answered):
        plant_canaries(answered)
        packed = answered.headers.get("Content-Encoding") == "gzip"
        content = gzip.decompress(answered.body) if packed else answered.body
        bodies.append(f"{json.loads(content or b'{}')} {answered.headers}")

    async with DeviatingDiscogs(remember).serving() as url:
        await check(url, capsys=capsys)

    said = " ".join(bodies)
    assert [name for name, canary in CANARIES.items() if str(canary) not in said] == []


async def test_the_text_says_what_differs_first_and_that_it_is_no_figure_of_the_live_api(capsys):
    async with DeviatingDiscogs(limit=55).serving() as url:
        checked = await check(url, as_json=False, capsys=capsys)

    assert "**not the live API**" in checked.text
    assert "1 different" in checked.text
    different = checked.text.partition("## Different from the simulator")[2].partition("## ")[0]
    assert "`rate-limit`" in different
    assert "GET /users/USER/collection/folders: 200" in checked.err


async def test_the_address_of_another_server_is_not_shown(capsys):
    async with DeviatingDiscogs().serving() as url:
        checked = await check(url, as_json=False, capsys=capsys)

    assert httpx.URL(url).host not in checked.text
    assert str(httpx.URL(url).port) not in checked.text
