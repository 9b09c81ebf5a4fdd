"""One-time codes: for the first account, for signing in, for inviting somebody."""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError, not_found
from cratesync.server.ids import new_id
from cratesync.server.secret import Secret
from cratesync.server.store.database import Database
from cratesync.server.store.sign_in_codes import (
    Purpose,
    StoredCode,
    count_codes,
    delete_code,
    delete_codes,
    insert_code,
    list_codes,
)
from cratesync.server.store.users import any_user, find_user, lock_registration
from cratesync.server.transaction import UserGoneError

PREFIX = "crl_"
CODE_BYTES = 24
INVITATIONS_MAX = 100
LIFE: dict[Purpose, timedelta] = {
    "first_account": timedelta(hours=24),
    "sign_in": timedelta(hours=1),
    "invitation": timedelta(hours=24),
}


class NewCode(Struct, frozen=True):
    """A code, whose text is known now and never again."""

    stored: StoredCode
    text: Secret

    def link(self, base: str) -> str:
        """The address to open in a browser. What stands behind the # is never sent to a server by itself."""
        name = "invitation" if self.stored.purpose == "invitation" else "code"
        return f"{base}/#{name}={self.text.reveal()}"


class SignInCodes:
    """Makes one-time codes, and takes them back. `Accounts` uses them up."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def for_first_account(self) -> NewCode | None:
        """A code for the first account, in the place of any earlier one; nothing where there is an account."""
        code = self._make("first_account", None)
        async with self._database.write() as connection:
            await lock_registration(connection)
            if await any_user(connection):
                return None
            await delete_codes(connection, "first_account")
            await insert_code(connection, code.stored, code_hash(code.text))
        return code

    async def for_signing_in(self, user_id: UUID) -> NewCode:
        """A code that signs this user in."""
        code = self._make("sign_in", user_id)
        async with self._database.write() as connection:
            await insert_code(connection, code.stored, code_hash(code.text))
        return code

    async def invite(self, made_by: UUID | None) -> NewCode:
        """An invitation; the operator's own has no maker. Raises `ApiError` (409), and `UserGoneError`."""
        code = self._make("invitation", made_by)
        async with self._database.write() as connection:
            await lock_registration(connection)
            if made_by is not None and await find_user(connection, made_by, locked=True) is None:
                raise UserGoneError
            if await count_codes(connection, "invitation", code.stored.created_at) >= INVITATIONS_MAX:
                raise ApiError(
                    "too_many_invitations",
                    409,
                    f"There are {INVITATIONS_MAX} invitations already; take one back first.",
                )
            await insert_code(connection, code.stored, code_hash(code.text))
        return code

    async def invitations(self) -> list[StoredCode]:
        """All invitations that have not expired, the newest first."""
        async with self._database.read() as connection:
            return await list_codes(connection, "invitation", self._clock.now())

    async def take_back(self, invitation_id: UUID) -> None:
        """Make an invitation worthless. Raises `ApiError` (404)."""
        async with self._database.write() as connection:
            if not await delete_code(connection, invitation_id, "invitation"):
                raise not_found("No such invitation")

    def _make(self, purpose: Purpose, user_id: UUID | None) -> NewCode:
        now = self._clock.now()
        stored = StoredCode(
            id=new_id(),
            purpose=purpose,
            user_id=user_id,
            created_at=now,
            expires_at=now + LIFE[purpose],
            used_at=None,
        )
        return NewCode(stored, Secret(PREFIX + secrets.token_urlsafe(CODE_BYTES)))


def code_hash(code: Secret) -> bytes:
    """What a code is found by: looking a hash up tells nothing by its time, and 192 random bits need no slow one."""
    return sha256(code.reveal().encode()).digest()
