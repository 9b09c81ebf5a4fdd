"""Accounts: making one, signing in, ending one."""

import re
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError, not_found
from cratesync.server.ids import new_id
from cratesync.server.login_attempts import LoginAttempts
from cratesync.server.passwords import Passwords
from cratesync.server.secret import Secret
from cratesync.server.store import ledgers
from cratesync.server.store.database import Database
from cratesync.server.store.users import (
    User,
    delete_user,
    find_user,
    find_user_by_name,
    insert_user,
    set_password_hash,
    username_key,
)

PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 1024

_USERNAME = re.compile(r"[A-Za-z0-9._-]{3,64}")


class Accounts:
    """What a person can do with an account of their own."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        attempts: LoginAttempts,
        clock: Clock,
        *,
        registration_is_open: bool,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock
        self._registration_is_open = registration_is_open

    async def register(self, username: str, password: Secret) -> User:
        """Make an account. Raises `ApiError`."""
        if not self._registration_is_open:
            raise ApiError("registration_closed", 403, "This server takes no new accounts.")
        _check_username(username)
        _check_password(password)
        password_hash = await self._passwords.hash(password)
        try:
            async with self._database.write() as connection:
                user_id = new_id()
                await insert_user(
                    connection,
                    user_id=user_id,
                    username=username,
                    password_hash=password_hash,
                    now=self._clock.now(),
                )
                await ledgers.create(connection, user_id, now=self._clock.now())
                return _existing(await find_user(connection, user_id))
        except IntegrityError:
            raise ApiError("username_taken", 409, f"The name {username!r} is taken.") from None

    async def sign_in(self, username: str, password: Secret, *, address: str) -> User:
        """The account of that name and password. Raises `ApiError`."""
        async with self._database.read() as connection:
            user = await find_user_by_name(connection, username)
        await self._check(user, username, password, address)
        user = _existing(user)
        if user.password_hash is not None and self._passwords.is_outdated(user.password_hash):
            renewed = await self._passwords.hash(password)
            async with self._database.write() as connection:
                await set_password_hash(connection, user.id, renewed, self._clock.now())
        return user

    async def find(self, user_id: UUID) -> User:
        """The account of that id. Raises `ApiError` (404) where it was deleted meanwhile."""
        async with self._database.read() as connection:
            return _existing(await find_user(connection, user_id))

    async def delete(self, user_id: UUID, password: Secret, *, address: str) -> None:
        """Delete the account and everything of it. Raises `ApiError`."""
        user = await self.find(user_id)
        try:
            await self._check(user, user.username, password, address)
        except ApiError as error:
            if error.code != "bad_credentials":
                raise
            raise ApiError("bad_password", 403, "This is not the password of the account.") from None
        async with self._database.write() as connection:
            await delete_user(connection, user_id)

    async def _check(self, user: User | None, username: str, password: Secret, address: str) -> None:
        key = username_key(username)
        self._attempts.check(address, key)
        too_long = len(password.reveal()) > PASSWORD_CHARACTERS_MAX
        if too_long or not await self._passwords.matches(
            password, None if user is None else user.password_hash
        ):
            self._attempts.failed(address, key)
            raise ApiError("bad_credentials", 401, "The name or the password is wrong.")
        self._attempts.succeeded(address, key)


def _existing(user: User | None) -> User:
    if user is None:
        raise not_found("No such account")
    return user


def _check_username(username: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise ApiError(
            "invalid_username",
            400,
            "A name has 3 to 64 letters, digits, dots, dashes or underscores.",
            field="username",
        )


def _check_password(password: Secret) -> None:
    if not PASSWORD_CHARACTERS_MIN <= len(password.reveal()) <= PASSWORD_CHARACTERS_MAX:
        raise ApiError(
            "invalid_password",
            400,
            f"A password has {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX:,} characters.",
            field="password",
        )
