"""One stage for a sync: the real server on a database, the simulator, and real clients, all in the test's own process.

Nothing here sleeps for a guessed time: whoever waits, waits for a condition, and for a bounded time.
"""

import asyncio
import itertools
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from websockets.asyncio.client import connect

from cratesync.client.headless import Setup, headless
from cratesync.client.secret import Secret
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import ClientSettings
from cratesync.protocol.messages import SyncComplete, SyncError, SyncProgress
from cratesync.protocol.upstream import Upstream
from cratesync.server.clock import Clock, SystemClock
from cratesync.server.settings import Settings
from cratesync.server.store.tables import metadata
from cratesync.simulator import Served, Simulator, SimulatorConfig, User
from running_server import Caller, RunningServer, running_server

PATIENCE_SECONDS = 12.0
LOOK_EVERY_SECONDS = 0.05
ENDED = ("completed", "failed", "cancelled")
PAGES = {"collection": "/collection/folders/0/releases", "wantlist": "/wants"}
SIDES = ("/folders", "/fields", "/value")
CANARY = "canary-Token-that-nobody-writes-down"
ONLOOKER = "127.0.0.250"
"""Where the test's own calls at the simulator come from: they are no part of what is measured."""

Status = dict[str, Any]


async def eventually(
    condition: Callable[[], Awaitable[object]], *, seconds: float = PATIENCE_SECONDS, what: str = ""
) -> Any:
    """The first true value of a condition."""
    try:
        async with asyncio.timeout(seconds):
            while not (value := await condition()):  # noqa: ASYNC110 - it lies in a database
                await asyncio.sleep(LOOK_EVERY_SECONDS)
    except TimeoutError:
        raise AssertionError(f"It did not happen within {seconds:g} s: {what or condition}") from None
    return value


class Stage:
    """Server and simulator, side by side."""

    def __init__(self, running: RunningServer, simulator: Simulator, discogs_url: str, folder: Path) -> None:
        self.running = running
        self.server = running.server
        self.simulator = simulator
        self.discogs_url = discogs_url
        self.folder = folder

    async def person(
        self, name: str = "ada", *, items: int = 0, wants: int = 0, recording: Path | None = None
    ) -> "Person":
        """Somebody with an account here and one at Discogs, and the token saved."""
        token = f"{CANARY}-{name}-0123456789"
        if recording is None:
            user = self.simulator.add_user(name, token, items=items, wants=wants)
        else:
            user = self.simulator.load_user(name, token, recording)
        person = Person(self, await self.running.register(name), user, token)
        saved = await person.save_token()
        assert saved == {
            "message": "Discogs token saved; it is checked as soon as a client is connected",
            "tokenValid": None,
        }
        return person

    def calls(self, part: str = "", *, status: int | None = None) -> list[Served]:
        """What clients called whose path holds this part, by arrival."""
        served = [
            call
            for call in self.simulator.journal
            if part in call.path and call.ip != ONLOOKER and status in (None, call.status)
        ]
        return sorted(served, key=lambda call: call.monotonic)

    def asked_again(self) -> list[str]:
        """What was asked for more than once without need; the newest page is looked at before a scan and after it."""
        paths = [call.path for call in self.calls() if "sort_order=desc" not in call.path]
        return sorted({path for path in paths if paths.count(path) > 1})

    async def rows(self, table: Table, *conditions: Any, order_by: Any = None) -> list[dict[str, Any]]:
        """Rows as they are in the database."""
        query = select(table).where(*conditions)
        if order_by is not None:
            query = query.order_by(order_by)
        async with self.server.database.read() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    def assert_paced(self) -> None:
        """Never more than the limit in any window, by the times of arrival, and nobody was turned away."""
        config = self.simulator.config
        assert not [call for call in self.calls() if call.status == 429 and call.fault is None]
        worst = most_in_any_window(self.calls(), config.window_seconds)
        assert worst <= config.limit, f"{worst} calls in one window, seed {config.seed}"


def most_in_any_window(calls: Iterable[Served], window_seconds: float) -> int:
    """The most slots used in any half-open window of that length."""
    used = [call.monotonic for call in calls for _ in range(call.slots)]
    worst = first = 0
    for last, arrived in enumerate(used):
        while used[first] <= arrived - window_seconds:
            first += 1
        worst = max(worst, last - first + 1)
    return worst


