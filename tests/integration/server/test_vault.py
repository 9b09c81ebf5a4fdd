"""What the secret keys protect."""

import pickle
from uuid import uuid4

import pytest

from cratesync.protocol.signing import endorsement_bytes, request_bytes, verify
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.vault import SealBrokenError, Vault

ANNA = uuid4()
TOKEN = Secret("canary-discogs-token")
OLD, NEW = new_key(), new_key()


def test_a_sealed_token_is_opened_for_its_own_user():
    vault = Vault(SecretKeys(OLD))
    sealed = vault.seal(ANNA, TOKEN)

    assert vault.open(ANNA, sealed).reveal() == "canary-discogs-token"
    assert sealed.startswith(f"v1.{OLD.id}.")
    assert "canary" not in sealed
    assert vault.seal(ANNA, TOKEN) != sealed


def test_another_users_sealed_token_is_not_opened():
    vault = Vault(SecretKeys(OLD))

    with pytest.raises(SealBrokenError):
        vault.open(uuid4(), vault.seal(ANNA, TOKEN))


def test_no_changed_character_goes_unnoticed():
    vault = Vault(SecretKeys(OLD))
    sealed = vault.seal(ANNA, TOKEN)

    for place in range(len(sealed) - 2):  # the last digits of base64 may hold spare bits
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(SealBrokenError):
            vault.open(ANNA, changed)


@pytest.mark.parametrize("sealed", ["", "v1", "v1.", "v1.KEY.", "v1.KEY.AAAA", "v2.KEY.AAAA", "é"])
def test_what_was_never_sealed_is_not_opened(sealed):
    with pytest.raises(SealBrokenError):
        Vault(SecretKeys(OLD)).open(ANNA, sealed.replace("KEY", OLD.id))


def test_a_token_sealed_with_an_older_key_is_opened_and_asks_for_rotation():
    sealed = Vault(SecretKeys(OLD)).seal(ANNA, TOKEN)
    both = Vault(SecretKeys(NEW, (OLD,)))

    assert both.open(ANNA, sealed) == TOKEN
    assert both.needs_rotation(sealed)
    assert not both.needs_rotation(both.seal(ANNA, TOKEN))


def test_a_token_of_an_unknown_key_is_not_opened():
    sealed = Vault(SecretKeys(OLD)).seal(ANNA, TOKEN)

    with pytest.raises(SealBrokenError, match="No key"):
        Vault(SecretKeys(NEW)).open(ANNA, sealed)


REQUEST = {
    "connection_id": "c1",
    "request_id": "r1",
    "user_id": str(ANNA),
    "method": "GET",
    "url": "https://api.discogs.com/oauth/identity",
    "headers": {"Accept": "application/json", "Authorization": "Discogs token=x"},
    "expires_at": "2030-01-01T00:00:25.000Z",
}


def test_a_signed_request_is_verified_with_the_published_key():
    vault = Vault(SecretKeys(NEW, (OLD,)))
    signature = vault.sign_request(**REQUEST)
    key = vault.signing_keys[0]

    assert (signature.key_id, key.key_id) == (NEW.id, NEW.id)
    assert verify(key.public_key, signature.signature, request_bytes(**REQUEST))
    assert not verify(key.public_key, signature.signature, request_bytes(**REQUEST | {"user_id": "other"}))


def test_every_older_key_endorses_the_current_one():
    pinned = Vault(SecretKeys(OLD)).signing_keys[0]
    current = Vault(SecretKeys(NEW, (OLD,))).signing_keys[0]
    (endorsement,) = current.endorsements

    assert pinned.endorsements == ()
    assert endorsement.key_id == pinned.key_id
    introduction = endorsement_bytes(key_id=current.key_id, public_key=current.public_key)
    assert verify(pinned.public_key, endorsement.signature, introduction)


def test_the_keys_of_all_nodes_are_the_same():
    assert Vault(SecretKeys(NEW)).signing_keys == Vault(SecretKeys(NEW)).signing_keys


def test_every_use_has_a_key_of_its_own():
    vault = Vault(SecretKeys(NEW))
    assert len({vault.access_key[1], vault.refresh_key[1], NEW.material}) == 3


def test_no_repr_shows_a_secret():
    shown = (
        repr([TOKEN, SecretKeys(NEW, (OLD,)), Vault(SecretKeys(NEW)), {"token": TOKEN}])
        + f"{TOKEN} {TOKEN!s:>3}"
    )

    assert "canary" not in shown
    assert repr(NEW.material) not in shown


def test_a_secret_is_compared_but_not_pickled():
    assert Secret("canary-discogs-token") == TOKEN
    assert Secret("other") != TOKEN
    assert len({TOKEN, Secret("canary-discogs-token")}) == 1
    with pytest.raises(TypeError):
        pickle.dumps(TOKEN)
