"""PROTOCOL.md says all that the types say, and nothing that they do not."""

import re
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from cratesync.engine.progress import Reason
from cratesync.engine.sync import SyncStatus
from cratesync.protocol.close_codes import CloseCode
from cratesync.protocol.messages import AckOutcome, ClientMessage, ServerMessage
from cratesync.server.reports import NOT_RETRYABLE
from cratesync.server.settings import Settings
from protocol_examples import examples

DOCUMENT = (Path(__file__).parents[2] / "PROTOCOL.md").read_text()
SECTIONS = {
    match["type"]: match["text"]
    for match in re.finditer(
        r"^### `(?P<type>\w+)`\n(?P<text>.*?)(?=^##)", DOCUMENT, re.MULTILINE | re.DOTALL
    )
}
MESSAGES = {member.__struct_config__.tag: member for member in (ClientMessage | ServerMessage).__args__}
ROW = re.compile(r"^\| `(?P<name>[\w.\[\]]+)` \| (?P<kind>\w+) \| (?P<required>yes|no) \|", re.MULTILINE)
BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)

WORDS = {
    inspect.StrType: "string",
    inspect.LiteralType: "string",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.VarTupleType: "array",
    inspect.DictType: "object",
    inspect.StructType: "object",
    inspect.RawType: "any",
}


def bare(kind: inspect.Type) -> inspect.Type:
    """A type without its bounds, and without null."""
    if isinstance(kind, inspect.Metadata):
        return bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        (only,) = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
        return bare(only)
    return kind


def fields_of(kind: inspect.StructType, prefix: str = "") -> dict[str, tuple[str, bool]]:
    """Every field below a type by its path: its word, and whether the sender always sends it."""
    always = not kind.cls.__struct_config__.omit_defaults
    found = {}
    for field in kind.fields:
        type_ = bare(field.type)
        path = prefix + field.encode_name
        found[path] = (WORDS[type(type_)], field.required or always)
        if isinstance(type_, inspect.VarTupleType):
            path, type_ = path + "[]", bare(type_.item_type)
        if isinstance(type_, inspect.StructType):
            found |= fields_of(type_, path + ".")
    return found


@pytest.mark.parametrize("name", MESSAGES)
class TestEveryMessage:
    def test_is_documented_field_by_field(self, name):
        (data,) = [field for field in inspect.type_info(MESSAGES[name]).fields if field.name == "data"]
        documented = {
            row["name"]: (row["kind"], row["required"] == "yes") for row in ROW.finditer(SECTIONS[name])
        }
        assert documented == fields_of(bare(data.type))

    def test_says_its_direction(self, name):
        directions = {
            (True, True): "Direction: either way",
            (True, False): "Direction: client → server",
            (False, True): "Direction: server → ",
        }
        said = MESSAGES[name] in ClientMessage.__args__, MESSAGES[name] in ServerMessage.__args__
        assert directions[said] in SECTIONS[name]

    def test_has_examples_that_are_among_the_shared_ones(self, name):
        valid = [example.json for example in examples() if example.fault is None]
        shown = [msgspec.json.decode(block) for block in BLOCK.findall(SECTIONS[name])]
        assert shown
        assert all(message in valid and message["type"] == name for message in shown)


def test_no_section_describes_a_message_that_there_is_not():
    assert SECTIONS.keys() == MESSAGES.keys()


def test_the_envelope_is_documented():
    envelope = DOCUMENT.partition("## Frames and the envelope")[2].partition("###")[0]
    for name in ("id", "type", "channel", "action", "data", "timestamp"):
        assert f"| `{name}` |" in envelope


def test_every_close_code_is_documented():
    table = DOCUMENT.partition("## Close codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(CloseCode)


@pytest.mark.parametrize("word", [*SyncStatus, *Reason, *AckOutcome.__args__])
def test_every_status_reason_and_outcome_is_documented(word):
    assert f"`{word}`" in DOCUMENT


SOURCE = Path(__file__).parents[2] / "src" / "cratesync"
ENDINGS = re.compile(r'(?:Ended|RequestFailed|_fail)\((?:[^"()]|\([^)]*\))*"([a-z_]+)"')


def test_every_code_of_a_failed_sync_is_documented():
    rooms = [*(SOURCE / "engine").glob("*.py"), *(SOURCE / "server").glob("*.py")]
    codes = {code for path in rooms for code in ENDINGS.findall(path.read_text())}
    inside = {"unexpected_answer", "failed"}  # a request's, not a sync's
    table = SECTIONS["sync_error"]
    assert {"token_rejected", "stale", "incomplete", "discogs_forbidden"} <= codes
    told = dict(re.findall(r"^\| `([a-z_]+)` \| [A-Z].* \| (yes|no) \|$", table, re.MULTILINE))
    assert codes - inside == told.keys()
    assert {code for code, retryable in told.items() if retryable == "no"} == NOT_RETRYABLE


def test_the_limits_are_the_settings_defaults():
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    limits = DOCUMENT.partition("## Limits")[2]
    for row in (
        f"| Frame | {defaults['frame_bytes_max'] // 2**20} MiB |",
        f"| Time to sign in | {defaults['authenticate_seconds']:g} s |",
        f"| Connections that have not signed in | {defaults['unauthenticated_connections_max']} |",
        f"| Connections of one user | {defaults['connections_per_user_max']} |",
        f"| Messages of one client | {defaults['messages_per_second_max']:g} a second,",
        f"| Messages that wait for one connection | {defaults['outbox_messages_max']} |",
        f"| Requests in flight | {defaults['max_in_flight']},",
        f"| Lease | {defaults['lease_seconds']:g} s |",
        f"| Grace after a lost socket | {defaults['grace_seconds']:g} s |",
    ):
        assert row in limits
