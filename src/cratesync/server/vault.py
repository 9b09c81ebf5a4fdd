"""Everything that is derived from the secret keys: sealed Discogs tokens and webhook secrets, the keys of access
tokens and cookies, signatures.

Each use has its own sub-key by HKDF-SHA256 (RFC 5869), so that no use can be played against another.
"""

import secrets
from base64 import b64decode, b64encode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from cratesync.protocol.messages import Endorsement, SigningKey
from cratesync.protocol.signing import endorsement_bytes, request_bytes, sign
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKey, SecretKeys

SEALED_VERSION = "v1"
NONCE_BYTES = 12
_TAG_BYTES = 16


class SealBrokenError(Exception):
    """A sealed text cannot be opened: an unknown key, another user, or somebody changed it."""


class Signature(Struct, frozen=True):
    """A request's signature (base64) and the key that made it."""

    signature: str
    key_id: str


class _Derived:
    """What one secret key yields."""

    __slots__ = ("access", "id", "public", "refresh", "seal", "seal_webhook", "signing")

    def __init__(self, key: SecretKey) -> None:
        self.id = key.id
        self.seal = AESGCM(_derive(key, "cratesync 1 discogs token"))
        self.seal_webhook = AESGCM(_derive(key, "cratesync 1 webhook secret"))
        self.access = _derive(key, "cratesync 1 access token")
        self.refresh = _derive(key, "cratesync 1 refresh cookie")
        self.signing = Ed25519PrivateKey.from_private_bytes(_derive(key, "cratesync 1 request signature"))
        self.public = b64encode(self.signing.public_key().public_bytes_raw()).decode()


def _derive(key: SecretKey, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.material)


class Vault:
    """Seals, opens and signs with the instance's keys. Its repr shows nothing of them."""

    def __init__(self, keys: SecretKeys) -> None:
        self._current = _Derived(keys.current)
        self._known = {self._current.id: self._current} | {key.id: _Derived(key) for key in keys.older}
        self._signing_keys = self._describe_signing_keys()

    def __repr__(self) -> str:
        return f"Vault(keys={sorted(self._known)})"

    # --- Discogs tokens ---

    def seal(self, user_id: UUID, token: Secret) -> str:
        """Encrypt a Discogs token for this user alone: `v1.<key id>.<base64url of nonce and ciphertext>`."""
        return _seal(self._current.id, self._current.seal, token, _owner(user_id))

    def open(self, user_id: UUID, sealed: str) -> Secret:
        """Decrypt what was sealed for this user by any known key. Raises `SealBrokenError`."""
        return _open(self._sealer(sealed).seal, sealed, _owner(user_id))

    # --- webhook secrets ---

    def seal_webhook_secret(self, webhook_id: UUID, secret: Secret) -> str:
        """Encrypt the secret of this webhook alone, in the same form."""
        return _seal(self._current.id, self._current.seal_webhook, secret, _webhook(webhook_id))

    def open_webhook_secret(self, webhook_id: UUID, sealed: str) -> Secret:
        """Decrypt what was sealed for this webhook by any known key. Raises `SealBrokenError`."""
        return _open(self._sealer(sealed).seal_webhook, sealed, _webhook(webhook_id))

    # --- both ---

    def needs_rotation(self, sealed: str) -> bool:
        """Whether an older key than the current one sealed this."""
        return not sealed.startswith(f"{SEALED_VERSION}.{self._current.id}.")

    def _sealer(self, sealed: str) -> _Derived:
        version = sealed.partition(".")[0]
        key = self._known.get(sealed_by(sealed))
        if version != SEALED_VERSION or key is None:
            raise SealBrokenError("No key of this instance opens what was sealed.")
        return key

    # --- access tokens ---

    @property
    def access_key(self) -> tuple[str, bytes]:
        """The id and the bytes of the key that signs access tokens now."""
        return self._current.id, self._current.access

    def known_access_key(self, key_id: str) -> bytes | None:
        """The key of that id, to check a token with; None where it is not known."""
        key = self._known.get(key_id)
        return None if key is None else key.access

    # --- refresh cookies ---

    @property
    def refresh_key(self) -> tuple[str, bytes]:
        """The id and the bytes of the key that authenticates refresh cookies now."""
        return self._current.id, self._current.refresh

    def known_refresh_key(self, key_id: str) -> bytes | None:
        """The key of that id, to check a cookie with; None where it is not known."""
        key = self._known.get(key_id)
        return None if key is None else key.refresh

    # --- requests ---

    @property
    def signing_keys(self) -> tuple[SigningKey, ...]:
        """The public keys, the current one first and endorsed by every older one."""
        return self._signing_keys

    def sign_request(
        self,
        *,
        connection_id: str,
        request_id: str,
        user_id: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        expires_at: str,
    ) -> Signature:
        """Sign one request for one connection. Raises `ValueError` where a part holds a line break."""
        message = request_bytes(
            connection_id=connection_id,
            request_id=request_id,
            user_id=user_id,
            method=method,
            url=url,
            headers=headers,
            expires_at=expires_at,
        )
        return Signature(sign(self._current.signing, message), self._current.id)

    def _describe_signing_keys(self) -> tuple[SigningKey, ...]:
        current = self._current
        older = [key for key in self._known.values() if key is not current]
        introduction = endorsement_bytes(key_id=current.id, public_key=current.public)
        endorsements = tuple(
            Endorsement(key_id=key.id, signature=sign(key.signing, introduction)) for key in older
        )
        return (
            SigningKey(key_id=current.id, public_key=current.public, endorsements=endorsements),
            *(SigningKey(key_id=key.id, public_key=key.public) for key in older),
        )


def sealed_by(sealed: str) -> str:
    """The id of the key that sealed this."""
    return sealed.partition(".")[2].partition(".")[0]


def _seal(key_id: str, seal: AESGCM, secret: Secret, bound_to: bytes) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = seal.encrypt(nonce, secret.reveal().encode(), bound_to)
    return f"{SEALED_VERSION}.{key_id}.{urlsafe_b64encode(nonce + sealed).decode()}"


def _open(seal: AESGCM, sealed: str, bound_to: bytes) -> Secret:
    try:
        raw = b64decode(sealed.rpartition(".")[2], altchars=b"-_", validate=True)
        if len(raw) < NONCE_BYTES + _TAG_BYTES:
            raise SealBrokenError("What was sealed is cut short.")
        return Secret(seal.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to).decode())
    except (InvalidTag, Base64Error, ValueError):
        raise SealBrokenError("What was sealed belongs to somebody else, or was changed.") from None


def _owner(user_id: UUID) -> bytes:
    """What binds a sealed token to its user."""
    return b"cratesync discogs token\n" + user_id.bytes


def _webhook(webhook_id: UUID) -> bytes:
    """What binds a sealed secret to its webhook."""
    return b"cratesync webhook secret\n" + webhook_id.bytes
