"""Personal access tokens: queries on a connection. Only the hash of a token is stored."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import access_tokens, users


class StoredToken(Struct, frozen=True, kw_only=True):
    """A token as its owner sees it in a list."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class TokenOwner(Struct, frozen=True, kw_only=True):
    """Whom a token signs in."""

    id: UUID
    user_id: UUID
    username: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    last_used_at: datetime | None


async def insert_token(
    connection: AsyncConnection, user_id: UUID, token: StoredToken, token_hash: bytes
) -> None:
    """Add a token."""
    await connection.execute(
        insert(access_tokens).values(
            id=token.id,
            user_id=user_id,
            name=token.name,
            token_hash=token_hash,
            scopes=token.scopes,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


async def count_tokens(connection: AsyncConnection, user_id: UUID) -> int:
    """How many tokens a user has."""
    query = select(func.count()).select_from(access_tokens).where(access_tokens.c.user_id == user_id)
    return int((await connection.execute(query)).scalar_one())


async def list_tokens(connection: AsyncConnection, user_id: UUID) -> list[StoredToken]:
    """A user's tokens, the newest first."""
    query = (
        select(
            access_tokens.c.id,
            access_tokens.c.name,
            access_tokens.c.scopes,
            access_tokens.c.created_at,
            access_tokens.c.expires_at,
            access_tokens.c.last_used_at,
        )
        .where(access_tokens.c.user_id == user_id)
        .order_by(access_tokens.c.id.desc())
    )
    return [StoredToken(**row._mapping) for row in await connection.execute(query)]


async def find_token_owner(connection: AsyncConnection, token_hash: bytes) -> TokenOwner | None:
    """Whom the token of that hash signs in."""
    query = (
        select(
            access_tokens.c.id,
            access_tokens.c.user_id,
            users.c.username,
            access_tokens.c.scopes,
            access_tokens.c.expires_at,
            access_tokens.c.last_used_at,
        )
        .join(users, users.c.id == access_tokens.c.user_id)
        .where(access_tokens.c.token_hash == token_hash)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else TokenOwner(**row._mapping)


async def existing_tokens(connection: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Which of these tokens have not been revoked."""
    if not ids:
        return set()
    query = select(access_tokens.c.id).where(access_tokens.c.id.in_(ids))
    return set((await connection.execute(query)).scalars())


async def mark_token_used(connection: AsyncConnection, token_id: UUID, now: datetime) -> None:
    """Note when a token was last used."""
    await connection.execute(
        update(access_tokens).where(access_tokens.c.id == token_id).values(last_used_at=now)
    )


async def delete_token(connection: AsyncConnection, user_id: UUID, token_id: UUID) -> bool:
    """Revoke one of the user's own tokens."""
    own = (access_tokens.c.id == token_id) & (access_tokens.c.user_id == user_id)
    return bool((await connection.execute(delete(access_tokens).where(own))).rowcount)
