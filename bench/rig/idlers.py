"""Clients that are there and do nothing, as a process of its own: `python -m rig.idlers`, with its `Idlers` as JSON in the first line.

Then a command a line, each answered by a line: `connect N` until so many are there; `page` to have each start a sync and answer the first
page that it is asked for; `begin` to have each start one and be asked for a page; `half` to have half of them answer that page,
without waiting for what becomes of it; `storm SINCE` until all are back that lost their connection meanwhile, and have their page
acknowledged.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import uvloop
from msgspec import Struct

from cratesync.client.backoff import Backoff
from rig import pages
from rig.client import Asked, Client
from rig.files import allow_many_files
from rig.http import start_sync
from rig.results import percentile

CONNECTING_AT_ONCE = 8
PATIENCE_SECONDS = 300.0


class Idlers(Struct):
    """Whom to connect to, and as whom."""

    url: str
    stock: str
    tokens: list[str]


class Returned(Struct):
    """A storm, by when (in seconds since the server was back) clients were welcome and had their page acknowledged."""

    welcome_p50: float
    welcome_last: float
    acknowledged_p50: float
    acknowledged_last: float
    tries: int


class Row:
    """All of them."""

    def __init__(self, wanted: Idlers) -> None:
        self._wanted = wanted
        self._stock = pages.load(Path(wanted.stock))
        self._clients: list[Client] = []
        self._places = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._returning: set[asyncio.Task[None]] = set()
        self._coming: set[int] = set()
        self._welcome: list[float] = []
        self._tries = 0

    async def connect(self, count: int) -> float:
        """Until so many are there: in how many seconds."""
        began = time.monotonic()
        await asyncio.gather(*(self._connect(number) for number in range(len(self._clients), count)))
        return time.monotonic() - began

    async def page(self) -> float:
        """Each starts a sync, and answers one page."""
        began = time.monotonic()
        await asyncio.gather(*(self._begin(client, answers=True) for client in self._clients))
        return time.monotonic() - began

    async def begin(self) -> float:
        """Each starts a sync, and holds one page."""
        began = time.monotonic()
        await asyncio.gather(*(self._begin(client, answers=False) for client in self._clients))
        return time.monotonic() - began

    def half(self) -> float:
        """Every second one answers."""
        return float(sum(client.answer_one() for client in self._clients[::2]))

    async def storm(self, since: float) -> Returned:
        """Until all are back and done, whose connections were lost."""
        await _until(lambda: all(_is_served(client) for client in self._clients))
        done = [
            answer.acknowledged - since
            for client in self._clients
            for answer in client.answers
            if answer.acknowledged is not None
        ]
        welcome, done = sorted(at - since for at in self._welcome), sorted(max(0.0, at) for at in done)
        return Returned(percentile(welcome, 0.5), welcome[-1], percentile(done, 0.5), done[-1], self._tries)

    async def _connect(self, number: int) -> None:
        client = self._client(number)
        self._clients.append(client)
        async with self._places:
            await client.connect(self._wanted.url)
            await _until(lambda: client.welcomed)

    def _client(self, number: int, holding: Sequence[Asked] = ()) -> Client:
        return Client(
            self._stock,
            number,
            self._wanted.tokens[number],
            in_flight=12,
            paced=True,
            on_ready=lambda _: None,
            on_over=self._over,
            holding=holding,
        )

    async def _begin(self, client: Client, *, answers: bool) -> None:
        async with self._places:
            await start_sync(urlsplit(self._wanted.url), client.token)
            await _until(lambda: any(pages.page_asked(self._stock, asked.url) for asked in client.in_hand))
            # The side matters stay unanswered: one page each is what is measured.
            of_pages = [asked for asked in client.in_hand if pages.page_asked(self._stock, asked.url)]
            client.in_hand.clear()
            client.in_hand.extend(of_pages)
            if answers:
                client.answer_one()
                await _until(lambda: client.unacknowledged == 0)

    def _over(self, client: Client, fault: str) -> None:
        if fault:
            raise RuntimeError(f"person {client.person}: {fault}")
        if client.person in self._coming:
            return
        self._coming.add(client.person)
        returning = asyncio.ensure_future(self._return(client))
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)

    async def _return(self, lost: Client) -> None:
        """As the headless client comes back: by its own backoff, with what it holds, and with its answers again."""
        backoff, held = Backoff(random.uniform), lost.unfinished
        while True:
            await asyncio.sleep(backoff.next_seconds())
            self._tries += 1
            client = self._client(lost.person, held)
            try:
                await client.connect(self._wanted.url)
            except OSError:
                continue
            await _until(lambda client=client: client.welcomed or client.closed)
            if not client.closed:
                break
        self._coming.discard(lost.person)
        self._welcome.append(time.monotonic())
        client.answers = lost.answers
        self._clients[lost.person] = client
        for _ in held:
            client.answer_one()


def _is_served(client: Client) -> bool:
    return client.welcomed and not client.closed and not client.held


async def _until(condition) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds
            await asyncio.sleep(0.02)


async def _main() -> None:
    row = Row(msgspec.json.decode(sys.stdin.buffer.readline(), type=Idlers))
    loop = asyncio.get_running_loop()
    while True:
        command = (await loop.run_in_executor(None, sys.stdin.readline)).split()
        match command:
            case ["connect", count]:
                said = await row.connect(int(count))
            case ["page"]:
                said = await row.page()
            case ["begin"]:
                said = await row.begin()
            case ["half"]:
                said = row.half()
            case ["storm", since]:
                said = await row.storm(float(since))
            case _:
                return
        print(msgspec.json.encode(said).decode(), flush=True)


if __name__ == "__main__":
    allow_many_files()
    uvloop.run(_main())
