"""How long the read API takes over a large mirror, on both databases.

    python bench/reading.py [--items 50000] [--rounds 7]

The real server in this process, called over HTTP on loopback, with the simulator's invented records put straight into the mirror.
Prints one JSON object: the median in milliseconds, its ratio to what we aim at (1.0 is just kept), and the processor's time in this
process, which tells more on a busy machine (SQLite works in it, PostgreSQL does not).
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from sqlalchemy import text
from sqlalchemy.engine import URL

from cratesync.providers.discogs import records
from cratesync.server.clock import SystemClock
from cratesync.server.settings import Settings
from cratesync.simulator.catalog import Catalog
from cratesync.simulator.users import Users
from integration.mirror.shelf import Shelf
from postgres import create_database, running_postgres
from running_server import running_server

RECORDS_AT_ONCE = 1000
PAGE_MS, SEARCH_MS, FACETS_MS = 50, 100, 500
SORTS = ("key", "added", "artist", "title", "year", "label", "rating")
SEARCHES = ("s", "summer", "vinyl good plus", "the of in a")
FILTERS = ("genre=Rock", "format=LP&decade=1970", "genre=Rock&sort=artist")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=50_000)
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args()
    with redirect_stdout(sys.stderr):  # the server's log
        found = measure_both(chosen)
    json.dump(found, sys.stdout, indent=2)
    print()


def measure_both(chosen):
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres:
        sqlite = URL.create("sqlite+inline", database=f"{folder}/bench.sqlite3")
        postgresql = asyncio.run(create_database(postgres, "reading"))
        return {
            "items": chosen.items,
            "sqlite": asyncio.run(measure(sqlite, Path(folder), chosen)),
            "postgresql": asyncio.run(measure(postgresql, Path(folder), chosen)),
        }


async def measure(url, folder, chosen):
    async with running_server(
        Settings(data_dir=folder, database_url=url, calls_per_second_max=100_000), SystemClock()
    ) as server:
        caller = await server.register()
        await fill(Shelf.of_caller(server, caller), chosen.items)
        if url.get_backend_name() == "postgresql":
            async with server.server.database.write() as connection:
                await connection.execute(text("ANALYZE"))  # as autovacuum does
        figures = {}
        for sort in SORTS:
            first = f"/api/collection?sort={sort}"
            figures[f"first page by {sort}"] = await timed(caller, first, chosen.rounds, PAGE_MS)
            deep = await deep_page(caller, first, chosen.items)
            figures[f"deep page by {sort}"] = await timed(caller, deep, chosen.rounds, PAGE_MS)
            last = f"{first}&skip={chosen.items - 100}"
            figures[f"last page by {sort}"] = await timed(caller, last, chosen.rounds, PAGE_MS)
        for query in SEARCHES:
            figures[f"search {query!r}"] = await timed(
                caller, f"/api/collection?q={query}", chosen.rounds, SEARCH_MS
            )
        for query in FILTERS:
            figures[query] = await timed(caller, f"/api/collection?{query}", chosen.rounds, SEARCH_MS)
        for what in ("facets", "facets?genre=Rock&decade=1970", "statistics"):
            figures[what] = await timed(caller, f"/api/collection/{what}", chosen.rounds, FACETS_MS)
        return figures


async def fill(shelf, number):
    """The simulator's collection of that size."""
    user = Users(Catalog(1), lambda: 0).add("ada", "ada-of-the-reading-bench", items=number)
    keys = list(user.collection.instance_ids())
    for start in range(0, number, RECORDS_AT_ONCE):
        some = [user.collection.item(key) for key in keys[start : start + RECORDS_AT_ONCE]]
        await shelf.put(
            *(records.item(item.wire(owner=True, public_fields=frozenset())) for item in some if item)
        )


async def deep_page(caller, first, number):
    """Where a walk is after four fifths of the list, as it would be by pages of 500."""
    at = f"{first}&limit=500"
    cursor = ""
    for _ in range(number * 4 // 5 // 500):
        cursor = f"&cursor={(await caller.get(at + cursor)).json()['nextCursor']}"
    return first + cursor


async def timed(caller, path, rounds, aim):
    taken, worked = [], []
    for _ in range(rounds):
        began, began_work = time.perf_counter(), time.process_time()
        answer = await caller.get(path)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - began_work) * 1000)
        assert answer.status_code == 200, answer.text
    median = statistics.median(taken)
    return {
        "ms": round(median, 1),
        "ratio": round(median / aim, 2),
        "processor_ms": round(statistics.median(worked), 1),
    }


if __name__ == "__main__":
    main()
