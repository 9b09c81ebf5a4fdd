"""What is signed, and how a signature is made and checked.

A signature shows that a request was made by the server whose key the client pinned, for this user and this connection,
and that nobody changed it on the way. It cannot show that the server itself is honest; SECURITY.md says so plainly.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

REQUEST_CONTEXT = "cratesync-1"
ENDORSEMENT_CONTEXT = "cratesync-key-1"
UNSIGNED_HEADER = "authorization"


def request_bytes(
    *,
    connection_id: str,
    request_id: str,
    user_id: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    expires_at: str,
) -> bytes:
    """The bytes of a request that are signed: one line a part, Authorization left out, names in lower case.

    Raises `ValueError` where a part holds a line break, or a header's name a colon, or two names differ in case alone:
    two different requests could then sign alike.
    """
    named = sorted((name.lower(), value) for name, value in headers.items())
    if any(":" in name for name, _ in named) or len({name for name, _ in named}) != len(named):
        raise ValueError("A header's name holds a colon or comes twice.")
    lines = [
        REQUEST_CONTEXT,
        connection_id,
        request_id,
        user_id,
        method,
        url,
        *(f"{name}:{value}" for name, value in named if name != UNSIGNED_HEADER),
        expires_at,
    ]
    if any("\n" in line or "\r" in line for line in lines):
        raise ValueError("A part of the request holds a line break.")
    return "\n".join(lines).encode()


def endorsement_bytes(*, key_id: str, public_key: str) -> bytes:
    """The bytes by which one key vouches for another."""
    return "\n".join((ENDORSEMENT_CONTEXT, key_id, public_key)).encode()


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """The signature as base64."""
    return b64encode(key.sign(message)).decode()


def verify(public_key: str, signature: str, message: bytes) -> bool:
    """Whether the base64 signature is this base64 key's own. Anything malformed is simply not valid."""
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(public_key, validate=True)).verify(
            b64decode(signature, validate=True), message
        )
    except (InvalidSignature, ValueError):
        return False
    return True
