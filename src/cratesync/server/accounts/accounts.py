"""Accounts: making one, signing in, changing the password, ending one."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.accounts.login_attempts import LoginAttempts
from cratesync.server.accounts.passwords import Passwords
from cratesync.server.accounts.sessions import Sessions, SignedIn
from cratesync.server.accounts.sign_in_codes import code_hash
from cratesync.server.accounts.visitor import Visitor
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError, not_found
from cratesync.server.ids import new_id
from cratesync.server.secret import Secret
from cratesync.server.store import ledgers
from cratesync.server.store.database import Database
from cratesync.server.store.sessions import delete_other_sessions
from cratesync.server.store.sign_in_codes import Purpose, StoredCode, delete_codes, find_code, use_code
from cratesync.server.store.users import (
    User,
    any_user,
    delete_user,
    find_user,
    find_user_by_name,
    insert_user,
    lock_registration,
    set_password_hash,
    username_key,
)

PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 1024

_NO_NAME = ""  # whatever nobody can be called counts as this one
_USERNAME = re.compile(r"[A-Za-z0-9._-]{3,64}")
_INVITING: Sequence[Purpose] = ("first_account", "invitation")
_LINKING: Sequence[Purpose] = ("first_account", "sign_in")


class Accounts:
    """What a person can do with an account of their own. `first_username` names the first one, if it is made by a link alone."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        attempts: LoginAttempts,
        sessions: Sessions,
        clock: Clock,
        *,
        registration_is_open: bool,
        first_username: str,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._sessions = sessions
        self._clock = clock
        self._registration_is_open = registration_is_open
        self._first_username = first_username

    # --- getting in ---

    async def register(
        self, username: str, password: Secret, invitation: Secret | None, visitor: Visitor
    ) -> SignedIn:
        """Make an account, on an invitation where the server is not open to all, and sign in. Raises `ApiError`."""
        if invitation is not None:
            await self._look_at_code(invitation, _INVITING, visitor)
        elif not self._registration_is_open:
            raise ApiError("registration_closed", 403, "This server takes new accounts by invitation only.")
        check_username(username)
        check_password(password)
        self._attempts.begin_creation(visitor.address)
        # A look before the dear work; whoever takes the name during that is found below.
        async with self._database.read() as connection:
            if await find_user_by_name(connection, username) is not None:
                raise _username_taken(username)
        password_hash = await self._passwords.hash(password, address=visitor.address)
        async with self._database.write() as connection:
            if invitation is not None:
                await lock_registration(connection)  # first the lock, then the code, as whoever makes codes
                await self._use_code(connection, invitation, _INVITING)
            user = await add_user(connection, username, password_hash, self._clock.now())
            session = await self._sessions.open(connection, user.id, visitor)
        return SignedIn(user, session)

    async def sign_in(self, username: str, password: Secret, visitor: Visitor) -> SignedIn:
        """Sign in by name and password. Raises `ApiError`."""
        known = None
        if is_username(username):
            async with self._database.read() as connection:
                known = await find_user_by_name(connection, username)
        await self._check(known, username, password, visitor.address)
        checked = existing(known)
        renewed = await self._renewed_hash(checked, password, visitor.address)
        async with self._database.write() as connection:
            user = await find_user(connection, checked.id, locked=True)
            unchanged = user is not None and user.password_hash == checked.password_hash
            if user is None or not (
                unchanged
                or await self._passwords.matches(password, user.password_hash, address=visitor.address)
            ):
                raise _bad_credentials()  # the password was changed while we looked
            if unchanged and renewed is not None:
                await set_password_hash(connection, user.id, renewed, self._clock.now())
            session = await self._sessions.open(connection, user.id, visitor)
        return SignedIn(user, session)

    async def follow_link(
        self, code: Secret, username: str | None, visitor: Visitor
    ) -> tuple[SignedIn, bool]:
        """Sign in by a one-time code; says too whether that made the first account. Raises `ApiError`."""
        found = await self._look_at_code(code, _LINKING, visitor)
        makes_account = found.purpose == "first_account"
        if makes_account and username is not None:
            check_username(username)
        async with self._database.write() as connection:
            if makes_account:
                await lock_registration(connection)
                await self._use_code(connection, code, _LINKING)
                name = self._first_username if username is None else username
                user = await add_user(connection, name, None, self._clock.now())
            else:
                # First the user, then the code, as whoever changes a password: that ends the links that are out.
                owner = None
                if found.user_id is not None:
                    owner = await find_user(connection, found.user_id, locked=True)
                await self._use_code(connection, code, _LINKING)
                user = existing(owner)
            return SignedIn(user, await self._sessions.open(connection, user.id, visitor)), makes_account

    # --- what the owner of an account does ---

    async def find(self, user_id: UUID) -> User:
        """The account of that id. Raises `ApiError` (404) where it was deleted meanwhile."""
        async with self._database.read() as connection:
            return existing(await find_user(connection, user_id))

    async def change_password(
        self, user_id: UUID, current: Secret | None, new: Secret, *, session_id: UUID | None, address: str
    ) -> None:
        """Set a new password, and end all sessions but this one. Raises `ApiError`."""
        user = await self.find(user_id)
        check_password(new)
        await self._confirm(user, current, address)
        password_hash = await self._passwords.hash(new, address=address)
        async with self._database.write() as connection:
            now_stored = existing(await find_user(connection, user_id, locked=True))
            if now_stored.password_hash != user.password_hash:
                raise _bad_password()  # somebody else was quicker
            await replace_password(connection, user_id, password_hash, self._clock.now(), kept=session_id)

    async def delete(self, user_id: UUID, password: Secret | None, *, address: str) -> None:
        """Delete the account and everything of it. Raises `ApiError`."""
        await self._confirm(await self.find(user_id), password, address)
        async with self._database.write() as connection:
            await remove_user(connection, user_id)

    # --- proofs ---

    async def _confirm(self, user: User, password: Secret | None, address: str) -> None:
        """Whether it is really them. An account without a password has no other proof than being signed in."""
        if user.password_hash is None and password is None:
            return
        try:
            await self._check(user, user.username, password or Secret(""), address)
        except ApiError as error:
            if error.code != "bad_credentials":
                raise
            raise _bad_password() from None

    async def _check(self, user: User | None, username: str, password: Secret, address: str) -> None:
        key = username_key(username) if is_username(username) else _NO_NAME
        attempt = self._attempts.begin(address, key)
        if len(password.reveal()) > PASSWORD_CHARACTERS_MAX:
            raise _bad_credentials()
        stored = None if user is None else user.password_hash
        try:
            matches = await self._passwords.matches(password, stored, address=address)
        except ApiError:
            self._attempts.take_back(attempt)
            raise
        if not matches:
            raise _bad_credentials()
        self._attempts.succeeded(attempt)

    async def _renewed_hash(self, user: User, password: Secret, address: str) -> str | None:
        if user.password_hash is None or not self._passwords.is_outdated(user.password_hash):
            return None
        return await self._passwords.hash(password, address=address)

    async def _look_at_code(self, code: Secret, purposes: Sequence[Purpose], visitor: Visitor) -> StoredCode:
        """A first look, before anything dear is done. Looking is cheap; a good code is taken however many bad ones came from
        there."""
        async with self._database.read() as connection:
            found = await find_code(connection, code_hash(code), purposes, self._clock.now())
        if found is None:
            self._attempts.code_failed(visitor.address)
            raise _bad_code()
        return found

    async def _use_code(self, connection: AsyncConnection, code: Secret, purposes: Sequence[Purpose]) -> None:
        if not await use_code(connection, code_hash(code), purposes, self._clock.now()):
            raise _bad_code()


