"""Moving from one secret key to the next."""

from cratesync.server.secret_keys import SecretKeys
from cratesync.server.store.database import Database
from cratesync.server.store.users import list_sealed_tokens, replace_sealed_token
from cratesync.server.vault import SealBrokenError, Vault


async def rotate_keys(database: Database, secret_keys: SecretKeys) -> int:
    """Encrypt every Discogs token with the current key, one transaction each; says how many.

    Stopped half way, it can simply be run again. A token that no key opens is left alone.
    """
    vault = Vault(secret_keys)
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
