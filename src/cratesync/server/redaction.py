"""What may be kept of an answer: untrusted, perhaps huge, perhaps echoing a credential."""

from collections.abc import Mapping

import msgspec

from cratesync.server.secret import Secret

REDACTED = "[redacted]"
KEPT_HEADERS = ("content-type", "retry-after")
HEADER_CHARACTERS_MAX = 200


def body_bytes(body: msgspec.Raw) -> bytes:
    """The body as it was sent: JSON is spliced in as received, any other body travels as a JSON string."""
    spliced = bytes(body)
    if not spliced.startswith(b'"'):
        return b"" if spliced == b"null" else spliced
    try:
        return msgspec.json.decode(spliced, type=str).encode(errors="replace")
    except (msgspec.DecodeError, UnicodeError):
        return b""


def kept_headers(
    headers: Mapping[str, str], provider: tuple[str, ...], secret: Secret | None
) -> dict[str, str]:
    """The few headers that tell something, cut short; those of the `provider` by how their names begin."""
    return {
        name: scrub(value[:HEADER_CHARACTERS_MAX], secret)
        for name, value in headers.items()
        if name.startswith(KEPT_HEADERS + provider) and len(name) <= HEADER_CHARACTERS_MAX
    }


def scrub(text: str, secret: Secret | None) -> str:
    """The text without the user's token, should somebody echo it. A NUL would not fit into PostgreSQL."""
    if secret is not None and secret.reveal():
        text = text.replace(secret.reveal(), REDACTED)
    return text.replace("\x00", "")
