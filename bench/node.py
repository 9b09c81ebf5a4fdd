"""What one server process does in a second: answers fully stored, their cost, and how long a client waits.

    python bench/node.py [--databases sqlite postgresql] [--subjects bare ours baseline] [--rounds 3] [--seconds 8] [--profile]

Three subjects in turn, each on a fresh copy of one prepared database: ours (`cratesync serve`); a conventional server that does
the same (bench/baseline); and the bare statement, which writes the same rows and does nothing else (bench/rig/bare.py). The load is a process of its own: real syncs
of people who sync for the first time, from identity to end, with answers made beforehand, of whose releases 30 % are new to the database.
`saturated`: 50 clients that answer as soon as they are asked. `paced`: 100 clients with an answer a second each, come what may.

`pages` counts answers that held 100 items which are new to their user, `answers` all (the side matters, and the newest page, which is
looked at twice); CPU is the server's and the database's, for each answer. `--profile` looks at our server meanwhile (py-spy, which needs
the right to trace) and writes what it saw beside the figures. Linux alone. Prints a table, and writes bench/results/node.json.
"""

import argparse
import asyncio
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path

from rig import bare, pages, people
from rig.counts import count_items
from rig.grounds import Ground, ground
from rig.keys import Key
from rig.load import Load, Report
from rig.loading import run
from rig.profile import profiled
from rig.results import RESULTS, keep, median_of, table
from rig.servers import BASELINE, OURS, Running, running
from sqlalchemy.engine import URL

SHEETS, PAGES_EACH, PEOPLE = 200, 40, 1200
PACED_CLIENTS, SATURATING_CLIENTS = 100, 50
WINDOW_SECONDS = 60.0
PACED_RATE = 100.0
COLUMNS = (
    "answers_per_second",
    "pages_per_second",
    "cpu_ms",
    "database_cpu_ms",
    "ack_p50_ms",
    "ack_p99_ms",
    "next_p50_ms",
    "next_p99_ms",
)
CAPTURED_CLIENTS, CAPTURED_SECONDS = 4, 2.0
IN_FLIGHT = 12
SETTINGS = {
    # The pace is opened up, so that it holds nobody back; the ledgers are as long as those of people who wait for it.
    "DISCOGS_LIMIT": "600",
    "DISCOGS_WINDOW_SECONDS": str(WINDOW_SECONDS),
    "DISCOGS_URL": "http://simulator.invalid",
    "MESSAGES_PER_SECOND_MAX": "10000",
    # Whoever comes while the server is saturated waits his turn, as everybody does.
    "AUTHENTICATE_SECONDS": "60",
}
SUBJECTS = ("bare", "ours", "baseline")
# The conventional one cannot keep a pace of a hundred a second, and the bare statement has none.
RUNS = (("bare", "saturated"), ("ours", "saturated"), ("baseline", "saturated"), ("ours", "paced"))


def main() -> None:
    chosen = _options().parse_args()
    found = {name: measure(name, chosen) for name in chosen.databases}
    for name, figures in found.items():
        print(_table(name, figures))
    print(f"\nWritten to {keep('node', found)}.")


def measure(name: str, chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """All subjects in turn, so often, on one kind of database: the medians, and how ours compares in each round."""
    rounds: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="cratesync-bench-") as made, ground(name, Path(made)) as place:
        stage = Stage(Path(made), place)
        for number in range(chosen.rounds):
            seen = {}
            for subject, kind in RUNS:
                if subject in chosen.subjects and kind in chosen.kinds:
                    figures = stage.measure(subject, kind, chosen, profile=chosen.profile and number == 0)
                    print(f"{name} {subject} {kind}: {figures}", file=sys.stderr, flush=True)
                    seen[f"{subject}, {kind}"] = figures
            for what, figures in (seen | _compared(seen)).items():
                rounds.setdefault(what, []).append(figures)
    return {what: median_of(several) for what, several in rounds.items()}