class Person:
    """Somebody's account, seen from both sides."""

    def __init__(self, stage: Stage, caller: Caller, user: User, token: str) -> None:
        self.stage = stage
        self.caller = caller
        self.discogs = user
        self.token = token
        self._numbers = itertools.count(1)

    # --- what a person does ---

    async def save_token(self, token: str | None = None) -> Status:
        answer = await self.caller.put("/api/users/discogs-token", {"discogsToken": token or self.token})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def start(
        self, kind: str = "collection", *, full: bool = False, page_limit: int | None = None
    ) -> str:
        """Start a sync: its session id."""
        answer = await self.try_to_start(kind, full=full, page_limit=page_limit)
        assert answer.status_code == 202, answer.text
        assert answer.json()["status"] == "initiated"
        return answer.json()["sessionId"]

    async def try_to_start(
        self, kind: str = "collection", *, full: bool = False, page_limit: int | None = None
    ) -> httpx.Response:
        body = {"syncType": kind, "fullSync": full, "pageLimit": page_limit}
        return await self.caller.post("/api/discogs/syncCollection", body)

    async def steer(self, session_id: str, how: str, body: object = None) -> httpx.Response:
        """cancel, pause, resume, retry or confirmRemovals."""
        return await self.caller.post(f"/api/discogs/syncs/{session_id}/{how}", body)

    async def sync(
        self, kind: str = "collection", *, full: bool = False, page_limit: int | None = None
    ) -> Status:
        """A whole sync by whatever client is connected: how it ended."""
        return await self.ended(await self.start(kind, full=full, page_limit=page_limit))

    async def synced(
        self, kind: str = "collection", *, full: bool = False, page_limit: int | None = None
    ) -> Status:
        """The summary of a sync that must complete; only its own calls stand in the journal afterwards."""
        self.stage.simulator.journal.clear()
        status = await self.sync(kind, full=full, page_limit=page_limit)
        assert status["status"] == "completed", status
        return status["summary"]

    # --- what a person sees ---

    async def status(self, session_id: str) -> Status:
        answer = await self.caller.get(f"/api/discogs/syncStatus/{session_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ended(self, session_id: str, *, seconds: float = PATIENCE_SECONDS) -> Status:
        """How a sync ended."""

        async def look() -> Status | None:
            status = await self.status(session_id)
            return status if status["status"] in ENDED else None

        return await eventually(look, seconds=seconds, what=f"the end of {session_id}")

    async def until(
        self, session_id: str, condition: Callable[[Status], object], *, seconds: float = PATIENCE_SECONDS
    ) -> Status:
        """The first status that fulfils a condition."""

        async def look() -> Status | None:
            status = await self.status(session_id)
            return status if condition(status) else None

        return await eventually(look, seconds=seconds, what=f"a status of {session_id}")

    async def mirror(self, kind: str = "collection", *, limit: int = 500) -> list[Status]:
        """Every record of the read API, page by page."""
        path = "/api/collection" if kind == "collection" else "/api/wantlist"
        records: list[Status] = []
        cursor = ""
        while True:
            answer = await self.caller.get(f"{path}?limit={limit}{cursor}")
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) <= limit
            records += page["items"]
            if page["nextCursor"] is None:
                assert page["total"] >= len(records)
                return records
            cursor = f"&cursor={page['nextCursor']}"

    async def truth(self, kind: str = "collection") -> list[Status]:
        """The same as the simulator has it, in the shape of the read API, by our own reading of Discogs' answers."""
        transport = httpx.AsyncHTTPTransport(local_address=ONLOOKER)
        headers = {"Authorization": f"Discogs token={self.discogs.token}", "User-Agent": "onlooker"}
        raw: list[Status] = []
        self.stage.simulator.quota.clear(ONLOOKER)
        async with httpx.AsyncClient(
            base_url=self.stage.discogs_url, transport=transport, headers=headers
        ) as http:
            for page in itertools.count(1):
                path = f"/users/{self.discogs.name}{PAGES[kind]}?per_page=100&page={page}"
                body = (await http.get(path)).json()
                raw += body["releases" if kind == "collection" else "wants"]
                if page >= body["pagination"]["pages"]:
                    break
                self.stage.simulator.quota.clear(ONLOOKER)
        key = "instanceId" if kind == "collection" else "releaseId"
        return sorted((shown(record, kind) for record in raw), key=lambda record: record[key])

    async def assert_mirrors(self, kind: str = "collection") -> None:
        """The mirror holds what Discogs holds, record for record and field for field."""
        mirrored, truth = await self.mirror(kind), await self.truth(kind)
        for record in mirrored:
            for name in ("firstSeenAt", "updatedAt"):
                assert record.pop(name)
        assert [key_of(each) for each in mirrored] == [key_of(each) for each in truth]
        for ours, theirs in zip(mirrored, truth, strict=True):
            assert ours == theirs

    async def keys(self, kind: str = "collection") -> set[int]:
        """What the mirror's records are known by."""
        return {key_of(record) for record in await self.mirror(kind)}

    @property
    def user_id(self) -> Any:
        """The id of the account here."""
        payload = self.caller.token.split(".")[1]
        from base64 import urlsafe_b64decode
        from uuid import UUID

        return UUID(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])

    # --- their programs ---

    @asynccontextmanager
    async def client(
        self,
        *,
        name: str = "desk",
        address: str | None = None,
        in_flight: int = 12,
        upstream: Upstream | None = None,
    ) -> AsyncIterator["Client"]:
        """The real headless client, until the body ends. The same `name` is the same installation."""
        settings = ClientSettings(
            discogs_url=self.stage.discogs_url,
            local_address=address,
            max_in_flight=in_flight,
            folder=self.stage.folder / f"{self.discogs.name}-{name}",
            allow_insecure_lan=False,
            account=None,
            token=Secret(self.caller.token),
            discogs_token=None,
        )
        setup = Setup(
            settings=settings,
            server=parse_server_url(self.stage.running.url),
            first_retry_seconds=0.05,
            retry_cap_seconds=0.2,
        )
        client = Client()
        async with headless(setup, client.observe, upstream=upstream) as running:
            await running.presence.connected()
            yield client

    @asynccontextmanager
    async def raw_client(self, **info: object) -> AsyncIterator["RawClient"]:
        """A client that does by hand what the test says."""
        url = self.stage.running.url.replace("http", "ws") + "/ws"
        async with connect(url, proxy=None, compression=None) as socket:
            client = RawClient(socket)
            await client.say("authenticate", {"token": self.caller.token, "client": info})
            await client.hear("authenticated")
            yield client


