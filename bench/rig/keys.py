"""The secret key of a server that is measured, which is also what seals the tokens of its people."""

from base64 import b64encode

from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.vault import Vault


class Key:
    """A fresh one."""

    def __init__(self) -> None:
        self._key = new_key()

    @property
    def vault(self) -> Vault:
        """What seals with it."""
        return Vault(SecretKeys(self._key))

    @property
    def setting(self) -> str:
        """As the server is told it."""
        return f"{self._key.id}:{b64encode(self._key.material).decode()}"
