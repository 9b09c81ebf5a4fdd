"""How an export is sent: its headers, how many at once, and what is left when somebody hangs up."""

import asyncio
import itertools
import re
import tracemalloc
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import update

from cratesync.server.clock import SystemClock
from cratesync.server.exports.exporter import EXPORTS_MAX, EXPORTS_OF_A_USER_MAX, Exporter
from cratesync.server.exports.source import BATCH_RECORDS
from cratesync.server.store.tables import users
from integration.exports.conftest import Exporting
from mirrored import item, want

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sqlite": "application/vnd.sqlite3",
}
FILES = ("xlsx", "sqlite")
PATIENCE_SECONDS = 10.0


# --- one answer ---------------------------------------------------------------------------------------------------------


async def test_it_is_a_file_with_a_name_that_nobody_keeps(ada):
    for kind, wanted in itertools.product(("collection", "wantlist"), FORMATS):
        answer = await ada.export(kind, wanted)

        assert answer.status_code == 200
        assert answer.headers["content-type"] == FORMATS[wanted]
        name = rf'attachment; filename="ada-{kind}-\d{{4}}-\d\d-\d\d\.{wanted}"'
        assert re.fullmatch(name, answer.headers["content-disposition"])
        assert answer.headers["cache-control"] == "no-store"
        assert ("content-length" in answer.headers) == (wanted in FILES)


async def test_a_name_that_no_file_may_have_is_made_one(ada, server):
    for name, shown in ("Åsa Ørn", "sa_rn"), ('../a"\r\nX-Evil: 1', "a_X-Evil_1"), ("東京", "cratesync"):
        async with server.server.database.write() as connection:
            await connection.execute(update(users).values(discogs_username=name))

        answer = await ada.export("collection", "csv")

        assert answer.headers["content-disposition"].startswith(f'attachment; filename="{shown}-collection-')


async def test_it_is_a_csv_unless_asked_otherwise(ada):
    assert (await ada.caller.get("/api/wantlist/export")).headers["content-type"] == FORMATS["csv"]


async def test_a_format_that_is_not_there_is_refused(ada):
    for wanted in ("", "pdf", "CSV", "csv/../xlsx"):
        answer = await ada.export("collection", wanted)

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_parameter"
        assert answer.json()["field"] == "format"


async def test_it_needs_the_scope_read(ada, server):
    made = await ada.caller.post("/api/auth/tokens", {"name": "fetcher", "scopes": ["fetch"]})
    fetcher = server.with_token(made.json()["token"])

    for kind in ("collection", "wantlist"):
        refused = await fetcher.get(f"/api/{kind}/export?format=csv")
        stranger = await server.http.get(f"/api/{kind}/export?format=csv")

        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
        assert (stranger.status_code, stranger.json()["code"]) == (401, "not_signed_in")


# --- a sync meanwhile ---------------------------------------------------------------------------------------------------


async def test_records_that_stay_are_read_once_whatever_comes_and_goes(ada, server):
    await ada.has("collection", *(item(number) for number in range(1000, 2200)))
    exporter = Exporter(server.server.database, SystemClock())
    parts = []
    async with exporter.open(ada.user_id, "collection", "csv") as export:
        while part := await export.read():
            parts.append(part)
            new = len(parts) * 700  # before, among and after those that were read
            await ada.has("collection", *(item(number) for number in range(new, new + 3)))

    text = b"".join(parts).decode()

    for number in range(1000, 2200):
        assert text.count(f",Album {number},") == 1


# --- how many at once ---------------------------------------------------------------------------------------------------


async def test_a_user_has_two_at_once_and_is_told_when_there_are_more(ada, server):
    exporter = server.server.exporter
    async with AsyncExitStack() as stack:
        for _ in range(EXPORTS_OF_A_USER_MAX):
            await stack.enter_async_context(exporter.open(ada.user_id, "collection", "xlsx"))

        refused = await ada.export("wantlist", "csv")
        other = await (await server.register("berta")).get("/api/collection/export?format=csv")

    assert (refused.status_code, refused.json()["code"]) == (429, "export_busy")
    assert refused.headers["retry-after"] == "10"
    assert "content-disposition" not in refused.headers
    assert other.status_code == 200
    assert (await ada.export("wantlist", "csv")).status_code == 200


