"""How fast the answers of first, unchanged and changed syncs are taken."""

import asyncio
import tempfile
from pathlib import Path

from rig import pages, people
from rig.grounds import ground
from rig.keys import Key
from rig.load import Load, Report
from rig.loading import run
from rig.servers import OURS, running

SHEETS, PAGES_EACH = 200, 40
CLIENTS = 20
# So short a window that ledgers hold about 60 calls at this speed, as they do at everybody's.
SETTINGS = {
    "DISCOGS_LIMIT": "600",
    "DISCOGS_WINDOW_SECONDS": "15",
    "DISCOGS_URL": "http://simulator.invalid",
    "MESSAGES_PER_SECOND_MAX": "10000",
}
SYNCS = (("first", 0), ("unchanged, full", 0), ("1 % changed, full", 1))


def measure(name: str, count: int) -> dict[str, dict[str, float]]:
    """On one kind of database: pages a second, their cost, and how many times as fast as the first sync each is."""
    with tempfile.TemporaryDirectory(prefix="cratesync-bench-") as made, ground(name, Path(made)) as place:
        folder, key = Path(made), Key()
        stock = pages.make_stock(SHEETS, PAGES_EACH)
        pages.save(stock, folder / "stock")
        tokens = asyncio.run(
            people.fill(place.prepared, key.vault, people=count, stock=stock, token_checked=True)
        )
        found: dict[str, dict[str, float]] = {}
        with running(OURS, folder, place.prepared, SECRET_KEYS=key.setting, **SETTINGS) as server:
            for what, edition in SYNCS:
                load = Load(
                    url=server.url,
                    stock=str(folder / "stock"),
                    tokens=tokens,
                    clients=min(CLIENTS, count),
                    seconds=0,
                    server_pid=server.pid,
                    database_pid=place.pid,
                    to_the_end=True,
                    edition=edition,
                )
                found[what] = _figures(run(load))
        first = found["first"]["pages_per_second"]
        return {what: row | {"ratio": row["pages_per_second"] / first} for what, row in found.items()}


def _figures(report: Report) -> dict[str, float]:
    cpu = report.server_cpu + report.database_cpu
    return {
        "pages_per_second": report.fresh / report.seconds,
        "cpu_ms": cpu / max(1, report.answers) * 1000,
        "ack_p50_ms": report.ack_p50,
    }
