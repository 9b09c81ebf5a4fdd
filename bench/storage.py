"""What a user takes in the database, and what a backup of it takes.

    python bench/storage.py [--items 1000 10000] [--databases sqlite postgresql]

A first sync, with the real server and client on loopback and a simulator with a high limit; a fresh database a size. `own` are the
bytes of rows that belong to the user, indexes included; `shared` those of contents and their words, which all users who own a release
have in common. `a look` is what a sync leaves that finds nothing new: its own row stays, the rows of its requests go after
CRATESYNC_RETENTION_DAYS. Prints one JSON object.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from sqlalchemy import text

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from cratesync.server.backup.restoring import restore
from cratesync.server.backup.saving import save
from cratesync.server.clock import SystemClock
from cratesync.server.settings import Settings
from cratesync.server.store.address import default_database_url
from cratesync.server.store.database import Database
from integration.sync.stage import staged
from postgres import create_database, running_postgres

SECONDS_MAX = 900
LIMIT = 9_000
LOOKS = 60
SHARED = ("release_contents", "release_words")
LEFT_BY_A_LOOK = ("discogs_collection_syncs", "discogs_api_requests")
BY_TABLE_SQLITE = """
    SELECT coalesce(parent.tbl_name, dbstat.name), sum(pgsize)
    FROM dbstat LEFT JOIN sqlite_master AS parent ON parent.name = dbstat.name GROUP BY 1"""
BY_TABLE_POSTGRESQL = """
    SELECT relname::text, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"""


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, nargs="+", default=[1000, 10_000])
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    chosen = options.parse_args()
    found = {}
    with running_postgres() as server, tempfile.TemporaryDirectory() as folder:
        for kind in chosen.databases:
            for items in chosen.items:
                place = Path(folder) / f"{kind}-{items}"
                place.mkdir()
                found[f"{kind}, {items} records"] = asyncio.run(measure(kind, items, server, place))
    json.dump(found, sys.stdout, indent=2)
    print()


async def measure(kind, items, server, place):
    url, other = await make(kind, server, place, "one"), await make(kind, server, place, "two")
    before = await sizes(url)
    async with staged(
        url, place, window=1.0, simulated={"limit": LIMIT}, discogs_reserve=0, lease_seconds=60.0
    ) as stage:
        ada = await stage.person(items=items)
        async with ada.client():
            await ada.ended(await ada.start(), seconds=SECONDS_MAX)
            after = await sizes(url)
            for _ in range(LOOKS):
                await ada.ended(await ada.start(), seconds=SECONDS_MAX)
    looked = await sizes(url)
    left = {name: (looked[name] - after[name]) // LOOKS for name in LEFT_BY_A_LOOK}
    grown = {table: after[table] - before.get(table, 0) for table in after}
    own = sum(size for table, size in grown.items() if not table.startswith(SHARED))
    shared = sum(size for table, size in grown.items() if table.startswith(SHARED))
    largest = sorted(grown.items(), key=lambda each: -each[1])[:6]
    return {
        "own": own,
        "shared": shared,
        "own a record": round(own / items),
        "shared a record": round(shared / items),
        "largest": dict(largest),
        "a look": left,
        "backup": await backed_up(url, other, place),
    }


async def make(kind, server, place, name):
    if kind == "sqlite":
        folder = place / name
        folder.mkdir()
        url = default_database_url(folder)
    else:
        url = await create_database(server, f"{place.name}-{name}")
    database = Database(url)
    await database.migrate()
    await database.close()
    return url


async def sizes(url):
    """Bytes by table, indexes included."""
    database = Database(url)
    async with database.write() as connection:
        if database.dialect == "sqlite":
            found = await connection.execute(text(BY_TABLE_SQLITE))
        else:
            await connection.execute(text("ANALYZE"))
            found = await connection.execute(text(BY_TABLE_POSTGRESQL))
        by_table = dict(map(tuple, found))
    await database.close()
    return by_table


async def backed_up(url, other, place):
    settings = Settings(data_dir=place, database_url=url)
    path = place / "backup"
    began = time.perf_counter()
    total = await save(settings, path, with_keys=False)
    saved = time.perf_counter()
    with path.open("rb") as file:
        await restore(
            msgspec.structs.replace(settings, database_url=other),
            file,
            replace=False,
            now=SystemClock().now(),
        )
    restored = time.perf_counter()
    return {
        "bytes": path.stat().st_size,
        "rows": total.rows,
        "seconds to make": round(saved - began, 2),
        "seconds to restore": round(restored - saved, 2),
    }


if __name__ == "__main__":
    main()
