"""Weeks of a server at home in minutes: does anything grow?

    python bench/soak.py [--weeks 4] [--hour 1.0] [--items 600]

The real server with its own client as a child and a simulated Discogs, all real processes on loopback. Nobody does anything
after the first sync: the schedule does. The server's wall clock runs fast (an hour of it takes `--hour` seconds), and so does
the wait after a client has come; everything else goes at its real pace. Once a fast day a record is added at Discogs and another is removed. The server is asked for its
resident set (MiB), file handles and asyncio tasks, its client for the first two. Prints one JSON object a week, and ends with 1
where a sync failed, one was left out, or something grew. Reads /proc, so Linux alone.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

import httpx

from cratesync.engine import schedule
from cratesync.server.app import Server
from cratesync.server.clock import SystemClock
from cratesync.server.listener import Listener, open_socket, stopping_on_signals
from cratesync.server.log import configure_logging
from cratesync.server.own_client import own_client
from cratesync.server.secret_keys import SecretKeyFile
from cratesync.server.serving import COLLECTED_EVERY
from cratesync.server.settings import Settings
from e2e.processes import PASSWORD, World, eventually

DISCOGS = "ada-of-the-soak-bench"
SYNCS_A_WEEK = 28
GROWTH_ALLOWED_MIB = 8.0


class FastClock:
    """A wall that runs fast; leases and the pace keep their real time."""

    def __init__(self, hour_seconds: float) -> None:
        self._machine = SystemClock()
        self._start = datetime.now(UTC)
        self._begun = time.monotonic()
        self._factor = 3600 / hour_seconds

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._begun) * self._factor)

    def steady(self) -> float:
        return self._machine.steady()


async def serve(hour_seconds: float) -> None:
    """What `cratesync serve --with-client` does, on a fast clock; a line of figures on standard output for each one read."""
    # The wait after a client has come goes by steady time, which is not fast here.
    schedule.AFTER_CONNECTING = schedule.CONNECTIONS_SPREAD = timedelta(seconds=30 * hour_seconds / 3600)
    settings = Settings.from_environment(os.environ)
    configure_logging("json")
    keys = SecretKeyFile(settings.data_dir).read_or_create()
    server = Server(settings, FastClock(hour_seconds), keys)
    with open_socket("127.0.0.1", 0) as listening:
        await server.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        listener = Listener(server, listening, own_client(server, url, os.environ))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTED_EVERY)
        print(url, flush=True)
        async with stopping_on_signals(listener):
            telling = asyncio.create_task(_tell(hour_seconds))
            await listener.serve()
            telling.cancel()
        await server.stop()


async def _tell(hour_seconds: float) -> None:
    while True:
        await asyncio.sleep(hour_seconds)
        gc.collect()
        (Path(os.environ["CRATESYNC_DATA_DIR"]) / "tasks").write_text(str(len(asyncio.all_tasks())))


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--weeks", type=int, default=4)
    options.add_argument("--hour", type=float, default=1.0)
    options.add_argument("--items", type=int, default=600)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        asyncio.run(serve(chosen.hour))
        return
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), window=1.0)
        try:
            sys.exit(watch(world, chosen.weeks, chosen.hour, chosen.items))
        finally:
            world.end()


def watch(world: World, weeks: int, hour: float, items: int) -> int:
    world.simulate(f"ada:{DISCOGS}:{items}")
    script = [sys.executable, __file__, "--serve", "--hour", str(hour)]
    server = world.start_command("soak", script)
    world.url = server.url()
    world.sign_up("ada")
    wanted = {"name": "the bench", "scopes": ["read", "sync", "account"]}
    # Access tokens of minutes would not last for two calls on this clock.
    access = call(world, sign_in(world), "POST", "/api/auth/tokens", wanted)["token"]
    call(world, access, "PUT", "/api/users/discogs-token", {"discogsToken": DISCOGS})
    session = call(world, access, "POST", "/api/discogs/syncCollection", {"syncType": "collection"})[
        "sessionId"
    ]
    eventually(
        lambda: call(world, access, "GET", f"/api/discogs/syncStatus/{session}")["completedAt"],
        what="the first sync",
    )
    began = time.monotonic()
    weekly = []
    for day in range(1, weeks * 7 + 1):
        world.control("POST", "/users/ada/drift", {"kind": "add"})
        world.control("POST", "/users/ada/drift", {"kind": "remove"})
        time.sleep(max(0.0, began + day * 24 * hour - time.monotonic()))
        if server.process.poll() is not None:
            raise RuntimeError(server.said)
        if day % 7 == 0:
            weekly.append({"week": day // 7} | figures(world, access, server.process.pid))
            json.dump(weekly[-1], sys.stdout)
            print(flush=True)
    failures = judge(weekly)
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def figures(world: World, access: str, pid: int) -> dict[str, object]:
    syncs, cursor = [], ""
    while cursor is not None:
        page = call(world, access, "GET", f"/api/discogs/syncs?limit=100{cursor}")
        syncs += page["items"]
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
    scheduled = [sync for sync in syncs if sync["origin"] == "schedule"]
    mirror = call(world, access, "GET", "/api/collection?limit=1")
    child = next(int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return {
        "scheduled": len(scheduled),
        "failed": sum(sync["status"] == "failed" for sync in scheduled),
        "overdue": mirror["mirror"]["overdue"],
        "records": mirror["total"],
        "server_mib": resident(pid),
        "server_files": open_files(pid),
        "server_tasks": int((world.data / "tasks").read_text()),
        "client_mib": resident(child),
        "client_files": open_files(child),
        "database_mib": round(sum(file.stat().st_size for file in world.data.glob("*.sqlite3*")) / 2**20, 2),
    }


def judge(weekly: list[dict]) -> list[str]:
    """What is wrong. The first week fills caches, so growth is measured from its end."""
    first, last = weekly[0], weekly[-1]
    wrong = [f"{last['failed']} scheduled syncs failed"] if last["failed"] else []
    for week in weekly:
        due = SYNCS_A_WEEK * week["week"]
        # The last may be about to start; and once a week the client gets a new token, which takes hours on this clock.
        if not due - 1 - week["week"] <= week["scheduled"] <= due:
            wrong.append(f"{week['scheduled']} scheduled syncs after {week['week']} weeks")
    allowed = dict.fromkeys(("server_mib", "client_mib"), GROWTH_ALLOWED_MIB)
    allowed |= dict.fromkeys(("server_files", "client_files", "server_tasks"), 2)
    wrong.extend(
        f"{name} grew from {first[name]} to {last[name]}"
        for name, growth in allowed.items()
        if last[name] - first[name] > growth
    )
    return wrong


def resident(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line)
    return round(int(line.split()[1]) / 1024, 1)


def open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def sign_in(world: World) -> str:
    answer = httpx.post(f"{world.url}/api/auth/login", json={"username": "ada", "password": PASSWORD})
    return str(answer.json()["accessToken"])


def call(world: World, access: str, method: str, path: str, body: object = None) -> dict:
    headers = {"Authorization": f"Bearer {access}"}
    answer = httpx.request(method, world.url + path, json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


if __name__ == "__main__":
    main()