async def test_all_users_together_have_eight_at_once(ada, server):
    exporter = server.server.exporter
    async with AsyncExitStack() as stack:
        for number in range(EXPORTS_MAX // EXPORTS_OF_A_USER_MAX):
            somebody = Exporting(server, await server.register(f"user-{number}"))
            for _ in range(EXPORTS_OF_A_USER_MAX):
                await stack.enter_async_context(exporter.open(somebody.user_id, "wantlist", "jsonl"))

        refused = await ada.export("collection", "csv")

    assert (refused.status_code, refused.json()["code"]) == (429, "export_busy")


# --- hanging up ---------------------------------------------------------------------------------------------------------


class Line:
    """The way to the app without a network: the test says what is taken, and when the caller hangs up."""

    def __init__(self, exporting: Exporting, path: str, query: str) -> None:
        self.sent = asyncio.Queue()
        self.taking = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._app = exporting.server.server.app
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"authorization", f"Bearer {exporting.caller.token}".encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }

    async def call(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    def hang_up(self) -> None:
        self._hung_up.set()

    async def _receive(self):
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message) -> None:
        await self.sent.put(message)
        await self.taking.wait()


@asynccontextmanager
async def calling(line: Line):
    """The call is under way while the body runs, and over afterwards."""
    call = asyncio.create_task(line.call())
    try:
        yield call
        async with asyncio.timeout(PATIENCE_SECONDS):
            await call
    finally:
        call.cancel()


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - it lies on the disk
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("wanted", FILES)
async def test_whoever_hangs_up_while_a_file_is_made_leaves_nothing(ada, drafts, wanted):
    await ada.has("collection", *(item(number) for number in range(1, 2001)))
    line = Line(ada, "/api/collection/export", f"format={wanted}")

    async with calling(line):
        await until(lambda: list(drafts.iterdir()))
        line.hang_up()

    assert list(drafts.iterdir()) == []
    assert line.sent.empty()
    assert (await ada.export("collection", wanted)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wanted", FORMATS)
async def test_whoever_hangs_up_while_it_is_sent_leaves_nothing(ada, drafts, wanted):
    await ada.has("collection", *(item(number) for number in range(1, 1201)))
    line = Line(ada, "/api/collection/export", f"format={wanted}")

    async with calling(line):
        assert (await line.sent.get())["type"] == "http.response.start"
        assert len(list(drafts.iterdir())) == (wanted in FILES)
        line.hang_up()

    assert list(drafts.iterdir()) == []
    for _ in range(EXPORTS_OF_A_USER_MAX + 1):
        assert (await ada.export("collection", wanted)).status_code == 200


async def test_a_caller_who_takes_nothing_is_given_up(ada, drafts, monkeypatch):
    monkeypatch.setattr("cratesync.server.api.attachment.TAKE_SECONDS_MAX", 0.05)
    await ada.has("collection", item(1))
    line = Line(ada, "/api/collection/export", "format=sqlite")
    call = asyncio.create_task(line.call())
    line.taking.set()
    assert (await line.sent.get())["type"] == "http.response.start"
    line.taking.clear()

    await asyncio.wait_for(call, PATIENCE_SECONDS)

    assert [line.sent.get_nowait()["more_body"] for _ in range(line.sent.qsize())] == [True]
    assert list(drafts.iterdir()) == []


async def test_a_slow_caller_is_given_up_by_what_is_taken_and_not_by_the_part_that_was_read(ada, monkeypatch):
    monkeypatch.setattr("cratesync.server.api.attachment.TAKEN_BYTES", 100)
    await ada.has("collection", *(item(number) for number in range(1, 30)))
    line = Line(ada, "/api/collection/export", "format=csv")
    line.taking.set()
    await line.call()

    sent = [line.sent.get_nowait() for _ in range(line.sent.qsize())][1:]
    assert all(len(message["body"]) <= 100 for message in sent)
    assert [message["more_body"] for message in sent] == [True] * (len(sent) - 1) + [False]
    assert b"".join(message["body"] for message in sent) == (await ada.export("collection", "csv")).content


async def test_a_file_that_cannot_be_made_is_an_error(ada, drafts):
    for wanted in FILES:
        drafts.rmdir()

        answer = await ada.export("collection", wanted)

        assert (answer.status_code, answer.json()["code"]) == (500, "server_fault")
        drafts.mkdir()
        assert (await ada.export("collection", wanted)).status_code == 200
        await until(lambda: not list(drafts.iterdir()))


# --- memory -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wanted", FORMATS)
async def test_memory_does_not_grow_with_the_mirror(ada, server, wanted):
    exporter = Exporter(server.server.database, SystemClock())

    async def export() -> None:
        async with exporter.open(ada.user_id, "wantlist", wanted) as export:
            while await export.read():
                pass

    async def peak() -> int:
        tracemalloc.start()
        await export()
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    few, many = 2 * BATCH_RECORDS + 1, 4 * BATCH_RECORDS
    await ada.has("wantlist", *(want(number) for number in range(few)))
    await export()  # what is loaded and cached the first time does not count
    small = await peak()
    await ada.has("wantlist", *(want(number) for number in range(few, many)))
    large = await peak()

    assert large < small * 1.3, f"{small:,} bytes for {few:,} records, {large:,} for {many:,}"
