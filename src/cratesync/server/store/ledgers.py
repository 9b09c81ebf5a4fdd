"""The user's row in `discogs_sync`: the pace, what was learned, who fetches, and two counters.

Everything that claims, answers or changes something for a user locks this row first, so nothing of one user ever races.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.learning import Learned
from cratesync.engine.pacing import Pace
from cratesync.server.store.prepared import Prepared, Update
from cratesync.server.store.tables import discogs_sync, requests

USERS_ASKED_AT_ONCE = 500
WAITING = ("pending", "retrying")


class Seat(Struct, frozen=True):
    """The one connection of a user that is given requests, alive while its node renews it."""

    node: str
    connection_id: str
    client_id: str
    address: str
    reads_headers: bool
    in_flight_max: int
    rank: int
    alive_until: float


class Ledger(Struct, frozen=True):
    """One user's row. `learned` is keyed by a digest of the client's network address."""

    user_id: UUID
    pace: Pace
    learned: dict[str, Learned]
    seat: Seat | None = None
    latency_seconds: float | None = None
    revision: int = 0
    change_seq: int = 0
    rate_limit_remaining: int | None = None
    rate_limit_limit: int | None = None
    rate_limit_window_reset: datetime | None = None
    last_rate_limit_check: datetime | None = None


async def create(connection: AsyncConnection, user_id: UUID, *, now: datetime) -> None:
    """A new user's empty row."""
    await connection.execute(
        insert(discogs_sync).values(user_id=user_id, pace=Pace(), learned={}, updated_at=now)
    )


async def hold(connection: AsyncConnection, user_id: UUID) -> None:
    """Lock the row until the transaction ends, without reading it."""
    query = select(discogs_sync.c.user_id).where(discogs_sync.c.user_id == user_id).with_for_update()
    await connection.execute(query)


async def lock(connection: AsyncConnection, user_id: UUID) -> Ledger | None:
    """The row, locked until the transaction ends; nothing where the user is gone."""
    return await _load(connection, _LOCK, user_id)


async def read(connection: AsyncConnection, user_id: UUID) -> Ledger | None:
    """The row as it is."""
    return await _load(connection, _READ, user_id)


def saving(ledger: Ledger, *, now: datetime) -> Update:
    """The whole row."""
    seat = ledger.seat
    values: dict[str, object] = {
        "pace": ledger.pace,
        "learned": ledger.learned,
        "latency_seconds": ledger.latency_seconds,
        "revision": ledger.revision,
        "change_seq": ledger.change_seq,
        "rate_limit_remaining": ledger.rate_limit_remaining,
        "rate_limit_limit": ledger.rate_limit_limit,
        "rate_limit_window_reset": ledger.rate_limit_window_reset,
        "last_rate_limit_check": ledger.last_rate_limit_check,
        "fetcher_node": seat.node if seat else None,
        "fetcher_connection": seat.connection_id if seat else None,
        "fetcher_client": seat.client_id if seat else None,
        "fetcher_address": seat.address if seat else None,
        "fetcher_reads_headers": seat.reads_headers if seat else False,
        "fetcher_in_flight_max": seat.in_flight_max if seat else 1,
        "fetcher_rank": seat.rank if seat else 0,
        "fetcher_alive_until_steady": seat.alive_until if seat else None,
        "updated_at": now,
    }
    named = {f"to_{name}": value for name, value in values.items()}
    return Update(_SAVE, {"row_id": ledger.user_id, **named})


_SAVE = Prepared(
    update(discogs_sync)
    .where(discogs_sync.c.user_id == bindparam("row_id"))
    .values({column: bindparam(f"to_{column.name}") for column in discogs_sync.c if not column.primary_key})
)


async def renew_seats(connection: AsyncConnection, *, node: str, alive_until: float) -> None:
    """A node says that its fetchers live."""
    await connection.execute(
        update(discogs_sync)
        .where(discogs_sync.c.fetcher_node == node)
        .values(fetcher_alive_until_steady=alive_until)
    )


