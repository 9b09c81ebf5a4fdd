"""How much of the quota a headless sync uses: its wall time against the best schedule that the limit allows, and against the ways by
which collections are fetched today.

    python bench/quota.py [--pages 12 100 600] [--window 20] [--latency-ms 100] [--items 1000 10000] [--users 50]

Real processes on loopback (simulator, server, client), one sync a size. The best schedule sends all of the sync's requests,
in their order, at no cost, as soon as the limit less the reserve and less what is kept for people lets each of them go.

Beside it, against a simulator of the same window each: python3-discogs-client as documented, and a loop of one call every 1.2 seconds; and for so
many users of 1,000 items a server that fetches for all of them from one address. Their waits are scaled like the window, and so
are the seconds that are printed: they are those of a window of 60. Ours fetches for each user from that user's own address, so many
take as long as one. Prints tables, and writes bench/results/quota.json.
"""

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from rig import others
from rig.results import keep, table

LIMIT = 60
RESERVE = 2
KEPT_FOR_PEOPLE = LIMIT // 30


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--pages", type=int, nargs="+", default=[12, 100, 600])
    options.add_argument("--window", type=float, default=20.0)
    options.add_argument("--latency-ms", type=int, default=100)
    options.add_argument("--database-url", default=None)
    options.add_argument("--items", type=int, nargs="*", default=[1000, 10_000])
    options.add_argument("--users", type=int, default=50)
    options.add_argument("--crowd-window", type=float, default=3.0)
    chosen = options.parse_args()
    rows = [
        measure(pages, window=chosen.window, latency_ms=chosen.latency_ms, database_url=chosen.database_url)
        for pages in chosen.pages
    ]
    shares = {"limit": LIMIT, "reserve": RESERVE, "kept_for_people": KEPT_FOR_PEOPLE}
    side_by_side = compare(chosen)
    shown = ("pages", "calls", "best_seconds", "wall_seconds", "ratio", "throttled")
    print(
        table(
            f"Ours, in a window of {chosen.window:g} s",
            shown,
            [[row[column] for column in shown] for row in rows],
        )
    )
    columns = ("what", "calls", "throttled", "seconds_of_60s_windows")
    print(table("Side by side", columns, [[row[column] for column in columns] for row in side_by_side]))
    print(
        f"\nWritten to {keep('quota', {**shares, 'window_seconds': chosen.window, 'runs': rows, 'side_by_side': side_by_side})}."
    )


def compare(chosen: argparse.Namespace) -> list[dict[str, object]]:
    """The other ways, each with ours before it."""
    scale = chosen.window / 60
    latency = chosen.latency_ms * scale
    found: list[dict[str, object]] = []
    for items in chosen.items:
        ours = measure(
            items // 100, window=chosen.window, latency_ms=round(latency), database_url=chosen.database_url
        )
        wall = float(str(ours["wall_seconds"]))
        found.append(_row(f"ours, {items:,} items", ours["calls"], ours["throttled"], wall / scale))
        with simulated({"bench": items}, chosen.window, latency) as (url, tokens, journal):
            wall = others.by_the_library(url, tokens["bench"], items, scale)
            found.append(_row(f"python3-discogs-client, {items:,} items", *_counted(journal), wall / scale))
        with simulated({"bench": items}, chosen.window, latency) as (url, tokens, journal):
            wall = others.by_a_calm_loop(url, "bench", tokens["bench"], items, scale)
            found.append(_row(f"one call every 1.2 s, {items:,} items", *_counted(journal), wall / scale))
    scale = chosen.crowd_window / 60
    people = {f"bench{number}": 1000 for number in range(chosen.users)}
    with simulated(people, chosen.crowd_window, chosen.latency_ms * scale) as (url, tokens, journal):
        wall = others.by_one_server(url, tokens, 1000, scale)
        found.append(
            _row(f"one server for {chosen.users} users of 1,000 items", *_counted(journal), wall / scale)
        )
    return found


def _row(what: str, calls: object, throttled: object, seconds: float) -> dict[str, object]:
    return {"what": what, "calls": calls, "throttled": throttled, "seconds_of_60s_windows": round(seconds, 1)}


def _counted(journal: Path) -> tuple[int, int]:
    calls = [json.loads(line) for line in journal.read_text().splitlines()]
    return len(calls), sum(1 for call in calls if call["status"] == 429)


