"""People in a database who can sync at once: accounts, tokens, and a ledger as long as that of somebody in the midst of a sync.

Written straight into the tables, since a hundred registrations by REST would take a hundred slow password hashes.
"""

import secrets
import time
from hashlib import sha256

from msgspec import Raw, json
from sqlalchemy import insert, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.pacing import Pace, Slot
from cratesync.engine.records import Content
from cratesync.providers.discogs import records
from cratesync.server.accounts.auth import PERSONAL_PREFIX
from cratesync.server.clock import SystemClock
from cratesync.server.ids import new_id
from cratesync.server.secret import Secret
from cratesync.server.store import contents, words
from cratesync.server.store.database import Database
from cratesync.server.store.tables import access_tokens, discogs_sync, users
from cratesync.server.store.writing import write
from cratesync.server.vault import Vault
from rig.pages import NEW_OF_A_PAGE, PAGE_SIZE, Stock, discogs_name, is_new

SCOPES = ("read", "sync", "fetch")
SLOTS = 60
PEOPLE_AT_ONCE = 500
SHEETS_AT_ONCE = 20


async def fill(
    url: URL,
    vault: Vault,
    *,
    people: int,
    stock: Stock,
    window_seconds: float = 60.0,
    token_checked: bool = False,
    share: bool = True,
) -> list[str]:
    """Make an empty database one with these people, and with the contents that they share. Their access tokens are given back.

    Whose Discogs token is not `token_checked` begins a sync by asking whose it is.
    """
    database = Database(url)
    try:
        tokens = await _fill(database, vault, people, window_seconds, token_checked=token_checked)
        if share:
            await _share(database, stock)
        return tokens
    finally:
        await database.close()


async def _fill(
    database: Database,
    vault: Vault,
    people: int,
    window_seconds: float,
    *,
    token_checked: bool,
) -> list[str]:
    await database.migrate()
    tokens = [PERSONAL_PREFIX + secrets.token_urlsafe(32) for _ in range(people)]
    for start in range(0, people, PEOPLE_AT_ONCE):
        async with database.write() as connection:
            await _add(
                connection,
                vault,
                tokens[start : start + PEOPLE_AT_ONCE],
                start,
                window_seconds,
                token_checked=token_checked,
            )
    return tokens


async def _add(
    connection: AsyncConnection,
    vault: Vault,
    tokens: list[str],
    first: int,
    window_seconds: float,
    *,
    token_checked: bool,
) -> None:
    now, ids = SystemClock().now(), [new_id() for _ in tokens]
    await connection.execute(
        insert(users),
        [
            {
                "id": user_id,
                "username": f"bench{number:06}",
                "username_key": f"bench{number:06}",
                "is_owner": number == 0,
                "discogs_token": vault.seal(user_id, Secret(secrets.token_urlsafe(30))),
                "discogs_token_version": 1,
                "discogs_token_state": "valid" if token_checked else "unchecked",
                "discogs_username": discogs_name(number) if token_checked else None,
                "discogs_account_id": number + 1 if token_checked else None,
                "created_at": now,
                "updated_at": now,
            }
            for number, user_id in enumerate(ids, first)
        ],
    )
    pace = _pace(window_seconds)
    await connection.execute(
        insert(discogs_sync),
        [{"user_id": user_id, "pace": pace, "learned": {}, "updated_at": now} for user_id in ids],
    )
    await connection.execute(
        insert(access_tokens),
        [
            {
                "id": new_id(),
                "user_id": user_id,
                "name": "bench",
                "token_hash": sha256(token.encode()).digest(),
                "scopes": SCOPES,
                "created_at": now,
                "last_used_at": now,
            }
            for user_id, token in zip(ids, tokens, strict=True)
        ],
    )


def _pace(window_seconds: float) -> Pace:
    """So many calls, evenly over the last window."""
    start, every = time.time() - window_seconds, window_seconds / SLOTS
    return Pace(
        slots=tuple(
            Slot(f"{new_id()}:1", at, at + 90.0, at + 0.2)
            for at in (start + every * place for place in range(SLOTS))
        )
    )


async def _share(database: Database, stock: Stock) -> None:
    """Store what is known already: of every sheet the releases that are nobody's own."""
    for start in range(0, len(stock.sheets), SHEETS_AT_ONCE):
        said = {}
        for sheet in stock.sheets[start : start + SHEETS_AT_ONCE]:
            kept = [content for slot, content in enumerate(_contents(sheet.records)) if not is_new(slot)]
            assert len(kept) == PAGE_SIZE - NEW_OF_A_PAGE
            said |= {content.digest(): content for content in kept}
        async with database.write() as connection:
            found_by = {digest: words.content_words(content) for digest, content in said.items()}
            await write(connection, *contents.rows(connection, said, found_by, now=SystemClock().now()))
    async with database.write() as connection:
        await connection.execute(text("ANALYZE"))


def _contents(joined: bytes) -> list[Content]:
    return [
        records.item(bytes(source)).content for source in json.decode(b"[" + joined + b"]", type=list[Raw])
    ]
