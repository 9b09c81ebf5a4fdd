"""What `login` leaves behind: one personal access token a server."""

from msgspec import Struct, field

from cratesync.client.folder import Folder
from cratesync.client.secret import Secret
from cratesync.client.server_url import ServerUrl

_FILE = "credentials.json"


class Account(Struct, frozen=True, rename="camel"):
    """Who signed in, and the token, with its id at the server. Hidden from repr."""

    username: str
    token: str
    expires_at: str | None = None
    token_id: str | None = None

    def __repr__(self) -> str:
        return f"Account(username={self.username!r}, token=<hidden>)"

    @property
    def secret(self) -> Secret:
        """The token, hidden."""
        return Secret(self.token)


class _Accounts(Struct, frozen=True):
    servers: dict[str, Account] = field(default_factory=dict)


class Credentials:
    """The accounts in the client's folder, by server."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def account(self, server: ServerUrl) -> Account | None:
        """The account at this server, if somebody signed in."""
        return self._read().servers.get(server.base)

    def save(self, server: ServerUrl, account: Account) -> None:
        """Keep this account in the place of an older one at the same server."""
        with self._folder.locked():
            self._folder.write(_FILE, _Accounts(self._read().servers | {server.base: account}))

    def forget(self, server: ServerUrl) -> None:
        """Keep nothing of this server any more."""
        with self._folder.locked():
            kept = {base: account for base, account in self._read().servers.items() if base != server.base}
            self._folder.write(_FILE, _Accounts(kept))

    def _read(self) -> _Accounts:
        return self._folder.read(_FILE, _Accounts) or _Accounts()
