"""What a page costs while a mirror grows, and while the tables do.

    python bench/growth.py [--databases sqlite postgresql] [--pages 1000] [--users 1000] [--rounds 1]

One client of `cratesync serve` reads a first sync to the end, with four calls in flight: the cost of a page after the first 1,000 items, and before the
last of 100,000. Then so many users' data are put into the tables (300 items each, by SQL), and somebody who is new reads as many pages
as were read at the start. `ratio` is to the first row; CPU is the server's and the database's. Linux alone. Prints a table, and writes
bench/results/growth.json.
"""

# ruff: noqa: S608 - the names in the statements are our own
import argparse
import asyncio
import tempfile
from pathlib import Path

from msgspec import structs
from rig import pages, people
from rig.grounds import Ground, ground
from rig.keys import Key
from rig.load import Load, Mark
from rig.loading import run
from rig.results import keep, table
from rig.servers import OURS, running
from sqlalchemy import text
from sqlalchemy.engine import URL

from cratesync.server.store.database import Database

WARM_PAGES = 20
FIRST = 10  # pages before the first row: 1,000 items
STRETCH = 100
COPIED_ITEMS = 300
# So short a window that the ledger holds about 60 calls at this speed, as it does at everybody's.
SETTINGS = {"DISCOGS_LIMIT": "10000", "DISCOGS_WINDOW_SECONDS": "2", "MESSAGES_PER_SECOND_MAX": "10000"}
SETTINGS |= {"DISCOGS_URL": "http://simulator.invalid"}
COPIED = {
    "collection_items": "instance_id",
    "changes": "seq",
}  # each by the column that says which come first


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--users", type=int, default=1000)
    chosen = options.parse_args()
    found = {name: measure(name, chosen) for name in chosen.databases}
    for name, rows in found.items():
        columns = ("pages", "cpu_ms", "ms", "cpu_ratio")
        print(
            table(
                f"What a page costs on {name}",
                ["", *columns],
                [[what, *(row[c] for c in columns)] for what, row in rows.items()],
            )
        )
    print(f"\nWritten to {keep('growth', found)}.")


def measure(name: str, chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="cratesync-bench-") as made, ground(name, Path(made)) as place:
        folder, key = Path(made), Key()
        stock = pages.make_stock(chosen.pages, chosen.pages)
        pages.save(stock, folder / "stock")
        tokens = asyncio.run(
            people.fill(
                place.prepared,
                key.vault,
                people=4 + chosen.users,
                stock=stock,
                token_checked=True,
                share=False,
            )
        )
        last = chosen.pages - STRETCH
        settings = SETTINGS | {"SECRET_KEYS": key.setting}
        first = _read(folder, place, tokens, settings, 0, (FIRST, FIRST + STRETCH, last, chosen.pages))
        asyncio.run(_copy(place.prepared))
        other = _read(folder, place, tokens, settings, 2, (FIRST, FIRST + STRETCH))
        rows = {
            "at 1,000 items of one user": _cost(first[0], first[1]),
            f"up to {chosen.pages * pages.PAGE_SIZE:,} items": _cost(first[2], first[3]),
            f"beside {chosen.users:,} users": _cost(other[0], other[1]),
        }
        base = next(iter(rows.values()))["cpu_ms"]
        return {what: row | {"cpu_ratio": row["cpu_ms"] / base} for what, row in rows.items()}


def _read(
    folder: Path,
    place: Ground,
    tokens: list[str],
    settings: dict[str, str],
    person: int,
    marks: tuple[int, ...],
) -> list[Mark]:
    with running(OURS, folder, place.prepared, **settings) as server:
        load = Load(
            url=server.url,
            stock=str(folder / "stock"),
            tokens=tokens,
            clients=1,
            seconds=0,
            in_flight=4,
            server_pid=server.pid,
            database_pid=place.pid,
            first_person=person + 1,
            marks=(WARM_PAGES,),
        )
        run(load)  # of somebody else: what a process does once is no part of a page's cost
        return run(structs.replace(load, first_person=person, marks=marks)).marks


def _cost(start: Mark, end: Mark) -> dict[str, float]:
    count = end.pages - start.pages
    cpu = end.server_cpu - start.server_cpu + end.database_cpu - start.database_cpu
    return {"pages": count, "cpu_ms": cpu / count * 1000, "ms": (end.at - start.at) / count * 1000}


async def _copy(url: URL) -> None:
    """Everybody but the first four gets the first items of the first, and the feed on them."""
    database = Database(url)
    try:
        async with database.write() as connection:
            first = "(SELECT id FROM users WHERE username_key = 'bench000000')"
            for name, place in COPIED.items():
                columns = (await connection.execute(text(f"SELECT * FROM {name} LIMIT 1"))).keys()
                read = ", ".join("u.id" if column == "user_id" else f"i.{column}" for column in columns)
                some = f"SELECT * FROM {name} WHERE user_id = {first} ORDER BY {place} LIMIT {COPIED_ITEMS}"
                await connection.execute(
                    text(
                        f"INSERT INTO {name} ({', '.join(columns)}) SELECT {read} FROM ({some}) AS i "
                        "CROSS JOIN users AS u WHERE u.username_key > 'bench000003'"
                    )
                )
            await connection.execute(text("ANALYZE"))
    finally:
        await database.close()


if __name__ == "__main__":
    main()
