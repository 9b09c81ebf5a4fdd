"""The door between frames and messages."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cratesync.protocol.close_codes import CloseCode, is_terminal
from cratesync.protocol.codec import (
    MalformedMessageError,
    decode_client_message,
    decode_server_message,
    encode,
)
from cratesync.protocol.messages import ApiRequest, Authenticate, DiscogsApiResponse
from protocol_examples import examples

FAULTS = {"bad_json", "unknown_type", "bad_shape"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def faults(frame: bytes | str) -> set[str]:
    """The codes that the two sides give it, if any."""
    codes = set()
    for decode in (decode_client_message, decode_server_message):
        try:
            decode(frame)
        except MalformedMessageError as fault:
            codes.add(fault.code)
    return codes


class TestReading:
    @given(st.binary(max_size=200) | st.text(max_size=200))
    def test_any_bytes_give_a_message_or_a_known_fault(self, frame):
        assert faults(frame) <= FAULTS

    @given(st.sampled_from([example.json for example in examples() if example.fault is None]), st.data())
    def test_any_field_of_any_kind_gives_a_message_or_a_known_fault(self, message, data):
        name = data.draw(st.sampled_from(sorted(message["data"]) or [""]))
        changed = message | {"data": message["data"] | {name: data.draw(json_values)}}
        frame = msgspec.json.encode(changed)
        assert faults(frame) <= FAULTS

    def test_a_fault_never_repeats_what_was_sent(self):
        frame = b'{"id": "m", "type": "authenticate", "data": {"token": {"canary": "canary"}}}'
        with pytest.raises(MalformedMessageError) as caught:
            decode_client_message(frame)
        assert "canary" not in caught.value.sentence

    def test_an_id_too_long_to_be_repeated_is_left_out(self):
        frame = msgspec.json.encode({"id": "x" * 201, "type": "discogs_api_response", "data": {}})
        with pytest.raises(MalformedMessageError) as caught:
            decode_client_message(frame)
        assert caught.value.message_id is None


class TestABody:
    @given(json_values)
    def test_that_is_json_is_spliced_in_as_it_came(self, value):
        body = msgspec.json.encode(value)
        frame = (
            b'{"id":"m","type":"discogs_api_response","data":{"requestId":"r","status":200,"body":%s}}' % body
        )
        message = decode_client_message(frame)
        assert isinstance(message, DiscogsApiResponse)
        assert bytes(message.data.body) == body
        assert decode_client_message(encode(message)) == message

    def test_keeps_every_digit_and_the_order_of_its_keys(self):
        body = b'{"z": 1.10, "a": 12345678901234567890123, "z": 2e3}'
        frame = (
            b'{"id":"m","type":"discogs_api_response","data":{"requestId":"r","status":200,"body":%s}}' % body
        )
        message = decode_client_message(frame)
        assert isinstance(message, DiscogsApiResponse)
        assert bytes(message.data.body) == body


class TestSecrets:
    def test_no_token_is_in_a_repr(self):
        signed_in = decode_client_message(b'{"id": "m", "type": "authenticate", "data": {"token": "canary"}}')
        assert isinstance(signed_in, Authenticate)
        request = ApiRequest(
            request_id="r",
            url="https://api.discogs.com/oauth/identity",
            method="GET",
            headers={"Authorization": "Discogs token=canary"},
            attempt=1,
            expires_at="",
            signature="",
            key_id="",
        )
        assert "canary" not in repr(signed_in) + repr(request)


class TestCloseCodes:
    def test_say_by_their_range_whether_to_come_back(self):
        final = {code.name for code in CloseCode if is_terminal(code)}
        assert final == {"BAD_MESSAGE", "SIGN_IN_AGAIN", "VERSION_TOO_OLD", "ORIGIN_REFUSED"}
        assert not any(is_terminal(code) for code in (1000, 1006, 1011, 4000, 4499, 5000))
