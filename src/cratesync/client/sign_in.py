"""How the client shows who it is."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from cratesync.client.secret import Secret

RENEW_SECONDS_BEFORE_EXPIRY = 60.0
HINT = "Sign in with `cratesync client login`, or set CRATESYNC_USERNAME and CRATESYNC_PASSWORD."


class Access(Struct, frozen=True):
    """An access token, and for how many seconds it is good."""

    token: Secret
    seconds: float


class SignIn(Protocol):
    """A token whenever one is needed."""

    async def token(self) -> Secret:
        """One that should be good. Raises `SignInRefusedError`, `ServerNotReachedError`."""

    def refused(self) -> bool:
        """The server did not take the token. Whether asking again may yield another one."""

    def renew_in_seconds(self) -> float | None:
        """When the socket should be shown a fresh token, if its own runs out."""

    async def leave(self) -> None:
        """End what was begun at the server for this run alone. Raises `ClientError`."""


class StoredToken:
    """A personal access token: there is only the one."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    async def token(self) -> Secret:
        """The token."""
        return self._token

    def refused(self) -> bool:
        """It stays refused."""
        return False

    def renew_in_seconds(self) -> float | None:
        """Never."""
        return None

    async def leave(self) -> None:
        """It outlives this run."""


class Entrance(Protocol):
    """The server's ways in for a name and a password."""

    async def sign_in(self) -> Access:
        """Begin a session. Raises `SignInRefusedError`."""

    async def refresh(self) -> Access | None:
        """The next access token of the session; nothing where there is none."""

    async def leave(self, token: Secret | None) -> None:
        """End the session, which `token` was given by."""


class PasswordSignIn:
    """Access tokens of minutes, as they are needed, all of one session that user name and password begin."""

    def __init__(self, entrance: Entrance, monotonic: Callable[[], float]) -> None:
        self._entrance = entrance
        self._monotonic = monotonic
        self._has_session = False
        self._token: Secret | None = None
        self._renew_at = 0.0

    async def token(self) -> Secret:
        """The current one, or a new one shortly before it expires."""
        if self._token is None or self._monotonic() >= self._renew_at:
            access = await self._enter()
            self._has_session = True
            self._token = access.token
            self._renew_at = self._monotonic() + max(
                access.seconds - RENEW_SECONDS_BEFORE_EXPIRY, access.seconds / 2
            )
        return self._token

    async def _enter(self) -> Access:
        access = await self._entrance.refresh() if self._has_session else None
        if access is None and self._token is not None:
            await self._entrance.leave(self._token)  # its cookie did not come back, so nobody goes on with it
        return access or await self._entrance.sign_in()

    def refused(self) -> bool:
        """Forget it, so that the next one is fresh."""
        self._token = None
        return True

    def renew_in_seconds(self) -> float | None:
        """Shortly after the moment from which `token` gives a new one."""
        return max(self._renew_at - self._monotonic(), 0.0)

    async def leave(self) -> None:
        """End the session."""
        if self._has_session:
            await self._entrance.leave(self._token)
