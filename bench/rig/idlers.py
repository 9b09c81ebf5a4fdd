"""Clients that are there and do nothing, as a process of its own: `python -m rig.idlers`, with its `Idlers` as JSON in the first line.

Then a command a line, each answered by a line: `connect N` until so many are there, `page` to have each start a sync and answer the first
page that it is asked for, `wait` until so many lost their connection and are back (after the server was started anew), `stop`.
"""

import asyncio
import resource
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import uvloop
from msgspec import Struct

from rig import pages
from rig.client import Client
from rig.http import start_sync

CONNECTING_AT_ONCE = 8
PATIENCE_SECONDS = 600.0


class Idlers(Struct):
    """Whom to connect to, and as whom."""

    url: str
    stock: str
    tokens: list[str]


class Row:
    """All of them."""

    def __init__(self, wanted: Idlers) -> None:
        self._wanted = wanted
        self._stock = pages.load(Path(wanted.stock))
        self._clients: list[Client] = []
        self._places = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._lost = 0

    async def connect(self, count: int) -> float:
        """Until so many are there: in how many seconds."""
        began = time.monotonic()
        numbers = range(len(self._clients), count)
        await asyncio.gather(*(self._connect(number) for number in numbers))
        return time.monotonic() - began

    async def page(self) -> float:
        """Each starts a sync, and answers one page."""
        began = time.monotonic()
        await asyncio.gather(*(self._page(client) for client in self._clients))
        return time.monotonic() - began

    @property
    def lost(self) -> int:
        """How many connections the server closed."""
        return self._lost

    async def _connect(self, number: int) -> None:
        client = Client(
            self._stock,
            number,
            self._wanted.tokens[number],
            in_flight=12,
            paced=True,
            on_ready=lambda _: None,
            on_over=lambda _client, _fault: self._lose(),
        )
        self._clients.append(client)
        async with self._places:
            await client.connect(self._wanted.url)
            await _until(lambda: client.welcomed)

    async def _page(self, client: Client) -> None:
        async with self._places:
            await start_sync(urlsplit(self._wanted.url), client.token)
            await _until(lambda: any(pages.page_asked(self._stock, asked.url) for asked in client.in_hand))
            # The side matters stay unanswered: one page each is what is measured.
            client.in_hand = type(client.in_hand)(
                asked for asked in client.in_hand if pages.page_asked(self._stock, asked.url)
            )
            client.answer_one()
            await _until(lambda: client.unacknowledged == 0)

    def _lose(self) -> None:
        self._lost += 1


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
            case ["lost"]:
                said = float(row.lost)
            case _:
                return
        print(said, flush=True)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(_main())