class Client:
    """What a connected client saw."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Any]] = []

    def observe(self, event: Any) -> None:
        self.events.append((asyncio.get_running_loop().time(), event))

    def progress(self, session_id: str | None = None) -> list[tuple[float, Any]]:
        """Snapshots with the moments at which they came."""
        return [
            (at, event.data)
            for at, event in self.events
            if isinstance(event, SyncProgress) and session_id in (None, event.data.session_id)
        ]

    def terminal(self, session_id: str | None = None) -> list[Any]:
        """`sync_complete` and `sync_error`."""
        return [
            event
            for _, event in self.events
            if isinstance(event, SyncComplete | SyncError) and session_id in (None, event.data.session_id)
        ]

    async def told_the_end(self, session_id: str) -> Any:
        """The terminal message, once it came."""

        async def look() -> Any:
            return self.terminal(session_id)

        return (await eventually(look, what="the terminal message"))[0]


class RawClient:
    """Speaks JSON on a socket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._heard: list[Status] = []

    async def say(self, type_: str, data: Status) -> None:
        message = {
            "id": f"m{next(self._numbers)}",
            "type": type_,
            "channel": "sync",
            "action": "",
            "data": data,
        }
        await self._socket.send(json.dumps(message))

    async def hear(self, type_: str, *, seconds: float = PATIENCE_SECONDS) -> Status:
        """The next message of a type; others stay for later."""
        for place, message in enumerate(self._heard):
            if message["type"] == type_:
                return self._heard.pop(place)
        async with asyncio.timeout(seconds):
            while True:
                message = json.loads(await self._socket.recv())
                if message["type"] == type_:
                    return message
                self._heard.append(message)

    async def request(self) -> Status:
        """The next request's data."""
        return (await self.hear("discogs_api_request"))["data"]

    async def answer(self, request: Status, status: int = 200, body: object = None, **more: object) -> str:
        """Answer a request: the outcome of the acknowledgement."""
        data = {"requestId": request["requestId"], "status": status, "headers": {}, "body": body} | more
        await self.say("discogs_api_response", data)
        while True:
            ack = (await self.hear("response_ack"))["data"]
            if ack["requestId"] == request["requestId"]:
                return ack["outcome"]

    async def fetch(self, request: Status) -> str:
        """Make the call and answer with what came."""
        async with httpx.AsyncClient() as http:
            came = await http.get(request["url"], headers=request["headers"])
        headers = {name: value for name, value in came.headers.items() if "ratelimit" in name}
        return await self.answer(request, came.status_code, came.json(), headers=headers)


