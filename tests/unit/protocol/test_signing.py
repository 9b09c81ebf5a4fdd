"""Signatures: the same bytes for everybody, and no change of any part goes unseen."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from cratesync.protocol.signing import endorsement_bytes, request_bytes, sign, verify
from protocol_examples import signing_vectors

VECTORS = signing_vectors()
KEYS = {
    key["keyId"]: Ed25519PrivateKey.from_private_bytes(b64decode(key["privateKey"]))
    for key in VECTORS["keys"]
}
PUBLIC = {key["keyId"]: key["publicKey"] for key in VECTORS["keys"]}
PARTS = ("connection_id", "request_id", "user_id", "method", "url", "expires_at")


def bytes_of(vector: dict) -> bytes:
    return request_bytes(
        connection_id=vector["connectionId"],
        request_id=vector["requestId"],
        user_id=vector["userId"],
        method=vector["method"],
        url=vector["url"],
        headers=vector["headers"],
        expires_at=vector["expiresAt"],
    )


class TestVectors:
    @pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda vector: vector["about"])
    def test_a_request_has_these_bytes_and_this_signature(self, vector):
        signed = bytes_of(vector)
        assert signed == vector["bytes"].encode()
        assert sign(KEYS["k1"], signed) == vector["signature"]
        assert verify(PUBLIC["k1"], vector["signature"], signed)
        assert not verify(PUBLIC["k2"], vector["signature"], signed)

    @pytest.mark.parametrize("refused", VECTORS["refused"], ids=lambda refused: refused["about"])
    def test_what_could_be_read_in_two_ways_is_not_signed(self, refused):
        with pytest.raises(ValueError, match=r"line break|colon"):
            bytes_of(VECTORS["requests"][0] | refused)

    def test_one_key_vouches_for_another(self):
        vouched = VECTORS["endorsement"]
        signed = endorsement_bytes(key_id=vouched["keyId"], public_key=vouched["publicKey"])
        assert signed == vouched["bytes"].encode()
        assert sign(KEYS[vouched["by"]], signed) == vouched["signature"]
        assert verify(PUBLIC[vouched["by"]], vouched["signature"], signed)


texts = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=20)
names = st.text(st.characters(codec="ascii", exclude_characters="\r\n:"), min_size=1, max_size=8)
headers = st.dictionaries(names, texts, max_size=4).filter(
    lambda found: len({name.lower() for name in found}) == len(found)
)
requests = st.fixed_dictionaries(dict.fromkeys(PARTS, texts) | {"headers": headers})


def meaning(request: dict) -> dict:
    """What the signature covers: names without their case, and no Authorization."""
    lower = {name.lower(): value for name, value in request["headers"].items()}
    lower.pop("authorization", None)
    return request | {"headers": lower}


class TestEveryPart:
    @given(requests, requests)
    def test_counts_so_that_two_requests_never_sign_alike(self, one, other):
        assume(meaning(one) != meaning(other))
        assert request_bytes(**one) != request_bytes(**other)

    @given(requests, st.sampled_from(PARTS), texts)
    def test_that_is_changed_makes_the_signature_invalid(self, request, part, text):
        assume(request[part] != text)
        signature = sign(KEYS["k1"], request_bytes(**request))
        assert verify(PUBLIC["k1"], signature, request_bytes(**request))
        assert not verify(PUBLIC["k1"], signature, request_bytes(**(request | {part: text})))

    @given(requests, names, texts)
    def test_of_the_headers_too(self, request, name, value):
        changed = {other: old for other, old in request["headers"].items() if other.lower() != name.lower()}
        other = request | {"headers": changed | {name: value}}
        assume(meaning(other) != meaning(request))
        signature = sign(KEYS["k1"], request_bytes(**request))
        assert not verify(PUBLIC["k1"], signature, request_bytes(**other))

    @given(requests, st.sampled_from(PARTS), texts, st.sampled_from("\r\n"), texts)
    def test_refuses_a_line_break(self, request, part, before, line_break, after):
        with pytest.raises(ValueError, match="line break"):
            request_bytes(**(request | {part: before + line_break + after}))

    @given(requests, st.text(max_size=20))
    def test_but_the_token_is_not_signed(self, request, token):
        others = {name: text for name, text in request["headers"].items() if name.lower() != "authorization"}
        bare, holding = (
            request | {"headers": others},
            request | {"headers": others | {"Authorization": token}},
        )
        if "\n" not in token and "\r" not in token:
            assert request_bytes(**bare) == request_bytes(**holding)


class TestASignature:
    SIGNED = b"some bytes"
    SIGNATURE = sign(KEYS["k1"], SIGNED)

    @given(st.integers(0, 63), st.integers(1, 255))
    def test_with_any_byte_changed_is_not_valid(self, place, change):
        raw = bytearray(b64decode(self.SIGNATURE))
        raw[place] ^= change
        assert not verify(PUBLIC["k1"], b64encode(raw).decode(), self.SIGNED)

    @given(st.integers(0, 31), st.integers(1, 255))
    def test_is_not_valid_for_any_other_key(self, place, change):
        raw = bytearray(b64decode(PUBLIC["k1"]))
        raw[place] ^= change
        assert not verify(b64encode(raw).decode(), self.SIGNATURE, self.SIGNED)

    @given(st.text(max_size=100), st.text(max_size=100))
    def test_or_key_that_is_malformed_is_simply_not_valid(self, key, signature):
        assert not verify(key, self.SIGNATURE, self.SIGNED)
        assert not verify(PUBLIC["k1"], signature, self.SIGNED)

    def test_of_an_endorsement_is_none_of_a_request(self):
        endorsement = endorsement_bytes(key_id="k2", public_key=PUBLIC["k2"])
        assert not endorsement.startswith(b"cratesync-1\n")
