"""Writes what the page takes from Python: the messages, their bounds, the REST API's types, and the allow-list.

    python web/generate.py [--check]

With `--check` it writes nothing and fails where a file is not what would be written.
"""

import json
import subprocess
import sys
from pathlib import Path

import msgspec

from cratesync.protocol.close_codes import TERMINAL_FIRST, TERMINAL_LAST, CloseCode
from cratesync.protocol.messages import (
    CALL_SECONDS_MAX,
    FRAME_BYTES_MAX,
    PROTOCOL_VERSION,
    ClientMessage,
    ServerMessage,
)
from cratesync.providers.discogs.allow_list import UPSTREAM

WEB = Path(__file__).parent
HEADER = "// Written by web/generate.py from the Python types. Do not edit.\n"


def main() -> None:
    """Write the files, or compare them."""
    made = {
        "src/protocol/messages.ts": _messages(),
        "src/protocol/allow_list.ts": _allow_list(),
        "src/protocol/wire.ts": _wire(),
        "src/api/schema.ts": _rest(),
    }
    stale = [name for name, text in made.items() if _read(WEB / name) != text]
    if "--check" in sys.argv:
        if stale:
            sys.exit(f"Stale: {', '.join(stale)}. Run: python web/generate.py")
        return
    for name in stale:
        (WEB / name).write_text(made[name])


def _messages() -> str:
    """`ClientMessage` and `ServerMessage`."""
    (client, server), components = msgspec.json.schema_components(
        [ClientMessage, ServerMessage], ref_template="#/definitions/{name}"
    )
    components |= {"ClientMessage": client, "ServerMessage": server}
    return HEADER + _compiled(components)


def _rest() -> str:
    """Every body and answer of the REST API."""
    described = subprocess.run(
        [sys.executable, "-m", "cratesync", "openapi"], check=True, capture_output=True, text=True
    ).stdout
    components = json.loads(described.replace("#/components/schemas/", "#/definitions/"))["components"][
        "schemas"
    ]
    return HEADER + _compiled(components)


def _compiled(components: dict[str, object]) -> str:
    """These schemas as TypeScript. One schema refers to all of them, so that none is left out."""
    for shape in components.values():
        shape.pop("title", None)
    everything = {"oneOf": [{"$ref": f"#/definitions/{name}"} for name in sorted(components)]}
    script = (
        'import { compile } from "json-schema-to-typescript";'
        "const schema = JSON.parse(await new Response(process.stdin).text());"
        'const options = { bannerComment: "", additionalProperties: false, unknownAny: true, format: false };'
        'process.stdout.write(await compile(schema, "Everything", options));'
    )
    return _node(
        "--input-type=module", "--eval", script, said=json.dumps(everything | {"definitions": components})
    )


def _allow_list() -> str:
    allowed = UPSTREAM.allow_list
    return (
        HEADER
        + f"export const PATHS: readonly string[] = {json.dumps(allowed.paths, indent=2)};\n"
        + f"export const QUERY: readonly string[] = {json.dumps(sorted(allowed.query))};\n"
        + f"export const RATE_HEADER = {json.dumps(UPSTREAM.rate_header)};\n"
        + f"export const AUTHORIZATION = /^(?:{UPSTREAM.authorization.pattern})$/;\n"
    )


def _wire() -> str:
    """The bounds of the protocol, and why sockets are closed."""
    bounds = {
        "PROTOCOL_VERSION": PROTOCOL_VERSION,
        "FRAME_BYTES_MAX": FRAME_BYTES_MAX,
        "CALL_SECONDS_MAX": CALL_SECONDS_MAX,
        "TERMINAL_FIRST": TERMINAL_FIRST,
        "TERMINAL_LAST": TERMINAL_LAST,
    }
    codes = "".join(f"  {code.name}: {code.value},\n" for code in CloseCode)
    return (
        HEADER
        + "".join(f"export const {name} = {value};\n" for name, value in bounds.items())
        + f"export const CLOSE_CODES = {{\n{codes}}} as const;\n"
    )


def _node(*arguments: str, said: str = "") -> str:
    node = Path(sys.executable).parent / "node"
    return subprocess.run(
        [node, *arguments], cwd=WEB, input=said, check=True, capture_output=True, text=True
    ).stdout


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    main()
