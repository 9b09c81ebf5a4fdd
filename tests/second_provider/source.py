"""A Shelfside to sync from: an HTTP server of its own, written from the (invented) API and not from the provider.

It counts calls in a moving window by their arrival, turns away whoever makes too many, and keeps a journal of every call.
"""

import json
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

Entry = dict[str, Any]


class Served(NamedTuple):
    """One call. `authorization` is the whole header as it came."""

    monotonic: float
    path: str
    status: int
    authorization: str | None
    slots: int = 1


class Keeper:
    """Somebody's account there: copies and wishes, oldest first, known by growing numbers."""

    def __init__(self, name: str, number: int, token: str, *, copies: int, wishes: int) -> None:
        self.name, self.number, self.token = name, number, token
        self.rooms = [{"number": 1, "name": "Attic"}, {"number": 2, "name": "Hall"}]
        self.copies: list[Entry] = []
        self.wishes: list[Entry] = []
        for _ in range(copies):
            self.buy()
        for _ in range(wishes):
            self.wish()

    def buy(self) -> Entry:
        number = 1 + max((copy["copy"] for copy in self.copies), default=9000)
        # Every third is a second copy of the same release.
        release = _release(number - number % 3)
        since = f"2024-03-{1 + number % 28:02}"
        copy = {
            "copy": number,
            "release": release,
            "room": 1 + number % 2,
            "stars": number % 6,
            "since": since,
        }
        self.copies.append(copy)
        return copy

    def wish(self) -> Entry:
        number = 1 + max((wish["release"]["number"] for wish in self.wishes), default=500)
        wish = {"release": _release(number), "remark": f"first pressing, {number}", "since": "2025-01-01"}
        self.wishes.append(wish)
        return wish


def _release(number: int) -> Entry:
    return {
        "number": number,
        "title": f"Größe No. {number}",
        "by": ["Ada & the Nulls", f"Band {number % 7}"],
        "year": None if number % 5 == 0 else 1950 + number % 70,
        "medium": ("LP", "7-inch", "Cassette")[number % 3],
    }


class Shelfside:
    """`limit` calls in any `window_seconds`, whoever makes them."""

    def __init__(self, *, limit: int, window_seconds: float) -> None:
        self.limit, self.window_seconds = limit, window_seconds
        self.journal: list[Served] = []
        self.keepers: list[Keeper] = []
        self.redirects: dict[str, str] = {}
        """Paths by how they end, and where such calls are sent instead."""
        self.faults: dict[int, int] = {}
        """Of the calls for a list from now on, the n-th is answered with this status."""
        self.slips: set[int] = set()
        """Of the calls for a list from now on, the n-th shows the last record of the page before once more."""
        self._lists_asked = 0
        self._generation = 0
        self._counted: list[float] = []
        self._lock = threading.Lock()

    def keeper(self, name: str, token: str, *, copies: int = 0, wishes: int = 0) -> Keeper:
        keeper = Keeper(name, 70 + len(self.keepers), token, copies=copies, wishes=wishes)
        self.keepers.append(keeper)
        return keeper

    def fail(self, status: int, *, nth: int) -> None:
        """The n-th call for a list from now on comes to nothing."""
        self._lists_asked, self.faults = 0, {nth: status}

    def slip(self, *, nth: int) -> None:
        """The n-th call for a list from now on shows a record that the page before has shown."""
        self._lists_asked, self.slips = 0, {nth}

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on loopback while inside; gives the base URL."""
        source = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                status, headers, body = source.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The journal is the log."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            serving = threading.Thread(target=server.serve_forever, args=(0.01,))
            serving.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/v2"
            finally:
                server.shutdown()
                serving.join()

    def answer(self, target: str, authorization: str | None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; entered into the journal."""
        with self._lock:
            now = time.monotonic()
            self._counted = [at for at in self._counted if at > now - self.window_seconds]
            if len(self._counted) >= self.limit:
                status, more, body = 429, {}, {"problem": "slow_down"}
            else:
                self._counted.append(now)
                status, more, body = self._say(target, authorization)
            self.journal.append(Served(now, target, status, authorization))
            left = self.limit - len(self._counted)
        quota = {"X-Quota-Limit": str(self.limit), "X-Quota-Left": str(left)}
        return (
            status,
            {"Content-Type": "application/json", **quota, **more},
            json.dumps(body, ensure_ascii=False).encode(),
        )

    def _say(self, target: str, authorization: str | None) -> tuple[int, dict[str, str], Entry]:
        asked = urlsplit(target)
        for ending, elsewhere in self.redirects.items():
            if asked.path.endswith(ending):
                return 302, {"Location": elsewhere + asked.path}, {}
        me = next((keeper for keeper in self.keepers if authorization == f"Bearer {keeper.token}"), None)
        if me is None:
            return 401, {}, {"problem": "who_are_you"}
        match asked.path.split("/")[1:]:
            case ["v2", "me"]:
                return 200, {}, {"keeper": me.name, "number": me.number}
            case ["v2", "keepers", name, what] if name == me.name:
                return self._list(me, what, {key: values[0] for key, values in parse_qs(asked.query).items()})
            case _:
                return 404, {}, {"problem": "nobody_here"}

    def _list(self, me: Keeper, what: str, query: dict[str, str]) -> tuple[int, dict[str, str], Entry]:
        if what == "rooms":
            return 200, {}, {"keeper": me.name, "rooms": me.rooms}
        self._lists_asked += 1
        if (fault := self.faults.pop(self._lists_asked, None)) is not None:
            # 410: all cursors are forgotten.
            self._generation += fault == 410
            return fault, {}, {"problem": "on_purpose"}
        entries = {entry.get("copy", entry["release"]["number"]): entry for entry in getattr(me, what)}
        begins_after = -1
        if "after" in query:
            generation, _, number = urlsafe_b64decode(query["after"] + "==").decode().partition(":")
            if int(generation) != self._generation:
                return 410, {}, {"problem": "cursor_expired"}
            begins_after = int(number) - (self._lists_asked in self.slips)
        rest = sorted(number for number in entries if number > begins_after)
        shown = rest[: int(query["limit"])]
        cursor = f"{self._generation}:{shown[-1]}".encode() if len(shown) < len(rest) else None
        after = None if cursor is None else urlsafe_b64encode(cursor).decode().rstrip("=")
        return 200, {}, {"keeper": me.name, "entries": [entries[number] for number in shown], "next": after}
