"""One-time codes: queries on a connection. Only the hash of a code is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store.tables import sign_in_codes

Purpose = Literal["first_account", "sign_in", "invitation"]


class StoredCode(Struct, frozen=True, kw_only=True):
    """A code without its text. `user_id` is whom it signs in, or who made the invitation."""

    id: UUID
    purpose: Purpose
    user_id: UUID | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


_COLUMNS = (
    sign_in_codes.c.id,
    sign_in_codes.c.purpose,
    sign_in_codes.c.user_id,
    sign_in_codes.c.created_at,
    sign_in_codes.c.expires_at,
    sign_in_codes.c.used_at,
)


async def insert_code(connection: AsyncConnection, code: StoredCode, code_hash: bytes) -> None:
    """Add a code."""
    await connection.execute(
        insert(sign_in_codes).values(
            id=code.id,
            code_hash=code_hash,
            purpose=code.purpose,
            user_id=code.user_id,
            created_at=code.created_at,
            expires_at=code.expires_at,
        )
    )


async def find_code(
    connection: AsyncConnection, code_hash: bytes, purposes: Sequence[Purpose], now: datetime
) -> StoredCode | None:
    """The code of that hash, if it is for one of these purposes and still good."""
    query = select(*_COLUMNS).where(_good(code_hash, purposes, now))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else StoredCode(**row._mapping)


async def use_code(
    connection: AsyncConnection, code_hash: bytes, purposes: Sequence[Purpose], now: datetime
) -> bool:
    """Use the code up, together with whatever else the transaction does. Of several at once one gets it."""
    statement = update(sign_in_codes).where(_good(code_hash, purposes, now)).values(used_at=now)
    return bool((await connection.execute(statement)).rowcount)


async def list_codes(connection: AsyncConnection, purpose: Purpose, now: datetime) -> list[StoredCode]:
    """The codes for a purpose that have not expired, the newest first."""
    query = (
        select(*_COLUMNS)
        .where(sign_in_codes.c.purpose == purpose, sign_in_codes.c.expires_at > now)
        .order_by(sign_in_codes.c.id.desc())
    )
    return [StoredCode(**row._mapping) for row in await connection.execute(query)]


async def count_codes(connection: AsyncConnection, purpose: Purpose, now: datetime) -> int:
    """How many codes for a purpose have not expired."""
    query = (
        select(func.count())
        .select_from(sign_in_codes)
        .where(sign_in_codes.c.purpose == purpose, sign_in_codes.c.expires_at > now)
    )
    return int((await connection.execute(query)).scalar_one())


async def delete_code(connection: AsyncConnection, code_id: UUID, purpose: Purpose) -> bool:
    """Take one code back."""
    one = (sign_in_codes.c.id == code_id) & (sign_in_codes.c.purpose == purpose)
    return bool((await connection.execute(delete(sign_in_codes).where(one))).rowcount)


async def delete_codes(connection: AsyncConnection, purpose: Purpose, user_id: UUID | None = None) -> None:
    """Take all codes for a purpose back, or those of one user."""
    these = sign_in_codes.c.purpose == purpose
    if user_id is not None:
        these &= sign_in_codes.c.user_id == user_id
    await connection.execute(delete(sign_in_codes).where(these))


def _good(code_hash: bytes, purposes: Sequence[Purpose], now: datetime) -> ColumnElement[bool]:
    return (
        (sign_in_codes.c.code_hash == code_hash)
        & sign_in_codes.c.purpose.in_(purposes)
        & sign_in_codes.c.used_at.is_(None)
        & (sign_in_codes.c.expires_at > now)
    )
