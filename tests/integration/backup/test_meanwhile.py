"""A backup that is made while a sync writes holds one moment, and a server that begins with it goes on from there."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from cratesync.server.secret_keys import SecretKeyFile
from cratesync.server.store.tables import changes, discogs_sync, items, requests, syncs
from cratesync.simulator import Simulator, SimulatorConfig
from integration.server.test_commands import run
from integration.sync.stage import ENDED, Stage
from running_server import running_server

WINDOW_SECONDS = 1.0
RECORDS = 1_200
SLOW, FAST = 4, 60  # so that it is not over before a backup of it was made
BACKUPS = 2


@asynccontextmanager
async def stage_at(place, simulator, discogs_url, clock, *, limit):
    """A server with what this place holds, its keys included, that makes so many calls a second."""
    settings = {
        "discogs_url": discogs_url,
        "discogs_window_seconds": WINDOW_SECONDS,
        "discogs_limit": limit,
    }
    chosen = type(place.settings)(data_dir=place.folder, database_url=place.url, **settings)
    keys = SecretKeyFile(place.folder).read_or_create()
    async with running_server(chosen, clock, keys) as running:
        yield Stage(running, simulator, discogs_url, place.folder)


async def backup(place, number):
    """By the command, in a process of its own, so that the sync goes on."""
    path = place.folder / f"backup-{number}"
    address = place.url.render_as_string(hide_password=False)
    done = await asyncio.to_thread(
        run, place.folder, "backup", "--with-keys", str(path), DATABASE_URL=address
    )
    assert done.returncode == 0, done.stderr
    return path


def column(rows, table, name):
    """What the rows of a table have there."""
    at = [each.name for each in table.columns].index(name)
    return [row[at] for row in rows[table.name]]


def assert_one_moment(rows):
    """Records, their changes, the count of changes and what the sync says of itself are of the same transaction."""
    (counted,) = column(rows, discogs_sync, "change_seq")
    seqs = column(rows, changes, "seq")
    assert sorted(seqs) == list(range(counted - len(seqs) + 1, counted + 1))
    assert sorted(column(rows, items, "instance_id")) == sorted(column(rows, changes, "key"))
    (said,) = column(rows, syncs, "completed_requests")
    assert column(rows, requests, "status").count("completed") == said


def answered_pages(rows):
    """The pages that need not be asked for again; the newest is looked at twice in any sync."""
    urls = zip(column(rows, requests, "status"), column(rows, requests, "url"), strict=True)
    paths = {f"{urlsplit(url).path}?{urlsplit(url).query}" for status, url in urls if status == "completed"}
    return {path for path in paths if "sort_order=asc" in path}


async def test_it_holds_one_moment_and_a_server_goes_on_from_there(place, new_place, clock):
    simulator = Simulator(SimulatorConfig(limit=FAST, window_seconds=WINDOW_SECONDS))
    there = await new_place(place.url.get_backend_name().partition("+")[0])
    async with simulator.serving() as discogs_url:
        async with stage_at(place, simulator, discogs_url, clock, limit=SLOW) as stage:
            ada = await stage.person(items=RECORDS)
            async with ada.client():
                session = await ada.start()
                await ada.until(session, lambda status: status["completedRequests"] > 7)
                backups = [await backup(place, number) for number in range(BACKUPS)]

        counts = []
        for path in backups:
            await there.restore(path, replace=True)
            rows = await there.rows()
            assert_one_moment(rows)
            counts.append(len(rows[items.name]))
        assert counts == sorted(counts)
        assert 0 < counts[0] < RECORDS

        await there.restore(backups[0], replace=True)
        answered = answered_pages(await there.rows())
        simulator.journal.clear()
        async with stage_at(there, simulator, discogs_url, clock, limit=FAST) as stage:
            ada.stage = stage
            ada.caller = stage.running.with_token(ada.caller.token)
            assert (await ada.status(session))["status"] not in ENDED
            async with ada.client(name="another"):
                assert (await ada.ended(session))["status"] == "completed"
            await ada.assert_mirrors()
            assert answered
            assert not answered & {call.path for call in stage.calls()}
