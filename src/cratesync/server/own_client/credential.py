"""The token that the server's own client signs in with: a personal access token that is made for one process and taken back after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from cratesync.server.accounts.auth import Authenticator, Scope
from cratesync.server.clock import Clock
from cratesync.server.secret import Secret
from cratesync.server.store import access_tokens, users
from cratesync.server.store.database import Database
from cratesync.server.store.users import User

SCOPES: tuple[Scope, ...] = ("fetch", "read")
# A process that was killed takes nothing back: what it leaves ends with the next start, or by itself. One that lives longer
# is refused then, ends, and the next one gets a new token.
LIFE = timedelta(days=7)


class OwnCredential:
    """`name` tells the tokens of this server from those of others on the same database."""

    def __init__(
        self,
        *,
        database: Database,
        authenticator: Authenticator,
        clock: Clock,
        name: str,
        username: str | None,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._clock = clock
        self._name = name
        self._username = username

    async def user(self) -> User | None:
        """For whom the client works: the account that was named, or else the first one there is."""
        async with self._database.read() as connection:
            if self._username is not None:
                return await users.find_user_by_name(connection, self._username)
            return await users.find_first_user(connection)

    @asynccontextmanager
    async def lent(self, user_id: UUID) -> AsyncIterator[Secret]:
        """A token until the body ends; those that earlier processes left are taken back first."""
        await self._take_back(user_id)
        _, token = await self._authenticator.create_personal(
            user_id, name=self._name, scopes=SCOPES, expires_at=self._clock.now() + LIFE
        )
        try:
            yield token
        finally:
            await self._take_back(user_id)

    async def _take_back(self, user_id: UUID) -> None:
        async with self._database.write() as connection:
            await access_tokens.delete_tokens_named(connection, user_id, self._name)
