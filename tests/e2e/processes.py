"""The real programs as processes: a simulated Discogs, a server, clients. Whatever they say lands in files of one folder."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

PROGRAM = [sys.executable, "-c", "from cratesync.cli import main; main()"]
PATIENCE_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.02
PASSWORD = "correct horse battery staple"


def eventually(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, what: str = "") -> Any:
    """The first true value of a condition."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"It did not happen within {seconds:g} s: {what}"
        time.sleep(LOOK_EVERY_SECONDS)
    return value


class Program:
    """A process whose output goes to files."""

    def __init__(self, world: "World", name: str, command: Sequence[str], **settings: str) -> None:
        number = world.next_number()
        self.out = world.folder / f"{number:02}-{name}.out"
        self.err = world.folder / f"{number:02}-{name}.err"
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                command,
                env=world.environment(**settings),
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
            )

    @property
    def said(self) -> str:
        return self.out.read_text() + self.err.read_text()

    def said_when(self, part: str, *, seconds: float = PATIENCE_SECONDS) -> str:
        """What it said so far, once this is a part of it."""
        return eventually(lambda: part in self.said and self.said, seconds=seconds, what=part)

    def ends(self, *, seconds: float = PATIENCE_SECONDS) -> int:
        """The exit code."""
        return self.process.wait(seconds)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ends()

    def url(self) -> str:
        """The address that it prints once it listens."""

        def look() -> str | None:
            assert self.process.poll() is None, self.said
            found = re.search(r"http://[\w.:]+", self.out.read_text())
            return found[0] if found else None

        return eventually(look, what="an address")


