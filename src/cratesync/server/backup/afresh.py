"""What a restored state must not go on with: what was true only while another server ran on it, or was used up since.

Numbers that are counted go on far beyond any that were given out after the backup was made. So a reader of the change feed who
has seen more than is there is told to begin anew, now and also when the feed has grown past his number; and a page that was
open all the while does not take new progress for old.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Column, Connection, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.requests import RequestStatus
from cratesync.server.secret_keys import is_key_id
from cratesync.server.store import contents, search, words
from cratesync.server.store.tables import (
    contents as release_contents,
)
from cratesync.server.store.tables import (
    discogs_sync,
    requests,
    scan_pages,
    sign_in_codes,
    users,
    webhooks,
)
from cratesync.server.store.writing import write
from cratesync.server.vault import sealed_by

LONG_AGO = 0.0
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
IDS_MAX = 20


class Sealed(Struct, frozen=True):
    """How many Discogs tokens and webhook secrets there are that none of our keys opens, and the ids of (some of) those that
    would."""

    tokens: int
    webhook_secrets: int
    key_ids: frozenset[str]


async def begin_afresh(connection: AsyncConnection, *, now: datetime) -> None:
    """Nobody fetches, nothing is under way, no one-time link that may have been used is good again, and words are found.

    Of steady times, those of the pace are read with suspicion anyway (see `pacing.loaded`). When a page was read is not, and
    the clock that wrote it may have been ahead: so it was long ago.
    """
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
    await connection.execute(update(scan_pages).values(read_steady=LONG_AGO))
    await connection.execute(delete(sign_in_codes))
    await _index(connection)


def sealed_by_others(connection: Connection, known: Collection[str]) -> Sealed:
    """What these keys do not open."""
    ids: set[str] = set()
    tokens, secrets = (
        _count_others(connection, column, known, ids) for column in (users.c.discogs_token, webhooks.c.secret)
    )
    return Sealed(tokens, secrets, frozenset(ids))


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
        await write(connection, search.rows(connection, found_by))
        last = rows[-1]["digest"]


def _count_others(connection: Connection, column: Column[str], known: Collection[str], ids: set[str]) -> int:
    count = 0
    sealed = select(column).where(column.is_not(None)).execution_options(yield_per=SEALED_AT_ONCE)
    for text in connection.execute(sealed).scalars():
        key_id = sealed_by(text)
        if key_id not in known:
            count += 1
            if is_key_id(key_id) and len(ids) < IDS_MAX:
                ids.add(key_id)
    return count
