"""What scans saw, which mirrored records they missed, and taking those out that were shown to be gone.

What a page held is kept as one JSON array; the sets are compared inside the database, so the server's memory does not grow
with a collection.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.events import RemovalsWeighed, ScanSurveyed
from cratesync.engine.removals import LOOKUPS_MAX
from cratesync.protocol.messages import SyncType
from cratesync.server.store.feed import Change, append
from cratesync.server.store.lists import list_of
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.tables import held_removals, removal_candidates, scan_pages

PAGE_TRUSTED_SECONDS = 3600.0
STALE_PAGES_MAX = 5000


def page_row(
    user_id: UUID,
    sync_id: UUID,
    *,
    scan: int,
    page: int,
    items_said: int | None,
    keys: Iterable[int],
    now: float,
) -> NewRows:
    """What one page of a scan held, and how many records it said there are; reading it again replaces it.

    Kept by number, since a list of one page may be read newest first, and then oldest first.
    """
    return NewRows(
        scan_pages,
        {"page": [page]},
        {
            "user_id": user_id,
            "sync_session_id": sync_id,
            "scan": scan,
            "items_said": items_said,
            "record_keys": tuple(sorted(keys)),
            "read_steady": now,
        },
        on_conflict="ON CONFLICT (user_id, sync_session_id, scan, page) DO UPDATE SET items_said = excluded.items_said, "
        "record_keys = excluded.record_keys, read_steady = excluded.read_steady",
    )


async def survey(
    connection: AsyncConnection, user_id: UUID, sync_id: UUID, kind: SyncType, *, scan: int, now: float
) -> ScanSurveyed:
    """Look at a whole scan, and note every mirrored record that it missed as a candidate for removal."""
    pages = _pages_of(user_id, sync_id, scan)
    seen = _seen(connection, user_id, sync_id, scan)
    if not await _agrees(connection, pages, seen):
        return ScanSurveyed(agrees=False, missing=0, missing_releases=(), stale_pages=())
    await drop_candidates(connection, user_id, kind)
    mirrored = list_of(kind)
    table = mirrored.table
    live = and_(table.c.user_id == user_id, table.c.removed_at.is_(None))
    # Not `NOT IN`: PostgreSQL compares every row with every key once those do not fit into its working memory.
    unseen = select(mirrored.key).where(live).except_(seen)
    missed = select(
        literal(user_id, table.c.user_id.type),
        literal(kind),
        mirrored.key,
        table.c.release_id,
        literal(value=False),
    ).where(live, mirrored.key.in_(unseen))
    await connection.execute(
        insert(removal_candidates).from_select(["user_id", "kind", "key", "release_id", "absent"], missed)
    )
    missing = await _count_candidates(connection, user_id, kind)
    releases = (
        select(removal_candidates.c.release_id)
        .where(_candidates_of(user_id, kind))
        .distinct()
        .order_by(removal_candidates.c.release_id)
        .limit(LOOKUPS_MAX + 1)
    )
    stale = (
        select(scan_pages.c.page)
        .where(pages, scan_pages.c.read_steady < now - PAGE_TRUSTED_SECONDS)
        .order_by(scan_pages.c.page)
        .limit(STALE_PAGES_MAX)
    )
    return ScanSurveyed(
        agrees=True,
        missing=missing,
        missing_releases=tuple((await connection.execute(releases)).scalars()),
        stale_pages=tuple((await connection.execute(stale)).scalars()),
    )


async def judge_lookup(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    release_id: int,
    *,
    present: frozenset[int],
    complete: bool,
) -> None:
    """A look-up showed which copies of a release are owned: candidates among them are none, the others are absent."""
    of_release = and_(_candidates_of(user_id, kind), removal_candidates.c.release_id == release_id)
    await connection.execute(
        delete(removal_candidates).where(of_release, removal_candidates.c.key.in_(present))
    )
    if complete:
        await connection.execute(update(removal_candidates).where(of_release).values(absent=True))


async def compare(
    connection: AsyncConnection, user_id: UUID, sync_id: UUID, kind: SyncType, *, first: int, second: int
) -> bool:
    """Whether a second pass read the same ids page for page: then every candidate is absent."""
    ours, theirs = scan_pages.alias("ours"), scan_pages.alias("theirs")
    agreeing = (
        select(func.count())
        .select_from(
            ours.join(theirs, and_(ours.c.page == theirs.c.page, ours.c.record_keys == theirs.c.record_keys))
        )
        .where(
            ours.c.user_id == user_id,
            ours.c.sync_session_id == sync_id,
            ours.c.scan == first,
            theirs.c.user_id == user_id,
            theirs.c.sync_session_id == sync_id,
            theirs.c.scan == second,
            ours.c.items_said.is_not_distinct_from(theirs.c.items_said),
        )
    )
    same = (await connection.execute(agreeing)).scalar_one()
    for scan in (first, second):
        pages = select(func.count()).select_from(scan_pages).where(_pages_of(user_id, sync_id, scan))
        if (await connection.execute(pages)).scalar_one() != same:
            return False
    await connection.execute(
        update(removal_candidates).where(_candidates_of(user_id, kind)).values(absent=True)
    )
    return True


async def weigh(connection: AsyncConnection, user_id: UUID, kind: SyncType) -> RemovalsWeighed:
    """How many candidates were shown absent, and how many could not be."""
    absent = await _count_candidates(connection, user_id, kind, absent=True)
    every = await _count_candidates(connection, user_id, kind)
    return RemovalsWeighed(absent=absent, unproven=every - absent)


async def remove_absent(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    *,
    sync_id: UUID,
    change_seq: int,
    now: datetime,
) -> int:
    """Take the records shown absent out of the mirror; the feed's newest number is given back."""
    gone = select(removal_candidates.c.key).where(
        _candidates_of(user_id, kind), removal_candidates.c.absent.is_(True)
    )
    return await _remove(connection, user_id, kind, gone, sync_id=sync_id, change_seq=change_seq, now=now)