@contextmanager
def simulated(
    people: dict[str, int], window: float, latency_ms: float
) -> Iterator[tuple[str, dict[str, str], Path]]:
    """A Discogs with these people (by name, with so many items): its URL, their tokens, and its journal."""
    with tempfile.TemporaryDirectory(prefix="cratesync-bench-") as made:
        folder, port = Path(made), free_port()
        tokens = {name: secrets.token_urlsafe(24) for name in people}
        users = [
            part for name, items in people.items() for part in ("--user", f"{name}:{tokens[name]}:{items}")
        ]
        journal = folder / "journal.jsonl"
        options = (
            "--limit",
            str(LIMIT),
            "--window",
            str(window),
            "--latency-ms",
            str(latency_ms),
            "--journal",
            str(journal),
        )
        with running(dict(os.environ), folder / "log", "simulate", "--port", str(port), *users, *options):
            wait_for(f"http://127.0.0.1:{port}/_simulator/state")
            yield f"http://127.0.0.1:{port}", tokens, journal


def measure(pages: int, *, window: float, latency_ms: int, database_url: str | None) -> dict[str, object]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cratesync-bench-")))
        discogs, server = free_port(), free_port()
        token = secrets.token_urlsafe(24)
        environment = os.environ | {
            "CRATESYNC_DATA_DIR": str(folder / "server"),
            "CRATESYNC_CLIENT_DIR": str(folder / "client"),
            "CRATESYNC_DISCOGS_URL": f"http://127.0.0.1:{discogs}",
            "CRATESYNC_DISCOGS_LIMIT": str(LIMIT),
            "CRATESYNC_DISCOGS_RESERVE": str(RESERVE),
            "CRATESYNC_DISCOGS_WINDOW_SECONDS": str(window),
            "CRATESYNC_PORT": str(server),
            "CRATESYNC_SERVER_URL": f"http://127.0.0.1:{server}",
            "CRATESYNC_USERNAME": "bench",
            "CRATESYNC_PASSWORD": secrets.token_urlsafe(12),
        }
        if database_url:
            environment["CRATESYNC_DATABASE_URL"] = database_url
        journal = folder / "journal.jsonl"
        simulate = (
            "simulate",
            "--port",
            str(discogs),
            "--user",
            f"bench:{token}:{pages * 100}",
            "--limit",
            str(LIMIT),
        )
        simulate += ("--window", str(window), "--latency-ms", str(latency_ms), "--journal", str(journal))
        stack.enter_context(running(environment, folder / "simulator.log", *simulate))
        stack.enter_context(running(environment, folder / "server.log", "serve"))
        wait_for(f"http://127.0.0.1:{server}/health/ready")
        wait_for(f"http://127.0.0.1:{discogs}/_simulator/state")
        call(environment, "client", "login", "--register")
        call(environment, "client", "token", words=token)
        began = time.monotonic()
        done = json.loads(call(environment, "client", "sync", "--full", "--json"))
        wall = time.monotonic() - began
        calls = [json.loads(line) for line in journal.read_text().splitlines()]
        paths = [served["path"] for served in calls]
        best = best_schedule(len(calls), window)
        return {
            "pages": pages,
            "window_seconds": window,
            "calls": len(calls),
            "status": done["status"],
            "best_seconds": best,
            "wall_seconds": round(wall, 2),
            "ratio": round(wall / best, 3) if best else None,
            "within_1.05_plus_2s": wall <= 1.05 * best + 2,
            "throttled": sum(1 for served in calls if served["status"] == 429),
            "asked_twice": len(old := [path for path in paths if "sort_order=desc" not in path])
            - len(set(old)),
            "first_call_after_seconds": round(calls[0]["monotonic"] - began, 2),
            "last_call_after_seconds": round(calls[-1]["monotonic"] - began, 2),
            "most_in_a_window": most_in_a_window([served["monotonic"] for served in calls], window),
        }


def best_schedule(calls: int, window: float) -> float:
    """When the last of so many calls could leave at the earliest."""
    return (calls - 1) // (LIMIT - RESERVE - KEPT_FOR_PEOPLE) * window


def most_in_a_window(arrivals: list[float], window: float) -> int:
    arrivals = sorted(arrivals)
    return max(sum(1 for other in arrivals if at <= other < at + window) for at in arrivals)


@contextmanager
def running(environment: dict[str, str], log: Path, *arguments: str):
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cratesync", *arguments], env=environment, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def call(environment: dict[str, str], *arguments: str, words: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cratesync", *arguments],
        env=environment,
        input=words,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit(f"{url} did not come up")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


if __name__ == "__main__":
    main()
