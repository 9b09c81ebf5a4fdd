"""One HTTP call to a real server that misbehaves in every way."""

import asyncio
import gzip
import json
from contextlib import asynccontextmanager

import pytest
from msgspec import Raw

from cratesync.client.fetch import HttpFetch, http_for_calls
from cratesync.client.tls import tls_context
from cratesync.protocol.messages import ApiRequest
from integration.client.scripted import ScriptedDiscogs, http_answer
from unit.client.signed import HEADERS, TOKEN

TLS = tls_context()


@pytest.fixture
async def discogs():
    async with ScriptedDiscogs() as discogs:
        yield discogs


@asynccontextmanager
async def fetching(local_address=None, **limits):
    async with http_for_calls(local_address=local_address, calls_max=4, verify=TLS) as http:
        yield HttpFetch(http, user_agent="Cratesync/test +headless", **limits)


def request(discogs, path="/page", headers=None, url=None):
    return ApiRequest(
        request_id="req-1",
        url=url or discogs.url + path,
        method="GET",
        headers=HEADERS if headers is None else headers,
        attempt=1,
        expires_at="",
        signature="",
        key_id="",
    )


async def answer_to(discogs, answer, **limits):
    discogs.answers["/page"] = answer
    async with fetching(**limits) as fetch:
        return await fetch(request(discogs))


async def test_an_answer_comes_with_status_body_and_quota(discogs):
    answer = await answer_to(
        discogs,
        http_answer(200, b'{"items": [1.0]}', [("X-Discogs-Ratelimit-Remaining", "59"), ("Server", "x")]),
    )

    assert (answer.request_id, answer.status, answer.error) == ("req-1", 200, None)
    assert bytes(answer.body) == b'{"items": [1.0]}'
    assert answer.headers == {"x-discogs-ratelimit-remaining": "59"}


async def test_exactly_the_headers_of_the_request_are_sent(discogs):
    await answer_to(discogs, http_answer(200, b"{}"))

    (call,) = discogs.calls
    assert call.headers == HEADERS | {"Host": f"127.0.0.1:{discogs.port}", "Accept-Encoding": "gzip"}


async def test_a_request_without_a_user_agent_gets_ours(discogs):
    async with fetching() as fetch:
        await fetch(request(discogs, headers={}))

    assert discogs.calls[0].headers["User-Agent"] == "Cratesync/test +headless"
    assert "Authorization" not in discogs.calls[0].headers


async def test_cookies_are_not_sent_back(discogs):
    discogs.answers["/page"] = http_answer(200, b"{}", [("set-cookie", "__cf_bm=1; path=/")])
    async with fetching() as fetch:
        await fetch(request(discogs))
        await fetch(request(discogs))

    assert "cookie" not in {name.lower() for name in discogs.calls[1].headers}


async def test_gzip_is_unpacked(discogs):
    answer = await answer_to(
        discogs, http_answer(200, gzip.compress(b'{"a":1}'), [("content-encoding", "gzip")])
    )

    assert bytes(answer.body) == b'{"a":1}'


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>maintenance</html>"), (502, b"<h1>no</h1>"), (429, b""), (429, b"\n")]
)
async def test_html_and_emptiness_travel_as_strings(discogs, status, body):
    answer = await answer_to(discogs, http_answer(status, body))

    assert answer.status == status
    assert json.loads(bytes(answer.body)) == body.decode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_and_not_followed(discogs, status):
    answer = await answer_to(discogs, http_answer(status, b"", [("location", discogs.url + "/elsewhere")]))

    assert answer.status == 0
    assert answer.error.startswith("refused_redirect: ")
    assert answer.headers == {}
    assert [call.path for call in discogs.calls] == ["/page"]


async def test_a_body_beyond_the_limit_is_oversize(discogs):
    answer = await answer_to(discogs, http_answer(200, b" " * 5000), body_bytes_max=4999)

    assert (answer.request_id, answer.status) == ("req-1", 0)
    assert answer.error.startswith("oversize: ")


async def test_a_body_without_end_is_cut_off(discogs):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    answer = await answer_to(discogs, endless, body_bytes_max=1_000_000)

    assert answer.error.startswith("oversize: ")


async def test_a_small_gzip_that_unpacks_to_a_large_body_is_oversize(discogs):
    bomb = gzip.compress(b"0" * 3_000_000)
    answer = await answer_to(
        discogs, http_answer(200, bomb, [("content-encoding", "gzip")]), body_bytes_max=1_000_000
    )

    assert answer.error.startswith("oversize: ")


async def test_the_deadline_is_for_the_whole_call_body_included(discogs):
    async def trickle(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    answer = await answer_to(discogs, trickle, call_seconds=0.05)

    assert answer.error == "timeout: The call was not finished after 0.05 seconds."


async def test_a_cut_connection_is_a_network_fault(discogs):
    async def cut(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        await writer.drain()

    answer = await answer_to(discogs, cut)

    assert answer.status == 0
    assert answer.error.startswith("network: ")


@pytest.mark.parametrize(
    "raw",
    [b"", b"gibberish\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc"],
)
async def test_what_is_no_http_is_a_network_fault(discogs, raw):
    answer = await answer_to(discogs, raw)

    assert answer.error.startswith("network: ")


async def test_nobody_there_is_a_network_fault(discogs):
    async with fetching() as fetch:
        answer = await fetch(request(discogs, url="http://127.0.0.1:1/page"))

    assert answer.error.startswith("network: ")


async def test_no_fault_repeats_the_token_or_the_address(discogs):
    faults = [
        await answer_to(discogs, b""),
        await answer_to(discogs, http_answer(302, b"", [("location", f"https://evil.example/?{TOKEN}")])),
        await answer_to(discogs, http_answer(200, b"x" * 100), body_bytes_max=10),
    ]

    assert not any(TOKEN in fault.error or "127.0.0.1" in fault.error for fault in faults)
    assert all(fault.body == Raw(b"null") for fault in faults)


async def test_calls_leave_from_the_local_address_that_is_set(discogs):
    async with fetching(local_address="127.0.0.2") as fetch:
        await fetch(request(discogs))

    assert discogs.calls[0].ip == "127.0.0.2"


async def test_an_address_that_is_not_ours_is_a_network_fault(discogs):
    async with fetching(local_address="203.0.113.7") as fetch:
        answer = await fetch(request(discogs))

    assert answer.error.startswith("network: ")