async def hold_absent(connection: AsyncConnection, user_id: UUID, kind: SyncType, *, sync_id: UUID) -> None:
    """Keep them, until the user says what is right."""
    await release_held(connection, user_id, kind)
    absent = select(
        removal_candidates.c.user_id,
        removal_candidates.c.kind,
        removal_candidates.c.key,
        literal(sync_id, held_removals.c.sync_session_id.type),
    ).where(_candidates_of(user_id, kind), removal_candidates.c.absent.is_(True))
    await connection.execute(
        insert(held_removals).from_select(["user_id", "kind", "key", "sync_session_id"], absent)
    )


async def remove_held(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    *,
    sync_id: UUID,
    change_seq: int,
    now: datetime,
) -> int:
    """The user confirmed: what this sync held goes. The feed's newest number is given back."""
    held = select(held_removals.c.key).where(
        _held_of(user_id, kind), held_removals.c.sync_session_id == sync_id
    )
    # Another sync may be looking for them at this moment: they go by the user's word, and are nothing for it to hold or count.
    await connection.execute(
        delete(removal_candidates).where(_candidates_of(user_id, kind), removal_candidates.c.key.in_(held))
    )
    return await _remove(connection, user_id, kind, held, sync_id=sync_id, change_seq=change_seq, now=now)


async def release_held(connection: AsyncConnection, user_id: UUID, kind: SyncType) -> None:
    """Nothing is held any more."""
    await connection.execute(delete(held_removals).where(_held_of(user_id, kind)))


async def release_seen(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, keys: Iterable[int]
) -> None:
    """These stand in an answer, so they are there (again): they are held no more."""
    await connection.execute(
        delete(held_removals).where(_held_of(user_id, kind), held_removals.c.key.in_(list(keys)))
    )


async def count_held(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, sync_id: UUID | None = None
) -> int:
    """How many records are held, by any sync or by this one."""
    query = select(func.count()).select_from(held_removals).where(_held_of(user_id, kind))
    if sync_id is not None:
        query = query.where(held_removals.c.sync_session_id == sync_id)
    return int((await connection.execute(query)).scalar_one())


async def held(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    *,
    sync_id: UUID,
    after: int | None,
    limit: int,
) -> list[int]:
    """The keys that this sync holds, in their order, from behind one on."""
    query = select(held_removals.c.key).where(
        _held_of(user_id, kind), held_removals.c.sync_session_id == sync_id
    )
    if after is not None:
        query = query.where(held_removals.c.key > after)
    return list((await connection.execute(query.order_by(held_removals.c.key).limit(limit))).scalars())


