"""Whether an export's memory grows with the mirror: the server's resident set while each format is fetched slowly.

    python bench/export_memory.py [--items 10000 100000] [--pause-ms 2]

The real server as a process, on SQLite, with a mirror that is put straight into its database; a fresh process for each format, since
memory that was taken is seldom given back. Meanwhile `/health/live` is asked again and again: the longest wait for it says for how
long an export holds others up. Reads /proc, so Linux alone. Prints one JSON object a run, in MiB, seconds and milliseconds.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

sys.path.append(str(Path(__file__).parents[1] / "tests"))
sys.path.append(str(Path(__file__).parent))

from memory import resident

from cratesync.engine.records import Artist, Format, Label
from cratesync.server.store.address import default_database_url
from cratesync.server.store.database import Database
from e2e.processes import PASSWORD, World
from mirrored import FIELDS, FOLDERS, beside, content, item, mirror, user_id_of

FORMATS = ("csv", "jsonl", "xlsx", "sqlite")
LOOK_EVERY_SECONDS = 0.02
PAGE_RECORDS = 5_000


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--pause-ms", type=float, default=2.0, help="after each part that was read")
    chosen = options.parse_args()
    for items in chosen.items:
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder))
            try:
                fill(world, items)
                for wanted in FORMATS:
                    print(
                        json.dumps(
                            {"items": items, "format": wanted}
                            | measure(world, wanted, chosen.pause_ms / 1000)
                        ),
                        flush=True,
                    )
            finally:
                world.end()


def fill(world: World, items: int) -> None:
    """An account, and its mirror."""
    server = world.serve()
    world.sign_up("ada")
    user_id = user_id_of(access(world))

    async def put() -> None:
        database = Database(default_database_url(world.data))
        await beside(database, user_id, FOLDERS, FIELDS)
        for first in range(1, items + 1, PAGE_RECORDS):
            numbers = range(first, min(first + PAGE_RECORDS, items + 1))
            await mirror(database, user_id, "collection", (copy(number) for number in numbers))
        await database.close()

    asyncio.run(put())
    server.stop()


def copy(number: int):
    """About as much as a record from Discogs says."""
    what = content(
        number,
        title=f"Harbour Lights At Dawn, Volume {number}",
        artists=tuple(
            Artist(id=each, name=f"The Lanterns ({number})", anv="", join="&", role="", tracks="")
            for each in range(1 + number % 3)
        ),
        labels=(Label(number % 997, f"Tidewater {number % 997}", f"TW {number}"),),
        formats=(Format("Vinyl", "1", "Sea Green", ("LP", "Album", "Reissue", "Stereo")),),
        styles=("Nordic", "Contemporary Jazz"),
    )
    return item(
        number,
        of=what,
        thumb=f"https://i.discogs.com/{number:0150}.jpeg",
        cover_image=f"https://i.discogs.com/{number:0150}.jpeg",
    )


def access(world: World) -> str:
    credentials = {"username": "ada", "password": PASSWORD}
    return world.http("POST", "/api/auth/login", json=credentials).json()["accessToken"]


def measure(world: World, wanted: str, pause: float) -> dict[str, float]:
    server = world.serve()
    headers = {"Authorization": f"Bearer {access(world)}"}
    start, samples, waits = resident(server.process.pid), [], []
    over = threading.Event()

    def look() -> None:
        with httpx.Client(base_url=world.url) as http:
            while not over.wait(LOOK_EVERY_SECONDS):
                asked = time.monotonic()
                http.get("/health/live").raise_for_status()
                waits.append((time.monotonic() - asked) * 1000)
                samples.append(resident(server.process.pid))

    looking = threading.Thread(target=look)
    looking.start()
    began, first, size = time.monotonic(), 0.0, 0
    with httpx.stream(
        "GET", f"{world.url}/api/collection/export?format={wanted}", headers=headers, timeout=600
    ) as answer:
        assert answer.status_code == 200, answer.read()
        for part in answer.iter_raw():
            first = first or time.monotonic() - began
            size += len(part)
            time.sleep(pause)
    seconds = time.monotonic() - began
    over.set()
    looking.join()
    server.stop()
    waits.sort()
    return {
        "mib": round(size / 2**20, 1),
        "seconds_to_first_byte": round(first, 2),
        "seconds": round(seconds, 1),
        "mib_at_start": start,
        "mib_peak": max(samples),
        "mib_growth": round(max(samples) - start, 1),
        "ms_wait_median": round(waits[len(waits) // 2], 1),
        "ms_wait_longest": round(waits[-1], 1),
    }


if __name__ == "__main__":
    main()
