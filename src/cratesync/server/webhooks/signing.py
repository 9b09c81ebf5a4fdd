"""Signatures as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
import secrets
from base64 import b64decode, b64encode

from cratesync.server.secret import Secret

SECRET_PREFIX = "whsec_"  # noqa: S105 - what all secrets begin with is none
SECRET_BYTES = 32


def new_secret() -> Secret:
    """A secret for a new webhook: `whsec_` and base64."""
    return Secret(SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


def sign(secret: Secret, *, id_: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = b64decode(secret.reveal().removeprefix(SECRET_PREFIX))
    digest = hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{b64encode(digest).decode()}"


def signed_headers(secret: Secret, *, id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What tells a receiver that the body is ours, and when it was sent."""
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, id_=id_, timestamp=timestamp, body=body),
    }
