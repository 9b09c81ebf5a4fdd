"""The shared examples, replayed through the codec."""

import msgspec
import pytest

from cratesync.protocol.codec import (
    MalformedMessageError,
    decode_client_message,
    decode_server_message,
    encode,
)
from cratesync.protocol.messages import AckOutcome, ClientMessage, ServerMessage
from protocol_examples import FOLDER, examples, signing_vectors

DECODE = {"client": decode_client_message, "server": decode_server_message}
EXAMPLES = examples()
VALID = [example for example in EXAMPLES if example.fault is None]
INVALID = [example for example in EXAMPLES if example.fault is not None]


def named(of) -> list:
    return [pytest.param(example, id=example.file) for example in of]


@pytest.mark.parametrize("example", named(VALID))
def test_a_valid_example_is_read_and_written_again_as_it_was(example):
    message = DECODE[example.sender](example.frame)
    expected = example.json if example.decoded is None else example.decoded
    assert msgspec.json.decode(encode(message)) == expected


@pytest.mark.parametrize("example", named(INVALID))
def test_an_invalid_example_has_its_fault(example):
    with pytest.raises(MalformedMessageError) as caught:
        DECODE[example.sender](example.frame)
    assert (caught.value.code, caught.value.message_id) == (example.fault, example.message_id)
    assert caught.value.sentence.endswith(".")


def test_every_file_is_in_the_index():
    listed = [example.file for example in EXAMPLES]
    assert len(set(listed)) == len(listed)
    apart = {"README.md", "index.json", "signing.json"}
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert files - apart == set(listed)


@pytest.mark.parametrize(("sender", "union"), [("client", ClientMessage), ("server", ServerMessage)])
def test_every_message_type_has_an_example(sender, union):
    shown = {example.json["type"] for example in VALID if example.sender == sender}
    assert shown == {member.__struct_config__.tag for member in union.__args__}


def test_every_outcome_of_an_acknowledgement_has_an_example():
    acks = [example.json["data"] for example in VALID if example.file.startswith("server/ack")]
    assert sorted(ack["outcome"] for ack in acks) == sorted(AckOutcome.__args__)


@pytest.mark.parametrize(
    "seed", named(example for example in EXAMPLES if example.seed and example.sender == "server")
)
def test_what_the_design_document_promised_is_in_what_we_send(seed):
    ours = [example.json for example in VALID if example.sender == "server"]
    alike = [message for message in ours if message["type"] == seed.json["type"]]
    assert any(holds(message, seed.json) for message in alike)


def holds(ours: object, promised: object) -> bool:
    """Whether every field that was promised is there, with a value of the same JSON type."""
    if isinstance(promised, dict):
        return isinstance(ours, dict) and all(
            name in ours and holds(ours[name], value) for name, value in promised.items()
        )
    return type(ours) is type(promised)


def test_the_request_among_the_examples_is_signed():
    (request,) = [example.json["data"] for example in VALID if example.file == "server/request.json"]
    first = signing_vectors()["requests"][0]
    assert request["signature"] == first["signature"]
    assert (request["requestId"], request["url"], request["expiresAt"]) == (
        first["requestId"],
        first["url"],
        first["expiresAt"],
    )