async def drop_candidates(connection: AsyncConnection, user_id: UUID, kind: SyncType) -> None:
    """Forget which records a scan missed."""
    await connection.execute(delete(removal_candidates).where(_candidates_of(user_id, kind)))


async def forget_pages(connection: AsyncConnection, user_id: UUID, sync_id: UUID) -> None:
    """A sync has ended for good: what its scans saw is of no more use."""
    await connection.execute(
        delete(scan_pages).where(scan_pages.c.user_id == user_id, scan_pages.c.sync_session_id == sync_id)
    )


async def count_live(connection: AsyncConnection, user_id: UUID, kind: SyncType) -> int:
    """How many records the mirror holds."""
    table = list_of(kind).table
    query = (
        select(func.count())
        .select_from(table)
        .where(table.c.user_id == user_id, table.c.removed_at.is_(None))
    )
    return int((await connection.execute(query)).scalar_one())


async def _remove(
    connection: AsyncConnection,
    user_id: UUID,
    kind: SyncType,
    gone: Select[int],
    *,
    sync_id: UUID,
    change_seq: int,
    now: datetime,
) -> int:
    mirrored = list_of(kind)
    table = mirrored.table
    removed = (
        update(table)
        .where(table.c.user_id == user_id, table.c.removed_at.is_(None), mirrored.key.in_(gone))
        .values(removed_at=now, updated_at=now)
        .returning(mirrored.key)
    )
    keys = sorted((await connection.execute(removed)).scalars())
    feed = [Change(key, "removed") for key in keys]
    return await append(connection, user_id, kind, feed, sync_id=sync_id, change_seq=change_seq, now=now)


async def _agrees(connection: AsyncConnection, pages: ColumnElement[bool], seen: Select[int]) -> bool:
    """Whether all pages of a scan told the same number of records, and held as many different ones. Where none tells a
    number, no record may stand on two pages: that would show that the list moved."""
    said = select(
        func.count(),
        func.count(scan_pages.c.items_said),
        func.min(scan_pages.c.items_said),
        func.max(scan_pages.c.items_said),
    ).where(pages)
    read, telling, least, most = (await connection.execute(said)).one()
    distinct = select(func.count()).select_from(seen.distinct().subquery())
    different = (await connection.execute(distinct)).scalar_one()
    if read and not telling:
        every = (await connection.execute(select(func.count()).select_from(seen.subquery()))).scalar_one()
        return bool(different == every)
    return bool(read) and telling == read and least == most == different


def _seen(connection: AsyncConnection, user_id: UUID, sync_id: UUID, scan: int) -> Select[int]:
    """Every key that any page of a scan held."""
    if connection.dialect.name == "postgresql":
        keys = (
            func.jsonb_array_elements_text(cast(scan_pages.c.record_keys, JSONB))
            .table_valued("value")
            .alias("seen")
        )
        key: ColumnElement[int] = cast(keys.c.value, BigInteger)
    else:
        keys = (
            func.json_each(scan_pages.c.record_keys).table_valued(column("value", BigInteger)).alias("seen")
        )
        key = keys.c.value
    return (
        select(key)
        .select_from(scan_pages.join(keys, literal(value=True)))
        .where(_pages_of(user_id, sync_id, scan))
    )


async def _count_candidates(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, *, absent: bool = False
) -> int:
    query = select(func.count()).select_from(removal_candidates).where(_candidates_of(user_id, kind))
    if absent:
        query = query.where(removal_candidates.c.absent.is_(True))
    return int((await connection.execute(query)).scalar_one())


def _pages_of(user_id: UUID, sync_id: UUID, scan: int) -> ColumnElement[bool]:
    return and_(
        scan_pages.c.user_id == user_id, scan_pages.c.sync_session_id == sync_id, scan_pages.c.scan == scan
    )


def _candidates_of(user_id: UUID, kind: SyncType) -> ColumnElement[bool]:
    return and_(removal_candidates.c.user_id == user_id, removal_candidates.c.kind == kind)


def _held_of(user_id: UUID, kind: SyncType) -> ColumnElement[bool]:
    return and_(held_removals.c.user_id == user_id, held_removals.c.kind == kind)
