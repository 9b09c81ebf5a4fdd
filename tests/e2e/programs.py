"""Every program a process of its own, on free ports of loopback, with all that they write in one folder."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

from e2e.processes import PASSWORD, PATIENCE_SECONDS, PROGRAM, Program, World, eventually

NOBODY_LISTENS = "http://127.0.0.1:9"
WINDOW_SECONDS = 1.0


def until(condition: Any, what: str) -> Any:
    """The first true value of a condition."""
    return eventually(condition, what=what)


class Programs:
    """A simulated Discogs, a server and clients."""

    def __init__(self, folder: Path) -> None:
        self._world = World(folder)
        self._window = WINDOW_SECONDS

    @property
    def discogs(self) -> str:
        return self._world.discogs_url

    # --- programs ---

    def simulate(
        self,
        *users: str,
        window: float = WINDOW_SECONDS,
        latency_ms: int = 0,
        options: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        self._window = self._world.window = window
        return self._world.simulate(*users, latency_ms=latency_ms, more=options).process

    def serve(self) -> subprocess.Popen[bytes]:
        return self._world.serve().process

    def client(self, user: str, *arguments: str) -> subprocess.Popen[bytes]:
        """A client that is not waited for."""
        return self._start(user, *arguments).process

    def run_client(self, user: str, *arguments: str, said: str = "") -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        done = subprocess.run(
            [*PROGRAM, "client", *arguments],
            env=self._world.environment(**self._as(user)),
            input=said,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        number = self._world.next_number()
        (self._world.folder / f"{number:02}-client-{arguments[0]}.txt").write_text(done.stdout + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def sync(self, user: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        """A whole sync: the exit code and what `--json` says."""
        code, said, error = self.run_client(user, "sync", "--json", *arguments)
        assert said, error
        return code, json.loads(said)

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        process.send_signal(number)
        return process.wait(PATIENCE_SECONDS)

    def stop_all(self) -> None:
        self._world.stop()

    def end(self) -> None:
        self._world.end()

    # --- the server ---

    def join(self, user: str, token: str) -> None:
        """An account with a Discogs token that its own client had checked."""
        self._world.sign_up(user)
        self.run_client(user, "token", said=f"{token}\n")

    def access(self, user: str) -> str:
        """An access token."""
        body = {"username": user, "password": PASSWORD}
        return self.rest("POST", "/api/auth/login", json=body).json()["accessToken"]

    def rest(self, method: str, path: str, access: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {access}"} if access else {}
        return self._world.http(method, path, headers=headers, **more)

    def records(self, user: str, path: str = "/api/collection") -> list[dict[str, Any]]:
        """The whole mirror."""
        access, found, cursor = self.access(user), [], ""
        while cursor is not None:
            page = self.rest("GET", f"{path}?limit=500{cursor}", access).json()
            found += page["items"]
            cursor = f"&cursor={page['nextCursor']}" if page["nextCursor"] else None
        return found

    # --- Discogs ---

    def control(self, method: str, path: str, json: Any = None) -> None:
        self._world.control(method, f"/{path}", json)

    def journal(self) -> list[dict[str, Any]]:
        """What the clients called, by arrival."""
        calls = [call for call in self._world.journal() if call["ip"] == "127.0.0.1"]
        return sorted(calls, key=lambda call: call["monotonic"])

    def pages_served(self) -> list[str]:
        return [call["path"] for call in self.journal() if "/releases?" in call["path"]]

    def asked_twice(self) -> list[str]:
        return sorted(self._world.asked_more_than_once())

    def most_in_a_window(self) -> int:
        """The most calls that arrived within any window."""
        moments = [call["monotonic"] for call in self.journal() for _ in range(call["slots"])]
        return max(
            (sum(1 for other in moments if 0 <= at - other < self._window) for at in moments), default=0
        )

    def everything_written(self) -> bytes:
        """All bytes of all files: database, logs, journal, answers, whatever a program left behind."""
        return self._world.everything_written()

    def _start(self, user: str, *arguments: str) -> Program:
        return self._world.client(*arguments, **self._as(user))

    def _as(self, user: str) -> dict[str, str]:
        return {"USERNAME": user, "SERVER_URL": self._world.url or NOBODY_LISTENS}
