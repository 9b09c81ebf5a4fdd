"""Whether the server's memory grows with a collection: its resident set after syncs of several sizes.

    python bench/memory.py [--items 3000 20000 50000] [--window 0.5]

Real processes on loopback, a fresh server a size: one first sync and one full sync of the same collection, and the resident
set sampled meanwhile. Reads /proc, so Linux alone. Prints one JSON object, in MiB.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from e2e.processes import PASSWORD, World

SECONDS_MAX = 1800
DISCOGS = "ada-of-the-memory-bench"
LOOK_EVERY_SECONDS = 0.05


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, nargs="+", default=[3000, 20_000, 50_000])
    options.add_argument("--window", type=float, default=0.5)
    chosen = options.parse_args()
    json.dump([measure(items, chosen.window) for items in chosen.items], sys.stdout, indent=2)
    print()


def measure(items: int, window: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), window=window)
        try:
            return _measure(world, items)
        finally:
            world.end()


def _measure(world: World, items: int) -> dict[str, float]:
    world.simulate(f"ada:{DISCOGS}:{items}")
    server = world.serve()
    world.register(DISCOGS)
    # Signed in beforehand: a password's hash takes 64 MiB for a moment, whatever is synced.
    credentials = {"username": "ada", "password": PASSWORD}
    access = world.http("POST", "/api/auth/login", json=credentials).json()["accessToken"]
    start = resident(server.process.pid)
    seconds, samples = [], []
    for again in ((), ("--full",)):
        began = time.monotonic()
        sync = world.client("sync", "--json", *again, CLIENT_TOKEN=access)
        while sync.process.poll() is None:
            samples.append(resident(server.process.pid))
            if time.monotonic() - began > SECONDS_MAX:
                raise TimeoutError(sync.said)
            time.sleep(LOOK_EVERY_SECONDS)
        if sync.process.returncode != 0:
            raise RuntimeError(sync.said)
        seconds.append(round(time.monotonic() - began, 1))
        samples.append(resident(server.process.pid))
    return {
        "items": items,
        "seconds_first": seconds[0],
        "seconds_full": seconds[1],
        "mib_at_start": start,
        "mib_at_end": samples[-1],
        "mib_peak": max(samples),
    }


def resident(pid: int) -> float:
    """The resident set in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise ProcessLookupError(pid)


if __name__ == "__main__":
    main()
