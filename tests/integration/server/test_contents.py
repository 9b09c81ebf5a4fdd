"""Contents that nothing refers to are swept, and never from under a record that is being written on another node."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from cratesync.engine.records import Content
from cratesync.server.clock import HandClock
from cratesync.server.store import contents as store
from cratesync.server.store.contents import UNREFERENCED_KEPT, Part, parts
from cratesync.server.store.database import Database
from cratesync.server.store.search import matching
from cratesync.server.store.tables import contents
from cratesync.server.store.writing import write

CONTENT = Content(release_id=1, title="Autobahn", year=1974)
DIGEST = CONTENT.digest()
EVERYTHING = Part()
NOW = HandClock().now()
LATER = NOW + UNREFERENCED_KEPT + timedelta(seconds=1)


@pytest.fixture
async def another_node(database, database_url):
    """A second way to the same database; on SQLite there is but one."""
    if database.dialect == "sqlite":
        yield database
        return
    other = Database(database_url)
    yield other
    await other.close()


async def put(connection, *, now):
    """As a page does that has it."""
    new = await store.missing(connection, {DIGEST: CONTENT})
    await write(connection, *store.rows(connection, new, dict.fromkeys(new, ("autobahn",)), now=now))


async def keep(database, *, now):
    async with database.write() as connection:
        await put(connection, now=now)


async def sweep(database, *, now):
    async with database.write() as connection:
        await store.sweep(connection, EVERYTHING, now=now, at_most=100)


async def kept(database):
    async with database.read() as connection:
        return set((await connection.execute(select(contents.c.digest))).scalars())


async def found(database, word):
    async with database.read() as connection:
        return set((await connection.execute(matching(connection, [word]))).scalars())


async def test_what_nothing_refers_to_is_swept_after_a_day_with_its_words(database):
    await keep(database, now=NOW)
    await sweep(database, now=NOW)
    assert await kept(database) == await found(database, "autobahn") == {DIGEST}
    await sweep(database, now=LATER)

    assert await kept(database) == await found(database, "autobahn") == set()


async def test_a_day_begins_anew_when_somebody_writes_it_again(database):
    await keep(database, now=NOW)
    await sweep(database, now=NOW)
    await keep(database, now=LATER)
    await sweep(database, now=LATER)
    assert await kept(database) == {DIGEST}
    await sweep(database, now=LATER + UNREFERENCED_KEPT / 2)

    assert await kept(database) == await found(database, "autobahn") == {DIGEST}


@pytest.mark.parametrize("count", [1, 2, 720])
def test_every_digest_is_in_one_part(count):
    digests = [bytes(16), b"\xff" * 16, *(bytes([byte, 0x80, *range(14)]) for byte in range(256))]
    for digest in digests:
        holding = [
            part for part in parts(count) if part.first <= digest and (part.end is None or digest < part.end)
        ]
        assert len(holding) == 1


async def test_a_sweep_looks_at_its_part_alone(database):
    many = {content.digest(): content for content in (Content(release_id=number) for number in range(200))}
    async with database.write() as connection:
        await write(connection, *store.rows(connection, many, dict.fromkeys(many, ("word",)), now=NOW))
    swept = set()
    for number, part in enumerate(parts(4), 1):
        later = NOW + number * (UNREFERENCED_KEPT + timedelta(seconds=1))
        async with database.write() as connection:
            await store.sweep(connection, part, now=later, at_most=1000)
            unreferenced = select(contents.c.digest).where(contents.c.unreferenced_at == later)
            found = set((await connection.execute(unreferenced)).scalars())
        assert 20 < len(found) < 80
        assert not found & swept
        swept |= found

    assert swept == set(many)
    assert (
        await kept(database) == found
    )  # the others were unreferenced for a day when the next part was looked at


async def test_a_sweep_passes_over_what_a_writer_on_another_node_is_about_to_refer_to(database, another_node):
    await keep(database, now=NOW)
    await sweep(database, now=NOW)
    async with another_node.write() as writer:
        await put(writer, now=LATER)
        sweeping = asyncio.create_task(sweep(database, now=LATER))
        if database.dialect == "postgresql":  # on SQLite it waits for the writer
            await asyncio.wait_for(sweeping, timeout=10)
    await sweeping

    assert await kept(database) == await found(database, "autobahn") == {DIGEST}


async def test_a_writer_waits_for_a_sweep_on_another_node_and_stores_anew_what_that_deleted(
    database, another_node
):
    await keep(database, now=NOW)
    await sweep(database, now=NOW)
    async with another_node.write() as sweeper:
        await store.sweep(sweeper, EVERYTHING, now=LATER, at_most=100)
        writing = asyncio.create_task(keep(database, now=LATER))
        done, _ = await asyncio.wait({writing}, timeout=0.05)
        assert not done
    await writing

    assert await kept(database) == await found(database, "autobahn") == {DIGEST}