@asynccontextmanager
async def staged(
    database_url: Any,
    folder: Path,
    *,
    clock: Clock | None = None,
    window: float = 1.0,
    simulated: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """A stage on a migrated database. `simulated` are the simulator's options, the rest are settings of the server."""
    config = SimulatorConfig(**({"window_seconds": window} | (simulated or {})))
    simulator = Simulator(config)
    async with simulator.serving() as discogs_url:
        chosen = Settings(
            **{
                "data_dir": folder,
                "database_url": database_url,
                "discogs_url": discogs_url,
                "discogs_limit": config.limit,
                "discogs_window_seconds": window,
                "lease_seconds": 5.0,
                "grace_seconds": 0.2,
            }
            | settings
        )
        async with running_server(chosen, clock or SystemClock()) as running:
            yield Stage(running, simulator, discogs_url, folder)
    assert files_with(CANARY, folder, database_url) == []
    if database_url.get_backend_name() == "postgresql":
        assert await tables_with(CANARY, database_url) == []


async def tables_with(secret: str, database_url: Any) -> list[str]:
    """The tables of a PostgreSQL database in any of whose rows this text stands."""
    engine = create_async_engine(database_url, poolclass=NullPool)
    found = []
    async with engine.connect() as connection:
        for name in metadata.tables:
            rows = text(f'SELECT count(*) FROM "{name}" AS row WHERE row::text LIKE :wanted')  # noqa: S608 - our own names
            if (await connection.execute(rows, {"wanted": f"%{secret}%"})).scalar_one():
                found.append(name)
    await engine.dispose()
    return found


def files_with(secret: str, folder: Path, database_url: Any) -> list[Path]:
    """The files of a stage that hold these bytes: what its clients keep and, where the database is files, those."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    if database_url.get_backend_name() == "sqlite":
        database = Path(database_url.database)
        files += database.parent.glob(f"{database.name}*")
    return [path for path in files if secret.encode() in path.read_bytes()]


# --- our own reading of Discogs' records ---------------------------------------------------------------------------


def key_of(record: Status) -> int:
    return record.get("instanceId", record["releaseId"])


def shown(raw: Status, kind: str) -> Status:
    """A record of Discogs in the shape of the read API, values as they were sent."""
    basic = raw["basic_information"]
    record = {
        "releaseId": raw["id"],
        "rating": raw.get("rating"),
        "dateAdded": raw.get("date_added"),
        "masterId": basic.get("master_id"),
        "title": basic.get("title"),
        "year": basic.get("year"),
        "artists": _parts(basic, "artists", ("id", "name", "anv", "join", "role", "tracks")),
        "labels": _parts(basic, "labels", ("id", "name", "catno")),
        "formats": _parts(basic, "formats", ("name", "qty", "text", "descriptions")),
        "genres": basic.get("genres") or [],
        "styles": basic.get("styles") or [],
        "thumb": basic.get("thumb"),
        "coverImage": basic.get("cover_image"),
    }
    if kind == "wantlist":
        return record | {"notes": raw.get("notes")}
    notes = [{"fieldId": note["field_id"], "value": note["value"]} for note in raw.get("notes") or ()]
    return record | {
        "instanceId": raw["instance_id"],
        "folderId": raw.get("folder_id"),
        "notes": notes,
    }


def _parts(basic: Status, name: str, fields: tuple[str, ...]) -> list[Status]:
    return [{field: part.get(field) for field in fields} for part in basic.get(name) or ()]


LOOKS = 2
"""At the newest page: one before all pages are read, and where that was not just what is mirrored, one after."""


def pages(records: int, size: int = 100) -> int:
    """How many pages so many records fill; an empty list has one."""
    return max(1, math.ceil(records / size))
