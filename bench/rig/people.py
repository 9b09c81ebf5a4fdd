"""People in a database who can sync at once: accounts, tokens, and a ledger as long as that of somebody in the midst of a sync.

Written by the server's own store functions, since a hundred registrations by REST would take a hundred slow password hashes.
"""

import secrets
import time
from datetime import datetime
from hashlib import sha256

from msgspec import Raw, json
from sqlalchemy import text

from cratesync.engine.pacing import Pace, Slot
from cratesync.providers.discogs import records
from cratesync.server.accounts.auth import PERSONAL_PREFIX
from cratesync.server.clock import SystemClock
from cratesync.server.ids import new_id
from cratesync.server.secret import Secret
from cratesync.server.store import contents, discogs_tokens, ledgers
from cratesync.server.store.access_tokens import StoredToken, insert_token
from cratesync.server.store.database import Database
from cratesync.server.store.ledgers import Ledger
from cratesync.server.store.users import insert_user
from cratesync.server.vault import Vault
from rig.pages import NEW_OF_A_PAGE, PAGE_SIZE, Stock

SCOPES = ("read", "sync", "fetch")
SLOTS = 60
PEOPLE_AT_ONCE = 100
SHEETS_AT_ONCE = 20


async def fill(
    database: Database, vault: Vault, *, people: int, stock: Stock, window_seconds: float
) -> list[str]:
    """Make an empty database one with these people, and with the contents that they share. Their access tokens are given back."""
    await database.migrate()
    tokens: list[str] = []
    for start in range(0, people, PEOPLE_AT_ONCE):
        numbers = range(start, min(people, start + PEOPLE_AT_ONCE))
        async with database.write() as connection:
            tokens += [await _person(connection, vault, number, window_seconds) for number in numbers]
    await _share(database, stock)
    return tokens


async def _person(connection, vault: Vault, number: int, window_seconds: float) -> str:
    now, steady, user_id = SystemClock().now(), time.time(), new_id()
    await insert_user(
        connection,
        user_id=user_id,
        username=f"bench{number:06}",
        password_hash=None,
        is_owner=number == 0,
        now=now,
    )
    await ledgers.create(connection, user_id, now=now)
    every = window_seconds / SLOTS
    slots = tuple(
        Slot(f"{new_id()}:1", at, at + 90.0, at + 0.2)
        for at in (steady - window_seconds + every * place for place in range(SLOTS))
    )
    await ledgers.save(connection, Ledger(user_id=user_id, pace=Pace(slots=slots), learned={}), now=now)
    sealed = vault.seal(user_id, Secret(secrets.token_urlsafe(30)))
    await discogs_tokens.save(connection, user_id, sealed, version=1, now=now)
    return await _access_token(connection, user_id, now)


async def _access_token(connection, user_id, now: datetime) -> str:
    token = PERSONAL_PREFIX + secrets.token_urlsafe(32)
    stored = StoredToken(
        id=new_id(), name="bench", scopes=SCOPES, created_at=now, expires_at=None, last_used_at=now
    )
    await insert_token(connection, user_id, stored, sha256(token.encode()).digest())
    return token


async def _share(database: Database, stock: Stock) -> None:
    """Store what is known already: of every sheet the releases that are nobody's own."""
    for start in range(0, len(stock.sheets), SHEETS_AT_ONCE):
        said = {}
        for sheet in stock.sheets[start : start + SHEETS_AT_ONCE]:
            kept = [content for slot, content in enumerate(_contents(sheet.records)) if slot % 10 >= 3]
            assert len(kept) == PAGE_SIZE - NEW_OF_A_PAGE
            said |= {content.digest(): content for content in kept}
        async with database.write() as connection:
            await contents.store(connection, said, now=SystemClock().now())
    async with database.write() as connection:
        await connection.execute(text("ANALYZE"))


def _contents(joined: bytes):
    return [
        records.item(bytes(source)).content for source in json.decode(b"[" + joined + b"]", type=list[Raw])
    ]
