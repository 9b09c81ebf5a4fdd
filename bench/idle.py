"""What a connected client costs in memory: while it does nothing, and half a minute after a page of its records was taken.

    python bench/idle.py [--clients 1000 10000] [--paging 1000] [--rest 30]

`cratesync serve` on PostgreSQL (SQLite would keep its own cache of the database in the process, up to 40 MiB whoever is there) and real sockets, each of another person who may fetch; the clients are a process of their own. Counted is what the
server's proportional set (and its resident set) grows by, per client, from where it stood after a hundred clients had come and gone.
So it is without the sockets' buffers, which are the kernel's. Linux alone. Prints a table, and writes bench/results/idle.json.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from rig import pages, people, usage
from rig.crowd import Crowd
from rig.files import allow_many_files
from rig.grounds import Ground, ground
from rig.keys import Key
from rig.results import keep, table
from rig.servers import OURS, Running, running

SHEETS, PAGES_EACH = 20, 20
WARM_CLIENTS = 100
SETTLE_SECONDS = 5.0
SETTINGS = {
    "DISCOGS_LIMIT": "600",
    "DISCOGS_URL": "http://simulator.invalid",
    "UNAUTHENTICATED_CONNECTIONS_MAX": "1000",
    "AUTHENTICATE_SECONDS": "60",
}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--clients", type=int, nargs="+", default=[1000, 10_000])
    options.add_argument("--paging", type=int, default=1000)
    options.add_argument("--rest", type=float, default=30.0)
    chosen = options.parse_args()
    allow_many_files()
    with (
        tempfile.TemporaryDirectory(prefix="cratesync-bench-") as made,
        ground("postgresql", Path(made)) as place,
    ):
        found = measure(Path(made), place, chosen)
    columns = ("clients", "what", "pss_kib", "rss_kib", "seconds")
    rows = [[row[column] for column in columns] for row in found]
    print(table("Memory for each connected client", columns, rows))
    print(f"\nWritten to {keep('idle', found)}.")


def measure(folder: Path, place: Ground, chosen: argparse.Namespace) -> list[dict[str, object]]:
    key, stock = Key(), pages.make_stock(SHEETS, PAGES_EACH)
    pages.save(stock, folder / "stock")
    tokens = asyncio.run(
        people.fill(
            place.prepared,
            key.vault,
            people=max(*chosen.clients, chosen.paging, WARM_CLIENTS),
            stock=stock,
            token_checked=True,
        )
    )
    found: list[dict[str, object]] = []
    with running(OURS, folder, place.prepared, SECRET_KEYS=key.setting, **SETTINGS) as server:
        _warm(server, folder, tokens)
        before = usage.memory_kib(server.pid)
        crowd = Crowd(server, folder / "stock", tokens)
        for count in sorted({*chosen.clients, chosen.paging}):
            seconds = crowd.say(f"connect {count}")
            time.sleep(SETTLE_SECONDS)
            found.append(_row(server, before, count, "idle", seconds))
            if count == chosen.paging:
                seconds = crowd.say("page")
                found.append(_row(server, before, count, "just after a page", seconds))
                time.sleep(chosen.rest)
                found.append(_row(server, before, count, f"{chosen.rest:g} s after a page", seconds))
                before = _less(usage.memory_kib(server.pid), found[-3], count)
        crowd.leave()
    return found


def _warm(server: Running, folder: Path, tokens: list[str]) -> None:
    """What is loaded once, whoever comes, is no client's."""
    crowd = Crowd(server, folder / "stock", tokens)
    crowd.say(f"connect {WARM_CLIENTS}")
    crowd.leave()
    time.sleep(SETTLE_SECONDS)


def _row(server: Running, before: dict[str, int], count: int, what: str, seconds: float) -> dict[str, object]:
    now = usage.memory_kib(server.pid)
    grown = {f"{name}_kib": round((now[name] - before[name]) / count, 1) for name in now}
    return {"clients": count, "what": what, "seconds": round(seconds, 1), **grown}


def _less(now: dict[str, int], idle: dict[str, object], count: int) -> dict[str, int]:
    """Where it would stand without the clients that are there: what the pages left behind is none of the idle ones that follow."""
    return {name: round(kib - float(str(idle[f"{name}_kib"])) * count) for name, kib in now.items()}


if __name__ == "__main__":
    main()
