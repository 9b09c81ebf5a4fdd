"""The token that the server's own client signs in with: a personal access token, made for one process and taken back after it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

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
TAKEN_BACK_WITHIN_SECONDS = 3.0
_NOTE = "token.id"

_log = structlog.stdlib.get_logger(__name__)


class OwnCredential:
    """Notes the id of the token it lent in the client's folder, so that the next process knows which one to take back."""

    def __init__(
        self,
        *,
        database: Database,
        authenticator: Authenticator,
        clock: Clock,
        folder: Path,
        name: str,
        username: str | None,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._clock = clock
        self._folder = folder
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
        """A token until the body ends. What an earlier process left is taken back, and forgotten by the client with all
        else it knew: this server is the one it talks to, whatever keys that has now."""
        await self._take_back_noted()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stored, token = await self._authenticator.create_personal(
            user_id, name=self._name, scopes=SCOPES, expires_at=self._clock.now() + LIFE
        )
        (self._folder / _NOTE).write_text(f"{stored.id} {user_id}")
        try:
            yield token
        finally:
            await self._take_back_in_the_end()

    async def _take_back_in_the_end(self) -> None:
        """Whatever becomes of it must not come between a server and its end."""
        try:
            async with asyncio.timeout(TAKEN_BACK_WITHIN_SECONDS):
                await self._take_back_noted()
        except (SQLAlchemyError, OSError) as error:  # a timeout is an OSError
            _log.warning("own_client_token_left", error=type(error).__name__)

    async def _take_back_noted(self) -> None:
        try:
            token_id, user_id = map(UUID, (self._folder / _NOTE).read_text().split())
        except (FileNotFoundError, ValueError):
            return
        async with self._database.write() as connection:
            await access_tokens.delete_token(connection, user_id, token_id)
