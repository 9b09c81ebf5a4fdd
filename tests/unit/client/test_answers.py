"""JSON is spliced in as it was received, anything else travels as a string, and every frame is readable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cratesync.client.answers import answer_frame, answered, spliced, unanswered
from cratesync.protocol.codec import decode_client_message
from cratesync.protocol.messages import FRAME_BYTES_MAX
from unit.client.signed import NOW


def framed(body, **limits):
    answer = answered("req-1", 200, [], body, "ratelimit")
    return answer_frame(answer, now=NOW, frame_bytes_max=limits.get("frame_bytes_max", FRAME_BYTES_MAX))


@pytest.mark.parametrize(
    "body",
    [b'{"a": 1.50, "b":"\\u00e9", "big": 123456789012345678901234567890}', b"[]", b"null", '"é"'.encode()],
)
def test_json_is_spliced_in_byte_for_byte(body):
    assert bytes(spliced(body)) == body
    assert body in framed(body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"\n", "\n"),
        (b"<html>no</html>", "<html>no</html>"),
        (b'{"a": 1', '{"a": 1'),
        (b'{"a": 1} trailing', '{"a": 1} trailing'),
        (b"NaN", "NaN"),
        (b'"\xff"', '"�"'),
        (b"\x00\x1b", "\x00\x1b"),
        ("﻿{}".encode(), "﻿{}"),
    ],
)
def test_anything_else_travels_as_a_string(body, text):
    assert json.loads(bytes(spliced(body))) == text


def test_nesting_that_nobody_can_read_travels_as_a_string():
    body = b"[" * 100_000 + b"]" * 100_000

    assert json.loads(bytes(spliced(body))) == body.decode()


@given(
    st.binary(max_size=200)
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_whatever_the_body_the_frame_is_a_message(body):
    message = decode_client_message(framed(body))

    assert message.data.request_id == "req-1"
    framed(body).decode()


@given(st.lists(st.text(max_size=5), max_size=4).map(lambda value: json.dumps(value, ensure_ascii=False)))
def test_what_was_json_is_the_same_json_afterwards(text):
    try:
        body = text.encode()
    except UnicodeEncodeError:
        return

    assert json.loads(framed(body))["data"]["body"] == json.loads(body)


def test_a_frame_is_never_longer_than_the_limit():
    frame = framed(b'"%s"' % (b"x" * 5000), frame_bytes_max=4096)

    answer = decode_client_message(frame).data
    assert answer.status == 0
    assert answer.error.startswith("oversize: ")
    assert len(frame) <= 4096


def test_a_body_that_grows_by_escaping_counts_as_long_as_it_is_in_the_frame():
    assert len(framed(b"\x01" * 1000, frame_bytes_max=4096)) < 1000


def test_the_message_is_named_after_its_request_and_echoes_nothing_by_itself():
    message = decode_client_message(
        answer_frame(unanswered("req-7", "timeout: x"), now=NOW, frame_bytes_max=9999)
    )

    assert message.id == "req-7"
    assert message.timestamp == "2026-11-22T08:00:00.000Z"
    assert message.data.attempt is None


def test_only_headers_that_steer_a_sync_are_sent_in_lower_case():
    received = [
        ("X-Discogs-Ratelimit", "60"),
        ("X-Discogs-Ratelimit-Used", "2"),
        ("x-discogs-ratelimit-remaining", "58"),
        ("Content-Type", "application/json"),
        ("Retry-After", "7"),
        ("Location", "https://evil.example"),
        ("Set-Cookie", "__cf_bm=1"),
        ("Server", "cloudflare"),
    ]

    assert answered("req-1", 200, received, b"{}", "ratelimit").headers == {
        "x-discogs-ratelimit": "60",
        "x-discogs-ratelimit-used": "2",
        "x-discogs-ratelimit-remaining": "58",
        "content-type": "application/json",
        "retry-after": "7",
    }


def test_a_flood_of_headers_and_a_long_value_are_bounded():
    answer = answered(
        "req-1", 200, [(f"x-ratelimit-{number}", "v" * 9999) for number in range(1000)], b"", "ratelimit"
    )

    assert len(answer.headers) <= 200
    assert len(framed(b"")) < 1000
    assert max(map(len, answer.headers.values())) <= 500
