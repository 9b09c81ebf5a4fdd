"""What releases are, each content once, whoever owns it; and the sweep of those that nobody refers to any more.

A writer locks the contents that it is about to refer to, unless it knows that they were referred to today; the sweep locks those
that it deletes, and passes over what is locked. So no record ever comes to refer to a content that is gone: a writer that finds
one missing stores it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Table,
    bindparam,
    delete,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import Content
from cratesync.server.store import search
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.prepared import Prepared
from cratesync.server.store.tables import contents, items, wants

UNREFERENCED_KEPT = timedelta(days=1)
ASKED_AT_ONCE = 100
_BOUND_BYTES = 4
_BOUNDS = 1 << 8 * _BOUND_BYTES


async def missing(connection: AsyncConnection, said: Mapping[bytes, Content]) -> dict[bytes, Content]:
    """Those that may have to be written, by order of digest, so that two writers never wait for each other in a ring.

    On PostgreSQL the insert finds out which of them are there, and locks those until the transaction ends. On SQLite nobody else
    writes meanwhile, and the words of a content that is there would be taken out and put in again.
    """
    if not said:
        return {}
    found: set[bytes] = set()
    if connection.dialect.name == "sqlite":
        digests = list(said)
        for start in range(0, len(digests), ASKED_AT_ONCE):
            found |= await _referred_to(connection, digests[start : start + ASKED_AT_ONCE])
    return {digest: said[digest] for digest in sorted(said.keys() - found)}


async def _referred_to(connection: AsyncConnection, digests: Sequence[bytes]) -> set[bytes]:
    """Which of these are there, and referred to. The places of the statement that are left over ask for the first one again."""
    asked = [*digests, *[digests[0]] * (ASKED_AT_ONCE - len(digests))]
    rows_found = await _BY_DIGEST.rows(connection, dict(zip(_PLACES, asked, strict=True)))
    return {row["digest"] for row in rows_found if row["unreferenced_at"] is None}


_PLACES = [f"digest{number}" for number in range(ASKED_AT_ONCE)]
# By digest alone: SQLite would rather read all contents that are referred to than look these up.
_BY_DIGEST = Prepared(
    select(contents.c.digest, contents.c.unreferenced_at).where(
        contents.c.digest.in_([bindparam(place) for place in _PLACES])
    )
)


def rows(
    connection: AsyncConnection,
    new: Mapping[bytes, Content],
    found_by: Mapping[bytes, Sequence[str]],
    *,
    now: datetime,
) -> tuple[NewRows, NewRows]:
    """New contents as rows, and the words that each is found by."""
    each = list(new.values())
    return (
        NewRows(
            contents,
            {
                "digest": list(new),
                "release_id": [content.release_id for content in each],
                "master_id": [content.master_id for content in each],
                "title": [content.title for content in each],
                "year": [content.year for content in each],
                "artists": [content.artists for content in each],
                "labels": [content.labels for content in each],
                "formats": [content.formats for content in each],
                "genres": [content.genres for content in each],
                "styles": [content.styles for content in each],
            },
            {"stored_at": now},
            on_conflict="ON CONFLICT (digest) DO UPDATE SET unreferenced_at = NULL "
            "WHERE release_contents.unreferenced_at IS NOT NULL",
        ),
        search.rows(connection, found_by),
    )


async def load(connection: AsyncConnection, digests: Collection[bytes]) -> dict[bytes, Content]:
    """Contents by digest."""
    if not digests:
        return {}
    query = select(contents).where(contents.c.digest.in_(digests))
    return {row["digest"]: content_of(row) for row in (await connection.execute(query)).mappings()}


def content_of(row: RowMapping) -> Content:
    """A content from a row that has its columns."""
    return Content(
        release_id=row["release_id"],
        master_id=row["master_id"],
        title=row["title"],
        year=row["year"],
        artists=row["artists"],
        labels=row["labels"],
        formats=row["formats"],
        genres=row["genres"],
        styles=row["styles"],
    )


class Part(Struct, frozen=True):
    """Some of all contents: those from one digest on and before another, where there is an end."""

    first: bytes = b""
    end: bytes | None = None


def parts(count: int) -> tuple[Part, ...]:
    """So many parts of about the same size, for digests are evenly spread; together they are all there is."""
    bounds = [(number * _BOUNDS // count).to_bytes(_BOUND_BYTES) for number in range(1, count)]
    return tuple(map(Part, (b"", *bounds), (*bounds, None)))


async def sweep(connection: AsyncConnection, part: Part, *, now: datetime, at_most: int) -> None:
    """Delete what nothing has referred to for a day; and of one part, note since when nothing refers to them.

    To find those, each content of the part is looked for among all records: so a part should be small. Safe beside a writer on another node: what that one has locked is passed over, and what was locked here is looked at again
    before it goes, with everything that was committed meanwhile in sight.
    """
    referred = or_(_refers_to_it(items), _refers_to_it(wants))
    within = [
        contents.c.digest >= part.first,
        *([contents.c.digest < part.end] if part.end is not None else []),
    ]
    mark = (
        select(contents.c.digest)
        .where(
            *within,
            # In a form that has no index: SQLite would read all contents by it, and not the part.
            func.coalesce(contents.c.unreferenced_at, null()).is_(None),
            not_(_refers_to_it(items)),
            not_(_refers_to_it(wants)),
        )
        .order_by(contents.c.digest)
        .limit(at_most)
        .with_for_update(key_share=True, skip_locked=True)
    )
    marked = (await connection.execute(mark)).scalars().all()
    if marked:
        await connection.execute(
            update(contents).where(contents.c.digest.in_(marked)).values(unreferenced_at=now)
        )
    old = (
        select(contents.c.digest)
        .where(contents.c.unreferenced_at < now - UNREFERENCED_KEPT)
        .order_by(contents.c.unreferenced_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    digests = (await connection.execute(old)).scalars().all()
    if not digests:
        return
    ours = contents.c.digest.in_(digests)
    await connection.execute(update(contents).where(ours, referred).values(unreferenced_at=None))
    gone = delete(contents).where(ours, not_(referred)).returning(contents.c.digest)
    await search.forget(connection, (await connection.execute(gone)).scalars().all())


def _refers_to_it(table: Table) -> ColumnElement[bool]:
    return exists().where(table.c.content_digest == contents.c.digest)
