"""What a sync costs: calls at Discogs, and rows written, for a first sync and for each thing that may have happened since; and
how fast the answers of a first, an unchanged and a slightly changed full sync are taken.

    python bench/resync.py [--items 1000 10000 100000] [--window 0.5] [--people 40] [--databases sqlite postgresql]

Calls and rows: real processes on loopback (simulator, server on SQLite, client), a fresh server a size. Rows are counted by triggers in the
server's database. `items` counts calls for pages of the collection, `all` every call; `mirror` counts rows of items and contents,
`feed` those of the change feed, and `books` all the others: requests, pages seen, the sync itself, its pace.

Rates: so many people of 40 pages each, 20 of them at a time, sync one after the other until all are done: for the first time; again,
with nothing changed; and again, with one item of each page rated anew (1 %). The load is that of node.py.

Prints tables, and writes bench/results/resync.json.
"""

import argparse
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from rig import resync_rates
from rig.results import keep, table

from e2e.processes import World

SECONDS_MAX = 1800
DISCOGS = "ada-of-the-resync-bench"
MIRROR = ("collection_items", "release_contents")
FEED = ("changes",)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, nargs="+", default=[1000, 10_000, 100_000])
    options.add_argument("--window", type=float, default=0.5)
    options.add_argument("--people", type=int, default=40)
    options.add_argument("--databases", nargs="*", default=["sqlite", "postgresql"])
    chosen = options.parse_args()
    costs = {str(items): measure(items, chosen.window) for items in chosen.items}
    rates = {name: resync_rates.measure(name, chosen.people) for name in chosen.databases}
    rows = [
        [items, what, *cost["calls"].values(), *cost["rows"].values()]
        for items, of_items in costs.items()
        for what, cost in of_items.items()
    ]
    print(
        table(
            "What a sync costs",
            ["items", "sync", "calls for items", "calls", "mirror", "feed", "books"],
            rows,
        )
    )
    for name, of_database in rates.items():
        columns = list(next(iter(of_database.values())))
        rows = [[what, *row.values()] for what, row in of_database.items()]
        print(table(f"How fast syncs are taken on {name}", ["sync", *columns], rows))
    print(f"\nWritten to {keep('resync', {'costs': costs, 'rates': rates})}.")


def measure(items: int, window: float) -> dict[str, dict[str, dict[str, int]]]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), window=window)
        try:
            world.simulate(f"ada:{DISCOGS}:{items}")
            world.serve()
            world.register(DISCOGS)
            count_writes(world)
            return {
                "first": synced(world),
                "unchanged": synced(world),
                "unchanged, full": synced(world, full=True),
                "one added": synced(world, "add"),
                "one removed": synced(world, "remove"),
                "one edited, full": synced(world, "edit", full=True),
            }
        finally:
            world.end()


def synced(world: World, drift: str | None = None, *, full: bool = False) -> dict[str, object]:
    """One sync, after one thing happened at Discogs."""
    if drift is not None:
        world.control("POST", "/users/ada/drift", {"kind": drift})
    calls, rows = len(world.journal()), written(world)
    sync = world.client("sync", "--json", *(("--full",) if full else ()))
    if sync.ends(seconds=SECONDS_MAX) != 0:
        raise RuntimeError(sync.said)
    summary = json.loads(sync.out.read_text())["summary"]
    made = world.journal()[calls:]
    new = {table: count - rows[table] for table, count in written(world).items()}
    return {
        "calls": {"items": sum("/folders/0/releases" in call["path"] for call in made), "all": len(made)},
        "rows": {
            "mirror": sum(new[table] for table in MIRROR),
            "feed": sum(new[table] for table in FEED),
            "books": sum(count for table, count in new.items() if table not in (*MIRROR, *FEED)),
        },
        "seconds": summary["seconds"],
        "found": {what: summary[what] for what in ("added", "updated", "removed") if summary[what]},
        "verified": summary["verified"],
    }


def count_writes(world: World) -> None:
    """From now on every row written is counted, by table."""
    with closing(_database(world)) as database, database:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'release_words%'"
        )
        names = [name for (name,) in tables]
        database.execute(
            "CREATE TABLE rows_written (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID"
        )
        for name in names:
            database.execute("INSERT INTO rows_written VALUES (?, 0)", (name,))
            for event in ("INSERT", "UPDATE", "DELETE"):
                database.execute(
                    f"CREATE TRIGGER written_{name}_{event} AFTER {event} ON {name} BEGIN "  # noqa: S608 - our own names
                    f"UPDATE rows_written SET number = number + 1 WHERE name = '{name}'; END"
                )


def written(world: World) -> dict[str, int]:
    with closing(_database(world)) as database:
        return dict(database.execute("SELECT name, number FROM rows_written"))


def _database(world: World) -> sqlite3.Connection:
    return sqlite3.connect(world.data / "cratesync.sqlite3", timeout=30)


if __name__ == "__main__":
    main()