# --- what the operator's commands do too, each as part of a transaction -----------------------------------------------


async def add_user(
    connection: AsyncConnection, username: str, password_hash: str | None, now: datetime
) -> User:
    """Make an account with all that belongs to it; the first one is the owner's. Raises `ApiError` (409)."""
    await lock_registration(connection)
    is_first = not await any_user(connection)
    user_id = new_id()
    try:
        await insert_user(
            connection,
            user_id=user_id,
            username=username,
            password_hash=password_hash,
            is_owner=is_first,
            now=now,
        )
    except IntegrityError:
        raise _username_taken(username) from None
    await ledgers.create(connection, user_id, now=now)
    await delete_codes(connection, "first_account")
    return existing(await find_user(connection, user_id))


async def replace_password(
    connection: AsyncConnection, user_id: UUID, password_hash: str, now: datetime, *, kept: UUID | None
) -> None:
    """Set a password; whoever was signed in otherwise, or holds a link, is out. Personal access tokens stay."""
    await set_password_hash(connection, user_id, password_hash, now)
    await delete_other_sessions(connection, user_id, kept)
    await delete_codes(connection, "sign_in", user_id)


async def remove_user(connection: AsyncConnection, user_id: UUID) -> None:
    """Delete an account and everything of it."""
    await ledgers.hold(connection, user_id)  # as whatever works for this user, so that nobody waits crosswise
    await delete_user(connection, user_id)


def existing(user: User | None) -> User:
    """The user, or 404."""
    if user is None:
        raise not_found("No such account")
    return user


def is_username(text: str) -> bool:
    """Whether an account may be called so."""
    return _USERNAME.fullmatch(text) is not None


def check_username(username: str) -> None:
    """Raises `ApiError` (400)."""
    if not is_username(username):
        raise ApiError(
            "invalid_username",
            400,
            "A name has 3 to 64 letters, digits, dots, dashes or underscores.",
            field="username",
        )


def check_password(password: Secret) -> None:
    """Raises `ApiError` (400)."""
    if not PASSWORD_CHARACTERS_MIN <= len(password.reveal()) <= PASSWORD_CHARACTERS_MAX:
        raise ApiError(
            "invalid_password",
            400,
            f"A password has {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX:,} characters.",
            field="password",
        )


def _username_taken(username: str) -> ApiError:
    return ApiError("username_taken", 409, f"The name {username!r} is taken.")


def _bad_credentials() -> ApiError:
    return ApiError("bad_credentials", 401, "The name or the password is wrong.")


def _bad_password() -> ApiError:
    return ApiError("bad_password", 403, "This is not the password of the account.")


def _bad_code() -> ApiError:
    return ApiError("bad_code", 401, "This link is unknown, was used already or has expired.")
