"""How soon everybody is served again after a server process was killed, and whether anything is lost.

    python bench/storm.py [--clients 2000] [--databases sqlite postgresql]

So many people are in the midst of a first sync, each holding one request; half of them have just sent their page when the process is ended
by SIGKILL. It is started anew at once, on its defaults for connections; the clients come back by the headless client's own backoff, say what they hold, and
send what was not acknowledged. Times count from the moment at which the server listens again. Then every item of every page has to be there,
once. Linux alone. Prints a table, and writes bench/results/storm.json.
"""

import argparse
import asyncio
import socket
import tempfile
import time
from pathlib import Path

from msgspec import structs
from rig import pages, people
from rig.counts import count_items
from rig.crowd import Crowd
from rig.files import allow_many_files
from rig.grounds import Ground, ground
from rig.idlers import Returned
from rig.keys import Key
from rig.results import keep, table
from rig.servers import OURS, running

SHEETS, PAGES_EACH = 20, 2
SETTINGS = {"DISCOGS_LIMIT": "600", "DISCOGS_URL": "http://simulator.invalid", "LEASE_SECONDS": "600"}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--clients", type=int, default=2000)
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    chosen = options.parse_args()
    allow_many_files()
    found = {}
    for name in chosen.databases:
        with (
            tempfile.TemporaryDirectory(prefix="cratesync-bench-") as made,
            ground(name, Path(made)) as place,
        ):
            found[name] = measure(Path(made), place, chosen.clients)
    columns = list(next(iter(found.values())))
    print(
        table(
            f"{chosen.clients} clients come back at once",
            ["", *columns],
            [[name, *row.values()] for name, row in found.items()],
        )
    )
    print(f"\nWritten to {keep('storm', found)}.")


def measure(folder: Path, place: Ground, clients: int) -> dict[str, float]:
    key, stock = Key(), pages.make_stock(SHEETS, PAGES_EACH)
    pages.save(stock, folder / "stock")
    tokens = asyncio.run(
        people.fill(place.prepared, key.vault, people=clients, stock=stock, token_checked=True)
    )
    settings = SETTINGS | {"SECRET_KEYS": key.setting, "PORT": str(_free_port())}
    with running(OURS[:-2], folder, place.prepared, **settings) as server:
        crowd = Crowd(server, folder / "stock", tokens)
        crowd.say(f"connect {clients}")
        crowd.say("begin")
        crowd.say("half")
        server.process.kill()
        server.process.wait()
    killed = time.monotonic()
    with running(OURS[:-2], folder, place.prepared, **settings):
        back = time.monotonic()
        returned = crowd.ask(f"storm {back}", Returned)
        crowd.leave()
    lost = clients * pages.PAGE_SIZE - asyncio.run(count_items(place.prepared))
    assert lost == 0, lost
    return {"down_seconds": back - killed, **structs.asdict(returned), "items_lost": lost}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


if __name__ == "__main__":
    main()
