"""A load of clients, as a process of its own: `python -m rig.load`, with a `Load` as JSON on standard input, and a `Report` on standard output.

Clients work for one person each, and for the next one of the list when a sync has ended. A `rate` makes it an open loop: so many
answers a second over all clients, each at its own moment, whatever the server does. Without one it is a closed loop: every client
answers as soon as it is asked.
"""

import asyncio
import random
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import uvloop
from msgspec import Struct

from rig import pages, usage
from rig.client import Answered, Client
from rig.http import start_sync
from rig.results import percentile

CONNECTING_AT_ONCE = 8
PATIENCE_SECONDS = 300.0
BEFORE_PAGES = 6  # identity, folders, fields, value, the newest page, and one page more


class Load(Struct):
    """What is asked for. Persons are taken from `first_person` on; `tokens` are those of all, in order.

    Counted are `seconds`, once it is warm; or, where there are `marks`, from the start until the last of so many pages; or, with
    `to_the_end`, from the start until everybody's sync has ended. `edition` is which of several versions of their collections
    Discogs shows: from one to the next, one item of each page differs.
    """

    url: str
    stock: str
    tokens: list[str]
    clients: int
    seconds: float
    rate: float | None = None
    in_flight: int = 1
    server_pid: int = 0
    database_pid: int = 0
    first_person: int = 0
    marks: tuple[int, ...] = ()
    to_the_end: bool = False
    edition: int = 0


class Mark(Struct):
    """Where the load stood once so many pages were taken."""

    pages: int
    at: float
    server_cpu: float
    database_cpu: float


class Report(Struct):
    """What was seen from the moment on at which the load was warm. `fresh` answers held a page that its person had not sent before;
    `stored` pages are all of these, of the whole run. Times are in milliseconds; `dropped` tells of the connections that the server closed by itself. `late` is by how much the load itself was late, and `welcome` how long those waited who came
    while the others were at work."""

    seconds: float
    answers: int
    fresh: int
    stored: int
    server_cpu: float
    database_cpu: float
    load_cpu: float
    ack_p50: float
    ack_p99: float
    ack_max: float
    next_p50: float
    next_p99: float
    late_p99: float
    welcome_p50: float
    missed: int
    syncs: int
    dropped: list[str]
    marks: list[Mark]


