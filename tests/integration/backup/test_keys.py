"""Secret keys are in a backup only where they were asked for, and without them people are told what is lost."""

import asyncio
import gzip
import stat
from base64 import b64encode

import pytest
from msgspec import structs
from sqlalchemy import text

from cratesync.server.faults import StartupError
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKeyFile, SecretKeys, new_key
from cratesync.server.store.tables import metadata
from cratesync.server.vault import Vault
from integration.backup.filling import ROWS, fill, one
from integration.server.test_commands import run


@pytest.fixture
async def place(new_place):
    """Two of three users have a Discogs token, and a webhook its secret."""
    place = await new_place("sqlite")
    keys = SecretKeyFile(place.folder).read_or_create()
    await place.do(fill)
    await place.do(_seal, Vault(keys))
    return place


def _seal(connection, vault):
    for n in range(3):
        token = vault.seal(one("users", n), Secret("canary")) if n else None
        connection.execute(
            text("UPDATE users SET discogs_token = :token WHERE id = :id"),
            {"token": token, "id": one("users", n).hex},
        )
        webhook = one("webhooks", n)
        secret = vault.seal_webhook_secret(webhook, Secret("canary"))
        connection.execute(
            text("UPDATE webhooks SET secret = :secret WHERE id = :id"), {"secret": secret, "id": webhook.hex}
        )


def materials(folder):
    keys = SecretKeyFile(folder).read()
    return [] if keys is None else [key.material for key in keys.all]


def holds(path, folder):
    return [b64encode(key) in gzip.decompress(path.read_bytes()) for key in materials(folder)]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


async def test_they_are_in_it_only_when_asked_for(place):
    without, with_keys = await place.save("without"), await place.save("with", with_keys=True)

    assert (holds(without, place.folder), holds(with_keys, place.folder)) == ([False], [True])
    assert mode(without) == mode(with_keys) == 0o600


async def test_they_are_restored_for_their_owner_alone(place, new_place):
    other = await new_place("sqlite")
    restored = await other.restore(await place.save(with_keys=True))

    assert materials(other.folder) == materials(place.folder)
    assert mode(other.folder / "secret.keys") == 0o600
    assert (restored.sealed.tokens, restored.sealed.webhook_secrets, restored.keys.missing) == (
        0,
        0,
        frozenset(),
    )


async def test_without_them_it_is_known_what_is_lost(place, new_place):
    other = await new_place("sqlite")
    restored = await other.restore(await place.save())

    (key,) = SecretKeyFile(place.folder).read().all
    assert (restored.sealed.tokens, restored.sealed.webhook_secrets) == (2, 3)
    assert restored.keys.missing == restored.sealed.key_ids == {key.id}
    assert materials(other.folder) == []


async def test_keys_that_are_there_stay_behind_those_that_come(place, new_place):
    other = await new_place("sqlite")
    SecretKeyFile(other.folder).read_or_create()
    held, brought = materials(other.folder), materials(place.folder)
    backup = await place.save(with_keys=True)
    for _ in range(2):
        await other.restore(backup, replace=True)

        assert materials(other.folder) == brought + held


async def test_keys_of_one_name_that_are_not_the_same_are_not_mixed(place, new_place):
    other = await new_place("sqlite")
    (key,) = SecretKeyFile(place.folder).read().all
    SecretKeyFile(other.folder).put_first(SecretKeys(structs.replace(new_key(), id=key.id)))
    held = materials(other.folder)

    with pytest.raises(StartupError, match="holds another key of the same name"):
        await other.restore(await place.save(with_keys=True))

    assert await other.rows() == {}
    assert materials(other.folder) == held


async def test_keys_set_by_hand_have_to_hold_those_that_come(place, new_place):
    other = await new_place("sqlite")
    backup = await place.save(with_keys=True)
    keys = SecretKeyFile(place.folder).read()
    other.settings = structs.replace(other.settings, secret_keys=SecretKeys(new_key()))
    with pytest.raises(StartupError, match="CRATESYNC_SECRET_KEYS is set and lacks"):
        await other.restore(backup)

    other.settings = structs.replace(other.settings, secret_keys=SecretKeys(new_key(), keys.all))
    restored = await other.restore(backup)

    assert restored.sealed.tokens == 0
    assert materials(other.folder) == []


# --- what is said --------------------------------------------------------------------------------------------------------


async def command(folder, *arguments):
    done = await asyncio.to_thread(run, folder, *arguments)
    return done.returncode, (done.stdout + done.stderr).splitlines()


async def test_the_commands_say_it_in_sentences(place, new_place):
    other = await new_place("sqlite")
    (key,) = SecretKeyFile(place.folder).read().all
    path = place.folder / "file"

    saved = await command(place.folder, "backup", str(path))
    with pytest.raises(StartupError, match=r"There is a file .* already"):
        await place.save("file")
    lost = await command(other.folder, "restore", str(path))
    (place.folder / "file").unlink()
    with_keys = await command(place.folder, "backup", "--with-keys", str(path))
    brought = await command(other.folder, "restore", "--replace", str(path))

    assert saved[0] == with_keys[0] == lost[0] == brought[0] == 0, (saved, with_keys, lost, brought)
    rows = ROWS * len(metadata.tables)
    assert saved[1][0].startswith(f"Backed up 3 accounts in {rows} rows to ")
    assert saved[1][1].startswith("The secret keys are not in it: keep them elsewhere")
    assert lost[1][0].startswith(f"Restored 3 accounts in {rows} rows, as they were at 20")
    assert f"({key.id}). With them go 2 Discogs tokens, 3 webhook secrets, and all sign-ins" in lost[1][1]
    assert "--forget-key" in lost[1][2]
    assert with_keys[1][1].startswith(
        "The secret keys are in it: whoever has this file has the Discogs tokens."
    )
    assert brought[1][1:] == ["The secret keys came with it."]


async def test_what_is_not_there_is_told_in_one_sentence(new_place):
    empty = await new_place("sqlite")
    with pytest.raises(StartupError, match=r"There is no database .*/cratesync.sqlite3 yet"):
        await empty.save()
    with pytest.raises(StartupError, match="There are no secret keys yet"):
        await empty.save(with_keys=True)

    missing = empty.folder / "file"
    assert await command(empty.folder, "restore", str(missing)) == (
        1,
        [f"The file {missing} cannot be read: No such file or directory."],
    )
