"""Moving from one secret key to the next."""

from cratesync.server.secret_keys import SecretKeys
from cratesync.server.store import webhooks
from cratesync.server.store.database import Database
from cratesync.server.store.users import list_sealed_tokens, replace_sealed_token
from cratesync.server.vault import SealBrokenError, Vault


async def rotate_keys(database: Database, secret_keys: SecretKeys) -> int:
    """Encrypt every Discogs token and every webhook's secret with the current key, one transaction each; says how many.

    Stopped half way, it can simply be run again. What no key opens is left alone.
    """
    vault = Vault(secret_keys)
    return await _rotate_tokens(database, vault) + await _rotate_webhook_secrets(database, vault)


async def _rotate_tokens(database: Database, vault: Vault) -> int:
    async with database.read() as connection:
        stored = await list_sealed_tokens(connection)
    count = 0
    for old in stored:
        if not vault.needs_rotation(old.sealed):
            continue
        try:
            sealed = vault.seal(old.user_id, vault.open(old.user_id, old.sealed))
        except SealBrokenError:
            continue
        async with database.write() as connection:
            count += await replace_sealed_token(connection, old, sealed)
    return count


async def _rotate_webhook_secrets(database: Database, vault: Vault) -> int:
    async with database.read() as connection:
        stored = await webhooks.every(connection)
    count = 0
    for old in stored:
        if not vault.needs_rotation(old.sealed):
            continue
        try:
            sealed = vault.seal_webhook_secret(old.id, vault.open_webhook_secret(old.id, old.sealed))
        except SealBrokenError:
            continue
        async with database.write() as connection:
            count += await webhooks.replace_secret(connection, old, sealed)
    return count
