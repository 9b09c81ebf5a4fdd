"""The servers that are measured, as processes: ours as `cratesync serve` starts it, and the conventional one beside it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from sqlalchemy.engine import URL

BENCH = Path(__file__).parents[1]
START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 30.0

OURS = [sys.executable, "-c", "from cratesync.cli import main; main()", "serve", "--port", "0"]
BASELINE = [sys.executable, "-m", "baseline.server"]


class Running(Struct):
    """A server that listens."""

    url: str
    pid: int
    process: subprocess.Popen[bytes]


@contextmanager
def running(command: list[str], folder: Path, database: URL, **settings: str) -> Iterator[Running]:
    """Start it, wait until it says where it listens, and stop it at the end."""
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=BENCH, env=_environment(folder, database, settings), stdout=out, stderr=out
        )
    try:
        yield Running(_address(process, log), process.pid, process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(folder: Path, database: URL, settings: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRATESYNC_")}
    plain = database.set(drivername=database.get_backend_name()).render_as_string(hide_password=False)
    ours = {"DATA_DIR": str(folder), "DATABASE_URL": plain} | settings
    return kept | {f"CRATESYNC_{name}": value for name, value in ours.items()}


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        found = re.search(r"http://[\d.]+:\d+", log.read_text())
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(log.read_text())