def _compared(seen: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """How many times as much ours does, and how many times as much it costs."""
    ours, found = seen.get("ours, saturated"), {}
    for other in ("bare", "baseline"):
        theirs = seen.get(f"{other}, saturated")
        if ours and theirs:
            found[f"ours / {other}"] = {
                "pages_per_second": ours["pages_per_second"] / theirs["pages_per_second"],
                "cpu_ms": ours["cpu_ms"] / theirs["cpu_ms"],
            }
    return found


class Stage:
    """A prepared database, and the answers that were made beforehand."""

    def __init__(self, folder: Path, place: Ground) -> None:
        self._folder = folder
        self._place = place
        self._stock = folder / "stock"
        self._key = Key()
        stock = pages.make_stock(SHEETS, PAGES_EACH)
        pages.save(stock, self._stock)
        self._tokens = asyncio.run(
            people.fill(
                place.prepared,
                self._key.vault,
                people=PEOPLE,
                stock=stock,
                window_seconds=WINDOW_SECONDS,
            )
        )

    def measure(
        self, subject: str, kind: str, chosen: argparse.Namespace, *, profile: bool
    ) -> dict[str, float]:
        """One round of one subject, on a copy of its own."""
        copy = self._place.copy()
        try:
            if subject == "bare":
                return asyncio.run(self._write_bare(self._written, copy, chosen))
            command = OURS if subject == "ours" else BASELINE
            return self._serve(command, copy, kind, chosen, profile=profile and subject == "ours")
        finally:
            self._place.drop(copy)

    async def _write_bare(self, written: URL, copy: URL, chosen: argparse.Namespace) -> dict[str, float]:
        if self._place.name == "sqlite":
            return await bare.on_sqlite(written, copy, chosen.seconds)
        return await bare.on_postgresql(written, copy, chosen.seconds, self._place.pid)

    @cached_property
    def _written(self) -> URL:
        """A database that our server left in the midst of syncs: the bare statement writes the same rows."""
        written = self._place.copy()
        with self._server(OURS, written) as server:
            self._load(server, clients=CAPTURED_CLIENTS, seconds=CAPTURED_SECONDS)
        return written

    def _serve(
        self, command: list[str], copy: URL, kind: str, chosen: argparse.Namespace, *, profile: bool
    ) -> dict[str, float]:
        paced = kind == "paced"
        with self._server(command, copy) as server:
            name = f"node-{self._place.name}-{kind}.profile.txt"
            looking = profiled(server.pid, RESULTS / name) if profile else nullcontext()
            with looking:
                report = self._load(
                    server,
                    clients=PACED_CLIENTS if paced else SATURATING_CLIENTS,
                    seconds=chosen.seconds,
                    rate=chosen.rate if paced else None,
                )
        stored = asyncio.run(count_items(copy))
        # What was acknowledged is stored. Of a connection that was closed more may be stored than was acknowledged.
        acknowledged = report.stored * pages.PAGE_SIZE
        assert stored == acknowledged or (report.dropped and stored > acknowledged), (stored, acknowledged)
        for told in report.dropped:
            print(f"dropped: {told}", file=sys.stderr)
        return figures_of(report)

    def _server(self, command: list[str], database: URL) -> AbstractContextManager[Running]:
        return running(command, self._folder, database, SECRET_KEYS=self._key.setting, **SETTINGS)

    def _load(self, server: Running, *, clients: int, seconds: float, rate: float | None = None) -> Report:
        load = Load(
            url=server.url,
            stock=str(self._stock),
            tokens=self._tokens,
            clients=clients,
            seconds=seconds,
            rate=rate,
            in_flight=1 if rate is None else IN_FLIGHT,
            server_pid=server.pid,
            database_pid=self._place.pid,
        )
        return run(load)


def figures_of(report: Report) -> dict[str, float]:
    """What is told of a report."""
    answers = max(1, report.answers)
    return {
        "answers_per_second": report.answers / report.seconds,
        "pages_per_second": report.fresh / report.seconds,
        "cpu_ms": (report.server_cpu + report.database_cpu) / answers * 1000,
        "server_cpu_ms": report.server_cpu / answers * 1000,
        "database_cpu_ms": report.database_cpu / answers * 1000,
        "load_cpu_ms": report.load_cpu / answers * 1000,
        "ack_p50_ms": report.ack_p50,
        "ack_p99_ms": report.ack_p99,
        "next_p50_ms": report.next_p50,
        "next_p99_ms": report.next_p99,
        "late_p99_ms": report.late_p99,
        "welcome_p50_ms": report.welcome_p50,
        "missed": report.missed,
        "syncs_ended": report.syncs,
        "dropped": len(report.dropped),
    }


def _table(name: str, figures: dict[str, dict[str, float]]) -> str:
    rows = [[what, *(row.get(column) for column in COLUMNS)] for what, row in figures.items()]
    return table(
        f"One server process on {name}", ["", *(column.replace("_", " ") for column in COLUMNS)], rows
    )


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument("--subjects", nargs="+", choices=SUBJECTS, default=list(SUBJECTS))
    options.add_argument("--kinds", nargs="+", choices=("saturated", "paced"), default=["saturated", "paced"])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=8.0)
    options.add_argument("--rate", type=float, default=PACED_RATE)
    options.add_argument("--profile", action="store_true")
    return options


if __name__ == "__main__":
    main()
