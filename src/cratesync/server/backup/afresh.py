"""What a restored state must not go on with: what was true only while another server ran on it, or was used up since.

Numbers that are counted go on far beyond any that were given out after the backup was made. So a reader of the change feed who
has seen more than is there is told to begin anew, now and also when the feed has grown past his number; and a page that was
open all the while does not take new progress for old.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Column, Connection, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.requests import RequestStatus
from cratesync.server.store import contents, search, words
from cratesync.server.store.tables import (
    contents as release_contents,
)
from cratesync.server.store.tables import (
    discogs_sync,
    requests,
    sign_in_codes,
    users,
    webhooks,
)
from cratesync.server.vault import sealed_by

COUNTED_ON = 1_000_000_000
COUNTED = frozenset(
    {
        ("changes", "seq"),
        ("discogs_sync", "change_seq"),
        ("discogs_sync", "revision"),
        ("discogs_collection_syncs", "first_change_seq"),
    }
)
CONTENTS_AT_ONCE = 500
SEALED_AT_ONCE = 500


class Sealed(Struct, frozen=True):
    """How many Discogs tokens and webhook secrets there are that none of our keys opens, and the ids of those that would."""

    tokens: int
    webhook_secrets: int
    key_ids: frozenset[str]


async def begin_afresh(connection: AsyncConnection, *, now: datetime) -> None:
    """Nobody fetches, nothing is under way, no one-time link that may have been used is good again, and words are found."""
    await connection.execute(
        update(discogs_sync).values(
            fetcher_node=None,
            fetcher_connection=None,
            fetcher_client=None,
            fetcher_address=None,
            fetcher_reads_headers=False,
            fetcher_in_flight_max=1,
            fetcher_rank=0,
            fetcher_alive_until_steady=None,
        )
    )
    await connection.execute(
        update(requests)
        .where(requests.c.status == RequestStatus.SENT.value)
        .values(
            status=RequestStatus.PENDING.value, lease_until_steady=None, connection_id=None, updated_at=now
        )
    )
    await connection.execute(delete(sign_in_codes))
    await _index(connection)


def sealed_by_others(connection: Connection, known: Collection[str]) -> Sealed:
    """What these keys do not open."""
    tokens = _unknown(connection, users.c.discogs_token, known)
    secrets = _unknown(connection, webhooks.c.secret, known)
    return Sealed(tokens.total(), secrets.total(), frozenset(tokens | secrets))


async def _index(connection: AsyncConnection) -> None:
    """Make the index of words, which is in no backup."""
    await search.forget_all(connection)
    last = b""
    while True:
        some = (
            select(release_contents)
            .where(release_contents.c.digest > last)
            .order_by(release_contents.c.digest)
            .limit(CONTENTS_AT_ONCE)
        )
        rows = (await connection.execute(some)).mappings().all()
        if not rows:
            return
        found_by = {row["digest"]: words.content_words(contents.content_of(row)) for row in rows}
        await search.store(connection, found_by)
        last = rows[-1]["digest"]


def _unknown(connection: Connection, column: Column[str], known: Collection[str]) -> Counter[str]:
    sealed = select(column).where(column.is_not(None)).execution_options(yield_per=SEALED_AT_ONCE)
    keys = (sealed_by(text) for text in connection.execute(sealed).scalars())
    return Counter(key for key in keys if key not in known)
