"""A user's Discogs token, sealed, and what is known of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.prepared import Prepared, Row
from cratesync.server.store.tables import users


class TokenState(StrEnum):
    """What a check showed. `MISMATCHED`: it is good, and belongs to another account than the one mirrored here."""

    UNCHECKED = "unchecked"
    VALID = "valid"
    REJECTED = "rejected"
    MISMATCHED = "mismatched"


class DiscogsToken(Struct, frozen=True):
    """`version` grows with every token saved, so that a verdict on an old one never falls on a new one."""

    sealed: str | None
    version: int
    state: TokenState | None
    username: str | None
    account_id: int | None

    def __repr__(self) -> str:
        return f"DiscogsToken(version={self.version}, state={self.state})"


async def load(connection: AsyncConnection, user_id: UUID) -> DiscogsToken | None:
    """The user's token; nothing where there is no such user."""
    rows = await _LOAD.rows(connection, {"user": user_id})
    return token_of(rows[0]) if rows else None


def token_of(row: Row) -> DiscogsToken:
    """A token from a row that has its columns."""
    state = row["discogs_token_state"]
    return DiscogsToken(
        sealed=row["discogs_token"],
        version=row["discogs_token_version"],
        state=None if state is None else TokenState(state),
        username=row["discogs_username"],
        account_id=row["discogs_account_id"],
    )


TOKEN_COLUMNS = (
    users.c.discogs_token,
    users.c.discogs_token_version,
    users.c.discogs_token_state,
    users.c.discogs_username,
    users.c.discogs_account_id,
)
_LOAD = Prepared(select(*TOKEN_COLUMNS).where(users.c.id == bindparam("user")))


async def save(
    connection: AsyncConnection, user_id: UUID, sealed: str | None, *, version: int, now: datetime
) -> None:
    """A new token, still unchecked; or none."""
    await connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(
            discogs_token=sealed,
            discogs_token_version=version,
            discogs_token_state=None if sealed is None else TokenState.UNCHECKED.value,
            updated_at=now,
        )
    )


async def judge(
    connection: AsyncConnection, user_id: UUID, *, version: int, state: TokenState, now: datetime
) -> bool:
    """A verdict on one version of the token; false where there is a newer one, on which it does not fall."""
    result = await connection.execute(
        update(users)
        .where(
            users.c.id == user_id,
            users.c.discogs_token_version == version,
            users.c.discogs_token.is_not(None),
        )
        .values(discogs_token_state=state.value, updated_at=now)
    )
    return result.rowcount > 0


async def name_account(
    connection: AsyncConnection, user_id: UUID, *, username: str, account_id: int | None, now: datetime
) -> None:
    """Whose token it is."""
    await connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(discogs_username=username, discogs_account_id=account_id, updated_at=now)
    )