class World:
    """One Discogs, one server and their files. Everything is ended with the test."""

    def __init__(self, folder: Path, *, window: float = 1.0) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.journal_file = folder / "journal.jsonl"
        self.answers = folder / "answers.txt"
        self.window = window
        self._number = 0
        self._programs: list[Program] = []
        self._settings: dict[str, str] = {}
        self._access: dict[str, str] = {}
        self.discogs_url = self.url = ""

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CRATESYNC_")}
        ours = {
            "DATA_DIR": str(self.data),
            "CLIENT_DIR": str(self.folder / "client"),
            "DISCOGS_URL": self.discogs_url,
            "DISCOGS_WINDOW_SECONDS": str(self.window),
            "SERVER_URL": self.url,
            "PASSWORD": PASSWORD,
        }
        return kept | {f"CRATESYNC_{name}": value for name, value in (ours | settings).items()}

    def start(self, name: str, *arguments: str, **settings: str) -> Program:
        return self.start_command(name, [*PROGRAM, *arguments], **settings)

    def start_command(self, name: str, command: Sequence[str], **settings: str) -> Program:
        program = Program(self, name, command, **settings)
        self._programs.append(program)
        return program

    def simulate(self, *users: str, latency_ms: int = 0, more: tuple[str, ...] = ()) -> Program:
        options = [option for user in users for option in ("--user", user)]
        options += ["--port", "0", "--window", str(self.window), "--latency-ms", str(latency_ms)]
        program = self.start("simulate", "simulate", *options, "--journal", str(self.journal_file), *more)
        self.discogs_url = program.url()
        return program

    def serve(self, **settings: str) -> Program:
        """Start the server; the second time on the same port and with the same settings."""
        port = self.url.rpartition(":")[2] if self.url else "0"
        self._settings |= settings
        program = self.start("serve", "serve", "--port", port, **self._settings)
        self.url = program.url()
        return program

    def client(self, *arguments: str, user: str = "ada", **settings: str) -> Program:
        return self.start(f"client-{arguments[0]}", "client", *arguments, **{"USERNAME": user} | settings)

    def register(self, token: str, user: str = "ada") -> None:
        """An account and its Discogs token."""
        self.sign_up(user)
        self.call("PUT", "/api/users/discogs-token", user, json={"discogsToken": token})

    def sign_up(self, user: str) -> None:
        self.http("POST", "/api/auth/register", json={"username": user, "password": PASSWORD})

    def call(self, method: str, path: str, user: str = "ada", **more: Any) -> Any:
        """An answer of the REST API; every one is kept in a file. A password is dear to check, so one sign-in lasts."""
        answer = self.http(method, path, headers=self._bearer(user), **more)
        if answer.status_code == 401:
            del self._access[user]
            answer = self.http(method, path, headers=self._bearer(user), **more)
        return answer.json() if answer.content else None

    def _bearer(self, user: str) -> dict[str, str]:
        if user not in self._access:
            credentials = {"username": user, "password": PASSWORD}
            self._access[user] = self.http("POST", "/api/auth/login", json=credentials).json()["accessToken"]
        return {"Authorization": f"Bearer {self._access[user]}"}

    def http(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call, kept. Signing in brings tokens of ours, which may stand there."""
        answer = httpx.request(method, self.url + path, timeout=30, **more)
        with self.answers.open("a") as kept:
            kept.write(f"{method} {path} {answer.status_code} {answer.headers!r}\n{answer.text}\n")
        return answer

    def control(self, method: str, path: str, body: Any = None) -> None:
        """Change what the simulator does."""
        answer = httpx.request(method, f"{self.discogs_url}/_simulator{path}", json=body)
        assert answer.is_success, answer.text

    def read_everything(self, user: str = "ada") -> None:
        """Ask the whole API, for the answers' sake."""
        paths = ["/api/users/me", "/api/discogs/rateLimit", "/api/collection?limit=500", "/api/wantlist"]
        paths += ["/api/collection/folders", "/api/collection/fields", "/api/collection/value"]
        for path in paths:
            self.call("GET", path, user)
        for sync in self.call("GET", "/api/discogs/syncs", user)["items"]:
            self.call("GET", f"/api/discogs/syncStatus/{sync['sessionId']}", user)

    def journal(self, part: str = "") -> list[dict[str, Any]]:
        lines = self.journal_file.read_text().splitlines() if self.journal_file.exists() else []
        calls = [json.loads(line) for line in lines if line.endswith("}")]
        return [call for call in calls if part in call["path"]]

    def asked_more_than_once(self) -> set[str]:
        """Without the newest page, which is looked at before a scan and after it."""
        counted = Counter(call["path"] for call in self.journal() if "sort_order=desc" not in call["path"])
        return {path for path, times in counted.items() if times > 1}

    def most_in_a_window(self) -> int:
        """The most slots that Discogs counted in any window."""
        times = [call["monotonic"] for call in self.journal() for _ in range(call["slots"])]
        return max(sum(1 for other in times if at <= other < at + self.window) for at in times)

    def records(self, path: str) -> list[dict[str, Any]]:
        """Every record of a mirror, page by page."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.call("GET", f"{path}?limit=500{cursor and '&cursor='}{cursor}")
            found += page["items"]
            cursor = page["nextCursor"]
        return found

    def accepted(self) -> set[str]:
        """The paths of all requests whose answers the server has committed."""
        with closing(sqlite3.connect(self.data / "cratesync.sqlite3")) as database:
            rows = database.execute("SELECT url FROM discogs_api_requests WHERE status = 'completed'")
            return {url.removeprefix(self.discogs_url) for (url,) in rows}

    def rows(self, table: str) -> int:
        """How many rows a table of the server has."""
        with closing(sqlite3.connect(self.data / "cratesync.sqlite3")) as database:
            return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - a test's own name

    def files_with(self, secret: str) -> list[str]:
        """The files that hold these bytes, in whatever file a program or a test wrote."""
        wanted = secret.encode()
        return [
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and wanted in path.read_bytes()
        ]

    def stop(self) -> None:
        """End every program as a person would."""
        for program in self._programs:
            if program.process.poll() is None:
                program.stop()

    def end(self) -> None:
        for program in self._programs:
            if program.process.poll() is None:
                program.process.kill()
            program.process.wait()