class Crowd:
    """All clients of a load."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._stock = pages.load(Path(load.stock))
        self._next_person = load.first_person
        self._clients: list[Client] = []
        self._connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: list[tuple[int, Answered]] = []
        self._late: list[float] = []
        self._missed = 0
        self._syncs = 0
        self._measuring = False
        self._dropped: list[str] = []
        self._marks: list[Mark] = []
        self._open = self._ending = False
        self._welcomes: list[float] = []

    async def run(self) -> Report:
        """Come, warm up, measure, and see that nothing is under way any more."""
        load = self._load
        places: list[Client | None] = [None] * load.clients
        for place in range(load.clients):
            self._start(self._occupy(places, place))
        await self._until(lambda: all(client is not None and client.welcomed for client in places))
        for client in places:
            self._start(self._begin_sync(client))
        self._open = True
        if load.rate is not None:
            for place in range(load.clients):
                self._start(self._tick(places, place))
        at_once = load.to_the_end or load.marks
        await self._until((lambda: True) if at_once else self._is_warm)
        began, before = time.monotonic(), self._cpu()
        self._measuring = True
        if load.to_the_end:
            await self._until(lambda: self._syncs == len(load.tokens) - load.first_person)
        elif load.marks:
            await self._pass_marks()
        else:
            await self._pass(load.seconds)
        self._measuring = False
        ended, after = time.monotonic(), self._cpu()
        self._ending = True
        for client in self._clients:
            client.quiet = True
        await self._until(lambda: not any(client.unacknowledged for client in self._clients))
        for client in self._clients:
            client.close()
        return self._report(began, ended, [a - b for a, b in zip(after, before, strict=True)])

    def _is_warm(self) -> bool:
        """Whether most have got to the pages of their first sync: until then all do the same at the same time."""
        count = sum(len(client.answers) - client.unacknowledged for client in self._clients)
        return count >= BEFORE_PAGES * self._load.clients

    # --- clients ---

    async def _occupy(self, places: list[Client | None], place: int) -> None:
        """Connect for the next person and have a sync started."""
        person = self._next_person
        self._next_person += 1
        if person >= len(self._load.tokens):
            if self._load.to_the_end:
                return
            raise RuntimeError("There are too few persons for this load.")

        def over(client: Client, fault: str) -> None:
            if fault:
                self._fail(f"person {client.person}: {fault}")
                return
            if client.dropped:
                self._dropped.append(client.state())
            else:
                self._syncs += 1
            client.quiet = True
            client.close()
            if not self._ending:
                self._start(self._occupy(places, place))

        client = Client(
            self._stock,
            person,
            self._load.tokens[person],
            in_flight=self._load.in_flight,
            paced=self._load.rate is not None,
            on_ready=self._ready,
            on_over=over,
            edition=self._load.edition,
        )
        self._clients.append(client)
        async with self._connecting:
            began, late = time.monotonic(), self._open
            await client.connect(self._load.url)
            places[place] = client
            await self._until(lambda: client.welcomed)
            if late:
                self._welcomes.append((time.monotonic() - began) * 1000)

    def _ready(self, client: Client) -> None:
        """The first have to wait until all are there."""
        if self._open:
            self._start(self._begin_sync(client))

    async def _begin_sync(self, client: Client) -> None:
        client.session_id = await start_sync(urlsplit(self._load.url), client.token)

    async def _tick(self, places: list[Client | None], place: int) -> None:
        """One client's answers, in an open loop."""
        assert self._load.rate is not None
        every = self._load.clients / self._load.rate
        due = time.monotonic() + random.random() * every
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            client = places[place]
            if client is None or client.quiet:
                pass
            elif client.answer_one():
                if self._measuring:
                    self._late.append(time.monotonic() - due)
            elif self._measuring:
                self._missed += 1
            due += every

    # --- waiting ---

    def _start(self, work) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fail(repr(task.exception()))

    def _fail(self, fault: str) -> None:
        if not self._failure.done():
            self._failure.set_exception(RuntimeError(fault))

    async def _pass(self, seconds: float) -> None:
        """Let time pass, unless something goes wrong."""
        try:
            await asyncio.wait_for(asyncio.shield(self._failure), seconds)
        except TimeoutError:
            return

    async def _pass_marks(self) -> None:
        for pages_taken in self._load.marks:
            await self._until(lambda count=pages_taken: self._pages_taken() >= count)
            server, database, _ = self._cpu()
            self._marks.append(Mark(self._pages_taken(), time.monotonic(), server, database))

    def _pages_taken(self) -> int:
        return sum(
            answer.number is not None and answer.acknowledged is not None
            for client in self._clients
            for answer in client.answers
        )

    async def _until(self, condition) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if self._failure.done():
                self._failure.result()
            if time.monotonic() > deadline:
                waiting = [client.state() for client in self._clients if client.unacknowledged]
                raise TimeoutError("\n".join(("The server does not get on.", *waiting[:5])))
            await asyncio.sleep(0.01)

    # --- figures ---

    def _cpu(self) -> tuple[float, float, float]:
        load = self._load
        return (
            usage.cpu_seconds(load.server_pid) if load.server_pid else 0.0,
            usage.family_cpu_seconds(load.database_pid) if load.database_pid else 0.0,
            time.process_time(),
        )

    def _report(self, began: float, ended: float, cpu: list[float]) -> Report:
        answers = fresh = stored = 0
        for client in self._clients:
            seen = set()
            for answer in sorted(client.answers, key=lambda answer: answer.acknowledged or ended):
                if answer.acknowledged is None:
                    continue
                is_fresh = answer.number is not None and answer.number not in seen
                seen.add(answer.number)
                stored += is_fresh
                if began <= answer.acknowledged < ended:
                    answers += 1
                    fresh += is_fresh
        sent = [a for client in self._clients for a in client.answers if began <= a.sent < ended]
        acks = sorted((a.acknowledged - a.sent) * 1000 for a in sent if a.acknowledged is not None)
        nexts = sorted((a.followed - a.sent) * 1000 for a in sent if a.followed is not None)
        return Report(
            seconds=ended - began,
            answers=answers,
            fresh=fresh,
            stored=stored,
            server_cpu=cpu[0],
            database_cpu=cpu[1],
            load_cpu=cpu[2],
            ack_p50=percentile(acks, 0.5),
            ack_p99=percentile(acks, 0.99),
            ack_max=acks[-1] if acks else 0.0,
            next_p50=percentile(nexts, 0.5),
            next_p99=percentile(nexts, 0.99),
            late_p99=percentile(sorted(late * 1000 for late in self._late), 0.99),
            welcome_p50=percentile(sorted(self._welcomes), 0.5),
            missed=self._missed,
            syncs=self._syncs,
            dropped=self._dropped,
            marks=self._marks,
        )


async def _main() -> None:
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    report = await Crowd(load).run()
    sys.stdout.write(msgspec.json.encode(report).decode())


if __name__ == "__main__":
    uvloop.run(_main())
