"""Which signing keys of a server are trusted: the first ones seen, and their endorsed successors."""

from collections.abc import Mapping, Sequence

from cratesync.client.errors import UntrustedKeyError
from cratesync.protocol.messages import SigningKey
from cratesync.protocol.signing import endorsement_bytes, verify

KEYS_MAX = 20


def trusted_keys(pinned: Mapping[str, str], offered: Sequence[SigningKey]) -> dict[str, str]:
    """The keys to pin from now on, id → base64 public key: all that are offered. Raises `UntrustedKeyError`.

    With nothing pinned the offer is believed. Else each offered key must be pinned, or endorsed by one that is (also by
    way of another offered key). A pinned key that is no longer offered is forgotten: whoever steals a retired
    key can do nothing with it here.
    """
    if not offered or len(offered) > KEYS_MAX:
        raise UntrustedKeyError(
            f"The server offered {len(offered)} signing keys; a client needs 1 to {KEYS_MAX}."
        )
    keys = {key.key_id: key.public_key for key in offered}
    if len(keys) != len(offered):
        raise UntrustedKeyError("The server offered two signing keys under one name.")
    if not pinned:
        return keys

    trusted = dict(pinned)
    waiting = [key for key in offered if trusted.get(key.key_id) != key.public_key]
    while welcome := [key for key in waiting if key.key_id not in trusted and _is_endorsed(key, trusted)]:
        trusted |= {key.key_id: key.public_key for key in welcome}
        waiting = [key for key in waiting if key not in welcome]
    if waiting:
        raise UntrustedKeyError(
            "The server's signing key is another one than at the first sign-in, and none of the keys known here vouches "
            "for it. If you know that the server was set up anew, sign in with "
            "`cratesync client login --forget-key`; if not, somebody may be posing as your server."
        )
    return keys


def _is_endorsed(key: SigningKey, trusted: Mapping[str, str]) -> bool:
    vouched = endorsement_bytes(key_id=key.key_id, public_key=key.public_key)
    return any(
        endorsement.key_id in trusted and verify(trusted[endorsement.key_id], endorsement.signature, vouched)
        for endorsement in key.endorsements
    )
