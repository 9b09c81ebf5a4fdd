"""A server's side of the signatures, for tests."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cratesync.client.clock import format_instant
from cratesync.client.session import ServerClock, Session
from cratesync.protocol.messages import FRAME_BYTES_MAX, ApiRequest, Endorsement, SigningKey
from cratesync.protocol.signing import endorsement_bytes, request_bytes, sign

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TOKEN = "canary-discogs-token-1234567890"
HEADERS = {
    "Authorization": f"Discogs token={TOKEN}",
    "User-Agent": "Cratesync/1",
    "Accept": "application/json",
}
IDENTITY_URL = "https://api.discogs.com/oauth/identity"


class Signer:
    """One signing key of a server."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.private_key = Ed25519PrivateKey.generate()
        self.public_key = b64encode(self.private_key.public_key().public_bytes_raw()).decode()

    def offer(self, *endorsers: "Signer") -> SigningKey:
        vouched = endorsement_bytes(key_id=self.key_id, public_key=self.public_key)
        endorsements = tuple(
            Endorsement(key_id=other.key_id, signature=sign(other.private_key, vouched))
            for other in endorsers
        )
        return SigningKey(key_id=self.key_id, public_key=self.public_key, endorsements=endorsements)

    def request(
        self,
        request_id="req-1",
        *,
        url=IDENTITY_URL,
        method="GET",
        headers=None,
        attempt=1,
        expires_at=None,
        connection_id="connection-1",
        user_id="user-1",
    ) -> ApiRequest:
        headers = HEADERS if headers is None else headers
        expires_at = expires_at or format_instant(NOW + timedelta(seconds=25))
        signed = request_bytes(
            connection_id=connection_id,
            request_id=request_id,
            user_id=user_id,
            method=method,
            url=url,
            headers=headers,
            expires_at=expires_at,
        )
        return ApiRequest(
            request_id=request_id,
            url=url,
            method=method,
            headers=headers,
            attempt=attempt,
            expires_at=expires_at,
            signature=sign(self.private_key, signed),
            key_id=self.key_id,
        )

    def session(self, *, connection_id="connection-1", user_id="user-1", heard_at=1000.0) -> Session:
        return Session(
            connection_id=connection_id,
            user_id=user_id,
            keys={self.key_id: self.public_key},
            clock=ServerClock(NOW, heard_at),
            frame_bytes_max=FRAME_BYTES_MAX,
        )
