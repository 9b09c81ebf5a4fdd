"""The way to the process of clients that are there: started, told what to do, and ended."""

import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

from rig.idlers import Idlers
from rig.servers import BENCH, Running

T = TypeVar("T")


class Crowd:
    """Clients of a server."""

    def __init__(self, server: Running, stock: Path, tokens: list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rig.idlers"],
            cwd=BENCH,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._write(msgspec.json.encode(Idlers(server.url, str(stock), tokens)).decode())

    def say(self, command: str) -> float:
        """Tell them something; most answer in how many seconds it was done."""
        return self.ask(command, float)

    def ask(self, command: str, kind: type[T]) -> T:
        """Tell them something, and hear what they say."""
        self._write(command)
        assert self._process.stdout is not None
        return msgspec.json.decode(self._process.stdout.readline(), type=kind)

    def leave(self) -> None:
        """All go."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
