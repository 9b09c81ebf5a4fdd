"""The server's own rooms without a socket in between, on a real database, and a Discogs with three records a page.

Nobody waits here: the clock is moved by hand, the quota is never used up, and a call is answered at the word of the test.
"""

import itertools
from urllib.parse import urlsplit

from msgspec import Raw, Struct, structs

from cratesync.engine.provider import Call
from cratesync.engine.tasks import Page
from cratesync.protocol.messages import ApiResponse
from cratesync.providers.discogs.provider import DiscogsProvider
from cratesync.server.accounts.accounts import add_user
from cratesync.server.app import Server
from cratesync.server.clock import HandClock
from cratesync.server.orchestrator import SyncOrder
from cratesync.server.seats import Candidate
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.settings import Settings
from cratesync.server.store import syncs
from cratesync.simulator import Simulator, SimulatorConfig

RECORDS_A_PAGE = 3
CALLS = 10_000
LEASE_SECONDS = 5.0


class SmallPages(DiscogsProvider):
    """Discogs, asked for three records a page, and for one thing beside them. A mirror of more than five records counts as one
    of many pages."""

    def __init__(self):
        super().__init__(calls=CALLS, window_seconds=1.0)
        sides = {"collection": ("folders",), "wantlist": ()}
        self._profile = structs.replace(self._profile, page_size=1, sides=sides)

    def build(self, kind, task, account):
        call = super().build(kind, task, account)
        if not isinstance(task, Page):
            return call
        return Call(call.url.replace("per_page=100", f"per_page={RECORDS_A_PAGE}"), call.headers)


class Flight(Struct, frozen=True):
    """A call under way, and from its arrival at Discogs on what that said."""

    request_id: str
    attempt: int
    url: str
    headers: dict[str, str]
    response: ApiResponse | None = None

    @property
    def of_a_page(self) -> bool:
        return "&page=" in self.url


class Rooms:
    """Server and simulator, neither of them listening."""

    def __init__(self, database_url, folder):
        self.clock = HandClock()
        settings = Settings(
            data_dir=folder,
            database_url=database_url,
            discogs_limit=CALLS,
            lease_seconds=LEASE_SECONDS,
            attempts_max=3,
        )
        self.server = Server(settings, self.clock, SecretKeys(new_key()), provider=SmallPages())
        self.database, self.syncing = self.server.database, self.server.syncing
        # Collections are sorted and looked up, so wantlists are what is not sorted and goes by a second pass.
        self.simulator = Simulator(SimulatorConfig(limit=10**9, wants_sort="refused"))
        self._numbers = itertools.count(1)

    async def close(self):
        await self.database.close()

    async def somebody(self, *, items=0, wants=0):
        """A user nobody has seen before, with a token and a client."""
        name = f"keeper{next(self._numbers)}"
        discogs = self.simulator.add_user(name, f"token-of-{name}", items=items, wants=wants)
        async with self.database.write() as connection:
            user = await add_user(connection, name, None, self.clock.now())
        await self.syncing.token_desk.save(user.id, Secret(discogs.token), wait_seconds=0.0)
        keeper = Keeper(self, user.id, discogs)
        await keeper.connect()
        return keeper

    async def call(self, url, headers):
        """What Discogs answers right now: status, headers and body."""
        parts, said = urlsplit(url), []
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": parts.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
        }

        async def send(message):
            said.append(message)

        await self.simulator(scope, None, send)
        start, body = said
        sent = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], sent, body["body"]


class Keeper:
    """A user, what they ask of the server, and their client, which does what the test says."""

    def __init__(self, rooms, user_id, discogs):
        self.rooms, self.user_id, self.discogs = rooms, user_id, discogs
        self.flights, self.delivered = [], []
        self._connection, self._connections = "", itertools.count(1)

    # --- the user ---

    async def start(self, kind, *, full=False, page_limit=None):
        order = SyncOrder(kind=kind, full=full, page_limit=page_limit)
        return (await self.rooms.syncing.orchestrator.start(self.user_id, order)).id

    async def steer(self, how, sync_id):
        """cancel, pause, resume or retry."""
        await getattr(self.rooms.syncing.orchestrator, how)(self.user_id, sync_id)

    async def confirm(self, sync_id, *, confirm):
        return await self.rooms.syncing.orchestrator.confirm_removals(self.user_id, sync_id, confirm=confirm)

    async def sync(self, sync_id):
        async with self.rooms.database.read() as connection:
            return await syncs.find(connection, self.user_id, sync_id)

    # --- the client ---

    async def connect(self):
        """Another connection takes the seat, and gives back what the one before had in hand: its answers may still come."""
        left, self._connection = self._connection, f"connection{next(self._connections)}"
        candidate = Candidate(
            connection_id=self._connection,
            client_id="",
            address="127.0.0.1",
            reads_headers=True,
            in_flight_max=4,
            rank=3,
        )
        if left:
            await self.rooms.syncing.seats.leave(self.user_id, left, [candidate])
        else:
            await self.rooms.syncing.seats.arrive(self.user_id, candidate, [])

    async def send(self):
        """Whatever may leave now leaves; says how many calls that are."""
        claimed = await self.rooms.syncing.dispatcher.claim(self.user_id, self._connection)
        leaving = [
            Flight(message.data.request_id, message.data.attempt, message.data.url, message.data.headers)
            for message in claimed.messages
        ]
        self.flights += leaving
        return len(leaving)

    async def arrive(self, flight):
        """The call reaches Discogs, which answers it truly."""
        status, headers, body = await self.rooms.call(flight.url, flight.headers)
        return self.fail(flight, status, body=body, headers=headers)

    def fail(self, flight, status, *, body=b"null", headers=None, error=None):
        """The call comes to this."""
        response = ApiResponse(
            request_id=flight.request_id,
            attempt=flight.attempt,
            status=status,
            headers=headers or {},
            body=Raw(body),
            error=error,
        )
        answered = structs.replace(flight, response=response)
        self.flights[self.flights.index(flight)] = answered
        return answered

    async def deliver(self, answered):
        """The answer reaches the server; says whether it was accepted."""
        if answered in self.flights:
            self.flights.remove(answered)
            self.delivered.append(answered)
        taken = await self.rooms.syncing.answers.take(self.user_id, answered.response)
        return taken.outcome == "accepted"

    async def wait(self, seconds):
        """Time passes, and the server looks what that means."""
        self.rooms.clock.advance(seconds)
        await self.rooms.syncing.seats.expire_leases()
