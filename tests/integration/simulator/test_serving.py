import asyncio
import json
import socket

import httpx
import pytest

from cratesync.simulator import Fault, Kind, Simulator, SimulatorConfig, SystemClock

ITEMS = "/users/ada/collection/folders/0/releases"


@pytest.fixture
def discogs():
    simulator = Simulator(SimulatorConfig(limit=5, image_limit=3))
    simulator.add_user("ada", "token-of-ada", items=250, wants=30)
    return simulator


def client_at(base_url, address="127.0.0.1", **how):
    """A client that calls from an address of its own."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    headers = {"Authorization": "Discogs token=token-of-ada"}
    return httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers, **how)


async def test_it_serves_on_a_free_port_and_leaves_it_clean(discogs, caplog):
    async with discogs.serving() as base_url, client_at(base_url) as client:
        answer = await client.get("/oauth/identity")
        port = httpx.URL(base_url).port
        assert answer.json()["resource_url"] == f"{base_url}/users/ada"

    with socket.create_server(("127.0.0.1", port)):
        pass
    assert caplog.records == []


async def test_two_simulators_serve_side_by_side(discogs):
    other = Simulator()
    async with discogs.serving() as first, other.serving() as second:
        assert first != second


async def test_a_port_in_use_is_an_error(discogs):
    async with discogs.serving() as base_url:
        with pytest.raises(OSError, match="in use"):
            async with discogs.serving(port=httpx.URL(base_url).port):
                pass


async def test_each_source_address_has_a_quota_of_its_own(discogs):
    async with discogs.serving() as base_url:
        for address in ("127.0.0.1", "127.0.0.77"):
            async with client_at(base_url, address) as client:
                statuses = [(await client.get("/oauth/identity")).status_code for _ in range(6)]
            assert statuses == [200] * 5 + [429]

    assert {call.ip for call in discogs.journal} == {"127.0.0.1", "127.0.0.77"}


async def test_calls_at_once_are_counted_one_by_one(discogs):
    async with discogs.serving() as base_url, client_at(base_url) as client:
        answers = await asyncio.gather(*(client.get("/oauth/identity") for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 15


async def test_answers_are_chunked_or_of_a_fixed_length_as_recorded(discogs):
    async with discogs.serving() as base_url, client_at(base_url) as client:
        page = await client.get(ITEMS)
        made = await client.post("/users/ada/collection/folders", json={"name": "New"})
        gone = await client.delete(f"/users/ada/collection/folders/{made.json()['id']}")
        head = await client.head("/oauth/identity")

    assert page.headers["transfer-encoding"] == "chunked"
    assert page.headers["vary"] == "Accept-Encoding"
    assert made.headers["content-length"] == str(len(made.content))
    assert gone.content == b""
    assert "transfer-encoding" not in gone.headers
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_answers_are_gzipped_for_those_who_accept_it(discogs, encoding):
    async with discogs.serving() as base_url, client_at(base_url) as client:
        answer = await client.get(ITEMS, headers={"Accept-Encoding": encoding})

    assert (answer.headers.get("content-encoding") == "gzip") == (encoding == "gzip")
    assert len(answer.json()["releases"]) == 50


@pytest.mark.parametrize("path", [ITEMS, "/oauth/identity", "/users/ada/collection/value"])
async def test_a_cut_connection_breaks_off_in_the_answer(discogs, caplog, path):
    discogs.faults.set(Fault(Kind.CUT, next=1))
    async with discogs.serving() as base_url, client_at(base_url) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(path)
        assert (await client.get(path)).status_code == 200

    assert [(call.fault, call.slots) for call in discogs.journal] == [("cut", 1), (None, 1)]
    assert caplog.records == []


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_a_truncated_answer_is_whole_http_and_half_json(discogs, encoding):
    discogs.faults.set(Fault(Kind.TRUNCATED))
    async with discogs.serving() as base_url, client_at(base_url) as client:
        answer = await client.get(ITEMS, headers={"Accept-Encoding": encoding})

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


class StuckClock(SystemClock):
    """Nobody who sleeps by it wakes up again."""

    def __init__(self):
        self.asleep = asyncio.Event()

    async def sleep(self, seconds):
        self.asleep.set()
        await asyncio.Event().wait()


async def test_the_end_does_not_wait_for_slow_calls(caplog):
    clock = StuckClock()
    simulator = Simulator(clock=clock)
    simulator.faults.set(Fault(Kind.SLOW, seconds=3600))
    async with asyncio.TaskGroup() as calls, simulator.serving() as base_url:
        call = calls.create_task(failing_call(base_url))
        await clock.asleep.wait()

    assert call.result()
    assert caplog.records == []


async def failing_call(base_url):
    async with client_at(base_url) as client:
        try:
            answer = await client.get("/oauth/identity")
        except httpx.TransportError:
            return True
        return answer.status_code == 500


async def test_faults_and_drift_are_set_over_the_control_path(discogs):
    async with discogs.serving() as base_url, client_at(base_url) as client:
        await client.post("/_simulator/faults", json={"kind": "502-html", "next": 1})
        changed = await client.post("/_simulator/users/ada/drift", json={"kind": "add", "count": 2})
        statuses = [(await client.get(ITEMS)).status_code for _ in range(2)]

    assert statuses == [502, 200]
    assert len(changed.json()["changed"]) == 2


async def test_covers_are_served_from_the_address_that_items_name(discogs):
    async with discogs.serving() as base_url, client_at(base_url) as client:
        items = (await client.get(ITEMS)).json()["releases"]
        cover = items[0]["basic_information"]["cover_image"]
        statuses = [(await client.get(cover)).status_code for _ in range(4)]

    assert cover.startswith(base_url)
    assert statuses == [200] * 3 + [429]