async def neglected(
    connection: AsyncConnection, users: Sequence[UUID], *, node: str, now: float
) -> list[UUID]:
    """Of these users, those without a living fetcher, and those of this node's fetchers with something waiting that no
    pace holds back: nothing of theirs is under way."""
    found: list[UUID] = []
    for start in range(0, len(users), USERS_ASKED_AT_ONCE):
        some = users[start : start + USERS_ASKED_AT_ONCE]
        vacant = or_(
            discogs_sync.c.fetcher_alive_until_steady.is_(None),
            discogs_sync.c.fetcher_alive_until_steady < now,
        )
        idle = and_(
            discogs_sync.c.fetcher_node == node,
            exists().where(requests.c.user_id == discogs_sync.c.user_id, requests.c.status.in_(WAITING)),
            ~exists().where(requests.c.user_id == discogs_sync.c.user_id, requests.c.status == "sent"),
        )
        query = select(discogs_sync.c.user_id).where(discogs_sync.c.user_id.in_(some), or_(vacant, idle))
        found.extend((await connection.execute(query)).scalars())
    return found


async def moved_on(connection: AsyncConnection, told: Mapping[UUID, int]) -> dict[UUID, int]:
    """Of these users, those for whom there were more messages than they were told, with the number of the newest. For PostgreSQL, where
    there may be several nodes: many thousands are asked for at once."""
    known = (
        func.unnest(cast(list(told), ARRAY(Uuid)), cast(list(told.values()), ARRAY(BigInteger)))
        .table_valued(column("user_id", Uuid), column("told", BigInteger), name="known")
        .render_derived()
    )
    query = select(discogs_sync.c.user_id, discogs_sync.c.revision).join(
        known, and_(known.c.user_id == discogs_sync.c.user_id, discogs_sync.c.revision > known.c.told)
    )
    return {row.user_id: row.revision for row in await connection.execute(query)}


async def leave_seats(connection: AsyncConnection, *, node: str) -> None:
    """Nobody fetches through this node any more."""
    await connection.execute(
        update(discogs_sync)
        .where(discogs_sync.c.fetcher_node == node)
        .values(fetcher_node=None, fetcher_connection=None, fetcher_alive_until_steady=None)
    )


async def empty_all_seats(connection: AsyncConnection) -> None:
    """No fetcher can be alive: for the start of the only node there is."""
    await connection.execute(
        update(discogs_sync)
        .where(discogs_sync.c.fetcher_node.is_not(None))
        .values(fetcher_alive_until_steady=None)
    )


_of_user = select(discogs_sync).where(discogs_sync.c.user_id == bindparam("user"))
_READ = Prepared(_of_user)
_LOCK = Prepared(_of_user.with_for_update())


async def _load(connection: AsyncConnection, query: Prepared, user_id: UUID) -> Ledger | None:
    rows = await query.rows(connection, {"user": user_id})
    if not rows:
        return None
    (row,) = rows
    seat = None
    if row["fetcher_connection"] is not None:
        seat = Seat(
            node=row["fetcher_node"],
            connection_id=row["fetcher_connection"],
            client_id=row["fetcher_client"],
            address=row["fetcher_address"],
            reads_headers=row["fetcher_reads_headers"],
            in_flight_max=row["fetcher_in_flight_max"],
            rank=row["fetcher_rank"],
            alive_until=row["fetcher_alive_until_steady"] or 0.0,
        )
    return Ledger(
        user_id=user_id,
        pace=row["pace"] or Pace(),
        learned=row["learned"] or {},
        seat=seat,
        latency_seconds=row["latency_seconds"],
        revision=row["revision"],
        change_seq=row["change_seq"],
        rate_limit_remaining=row["rate_limit_remaining"],
        rate_limit_limit=row["rate_limit_limit"],
        rate_limit_window_reset=row["rate_limit_window_reset"],
        last_rate_limit_check=row["last_rate_limit_check"],
    )
