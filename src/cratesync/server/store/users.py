"""Users: queries on a connection."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import users

_REGISTRATION = 0x6372617465  # names the lock; any number that no other program takes


class User(Struct, frozen=True, kw_only=True):
    """A person's account, without the Discogs token."""

    id: UUID
    username: str
    password_hash: str | None
    is_owner: bool
    discogs_username: str | None
    discogs_token_state: str | None
    has_discogs_token: bool
    created_at: datetime

    def __repr__(self) -> str:
        return f"User(id={self.id}, username={self.username!r})"


_COLUMNS = (
    users.c.id,
    users.c.username,
    users.c.password_hash,
    users.c.is_owner,
    users.c.discogs_username,
    users.c.discogs_token_state,
    users.c.discogs_token.is_not(None).label("has_discogs_token"),
    users.c.created_at,
)


def username_key(username: str) -> str:
    """What makes two names the same name."""
    return username.casefold()


async def lock_registration(connection: AsyncConnection) -> None:
    """Let no other account be made until the transaction ends: who is the first must be certain."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        await connection.execute(select(func.pg_advisory_xact_lock(_REGISTRATION)))


async def insert_user(
    connection: AsyncConnection,
    *,
    user_id: UUID,
    username: str,
    password_hash: str | None,
    is_owner: bool,
    now: datetime,
) -> None:
    """Add a user. Raises `IntegrityError` where the name is taken."""
    await connection.execute(
        insert(users).values(
            id=user_id,
            username=username,
            username_key=username_key(username),
            password_hash=password_hash,
            is_owner=is_owner,
            created_at=now,
            updated_at=now,
        )
    )


async def any_user(connection: AsyncConnection) -> bool:
    """Whether there is an account at all."""
    return (await connection.execute(select(users.c.id).limit(1))).first() is not None


async def list_users(connection: AsyncConnection) -> list[User]:
    """Everybody, the oldest account first."""
    query = select(*_COLUMNS).order_by(users.c.id)
    return [User(**row._mapping) for row in await connection.execute(query)]


async def find_user(connection: AsyncConnection, user_id: UUID, *, locked: bool = False) -> User | None:
    """The user of that id; locked, nobody changes the row until the transaction ends."""
    query = select(*_COLUMNS).where(users.c.id == user_id)
    if locked:
        query = query.with_for_update(key_share=True)  # rows that refer to the user may still be added
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else User(**row._mapping)


async def find_user_by_name(connection: AsyncConnection, username: str) -> User | None:
    """The user of that name, in whatever case it is written."""
    query = select(*_COLUMNS).where(users.c.username_key == username_key(username))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else User(**row._mapping)


async def find_first_user(connection: AsyncConnection) -> User | None:
    """The owner's account, or else the oldest."""
    query = select(*_COLUMNS).order_by(users.c.is_owner.desc(), users.c.created_at, users.c.id).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else User(**row._mapping)


async def set_password_hash(
    connection: AsyncConnection, user_id: UUID, password_hash: str, now: datetime
) -> None:
    """Replace the password."""
    await connection.execute(
        update(users).where(users.c.id == user_id).values(password_hash=password_hash, updated_at=now)
    )


async def delete_user(connection: AsyncConnection, user_id: UUID) -> bool:
    """Remove a user and, by the foreign keys, everything of theirs."""
    return bool((await connection.execute(delete(users).where(users.c.id == user_id))).rowcount)


class SealedToken(Struct, frozen=True):
    """A user's encrypted Discogs token."""

    user_id: UUID
    sealed: str

    def __repr__(self) -> str:
        return f"SealedToken(user_id={self.user_id})"


async def list_sealed_tokens(connection: AsyncConnection) -> list[SealedToken]:
    """Every stored Discogs token, encrypted."""
    query = select(users.c.id, users.c.discogs_token).where(users.c.discogs_token.is_not(None))
    return [SealedToken(user_id, sealed) for user_id, sealed in await connection.execute(query)]


async def replace_sealed_token(connection: AsyncConnection, old: SealedToken, sealed: str) -> bool:
    """Store the same token encrypted anew, unless it was changed meanwhile."""
    same = (users.c.id == old.user_id) & (users.c.discogs_token == old.sealed)
    return bool((await connection.execute(update(users).where(same).values(discogs_token=sealed))).rowcount)
