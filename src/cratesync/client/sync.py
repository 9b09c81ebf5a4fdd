"""One sync, from the wish to its outcome."""

import asyncio

from msgspec import Struct

from cratesync.client.api import Api, SyncStarted
from cratesync.client.bar import Display
from cratesync.client.errors import ClientError, ServerNotReachedError, ServerRefusedError, SignInRefusedError
from cratesync.client.events import Connected, Event, Lost
from cratesync.client.headless import Headless
from cratesync.client.watch import Outcome, SyncWatch
from cratesync.protocol.messages import SyncComplete, SyncError, SyncProgress, SyncType

POLL_SECONDS = 10.0
START_TRIES = 4
START_TRY_SECONDS = 2.0


class SyncWish(Struct, frozen=True):
    """What the user wants to have copied."""

    sync_type: SyncType
    full: bool = False
    page_limit: int | None = None


class SyncRun:
    """Starts or finds the sync and follows it; messages come by `observe`, and by REST where they were lost."""

    def __init__(
        self,
        wish: SyncWish,
        display: Display,
        *,
        poll_seconds: float = POLL_SECONDS,
        try_seconds: float = START_TRY_SECONDS,
    ) -> None:
        self._wish = wish
        self._display = display
        self._poll_seconds = poll_seconds
        self._try_seconds = try_seconds
        self._watch = SyncWatch()
        self._news = asyncio.Event()
        self.session_id: str | None = None

    def observe(self, event: Event) -> None:
        """Something happened on the socket."""
        match event:
            case SyncProgress() | SyncComplete() | SyncError():
                self._watch.see(event)
                self._news.set()
            case Connected():
                self._display.note("")
            case Lost(why=why, retry_seconds=seconds):
                self._display.note(f"{why} Next try in {seconds:.0f} s.")
            case _:
                pass

    async def follow(self, client: Headless) -> Outcome:
        """Wait for the end. Raises `ClientError`."""
        await client.presence.connected()
        started = await self._start(client.api)
        self.session_id = started.session_id
        if started.attached:
            self._display.note("A sync of this kind is on its way already: following that one.")
        async with asyncio.TaskGroup() as tasks:
            polling = tasks.create_task(self._poll(client.api, started.session_id))
            outcome = await self._end(started.session_id)
            polling.cancel()
        return outcome

    async def _start(self, api: Api) -> SyncStarted:
        wish = self._wish
        for _ in range(START_TRIES - 1):
            try:
                return await api.start_sync(wish.sync_type, full=wish.full, page_limit=wish.page_limit)
            except ServerNotReachedError:
                await asyncio.sleep(self._try_seconds)
        return await api.start_sync(wish.sync_type, full=wish.full, page_limit=wish.page_limit)

    async def _end(self, session_id: str) -> Outcome:
        while True:
            if progress := self._watch.progress(session_id):
                self._display.show(progress)
            if outcome := self._watch.outcome(session_id):
                return outcome
            self._news.clear()
            await self._news.wait()

    async def _poll(self, api: Api, session_id: str) -> None:
        """The terminal message may be lost with a socket, and the socket may be gone for long."""
        while True:
            await asyncio.sleep(self._poll_seconds)
            try:
                self._watch.see_status(await api.sync_status(session_id))
            except SignInRefusedError:
                raise
            except ServerRefusedError as refusal:
                if refusal.status == 404:
                    raise ClientError("The server does not know this sync any more.") from None
            except ClientError:
                continue  # not reached: the socket's own tries go on
            self._news.set()
