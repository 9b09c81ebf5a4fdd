"""How the client shows who it is."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from cratesync.client.secret import Secret

RENEW_SECONDS_BEFORE_EXPIRY = 60.0
HINT = "Sign in with `cratesync client login`, or set CRATESYNC_USERNAME and CRATESYNC_PASSWORD."


class SignIn(Protocol):
    """A token whenever one is needed."""

    async def token(self) -> Secret:
        """One that should be good. Raises `SignInRefusedError`, `ServerNotReachedError`."""

    def refused(self) -> bool:
        """The server did not take the token. Whether asking again may yield another one."""

    def renew_in_seconds(self) -> float | None:
        """When the socket should be shown a fresh token, if its own runs out."""


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


class PasswordSignIn:
    """Access tokens of minutes, fetched with user name and password as they are needed."""

    def __init__(
        self, sign_in: Callable[[], Awaitable[tuple[Secret, float]]], monotonic: Callable[[], float]
    ) -> None:
        self._sign_in = sign_in
        self._monotonic = monotonic
        self._token: Secret | None = None
        self._renew_at = 0.0

    async def token(self) -> Secret:
        """The current one, or a new one shortly before it expires."""
        if self._token is None or self._monotonic() >= self._renew_at:
            token, expires_in = await self._sign_in()
            self._token = token
            self._renew_at = self._monotonic() + max(expires_in - RENEW_SECONDS_BEFORE_EXPIRY, expires_in / 2)
        return self._token

    def refused(self) -> bool:
        """Forget it, so that the next one is fresh."""
        self._token = None
        return True

    def renew_in_seconds(self) -> float | None:
        """Shortly after the moment from which `token` gives a new one."""
        return max(self._renew_at - self._monotonic(), 0.0)
