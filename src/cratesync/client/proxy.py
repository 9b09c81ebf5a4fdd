"""Takes requests, has them guarded and made, and keeps the answers."""

import asyncio
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from cratesync.client.answers import oversize, unanswered
from cratesync.client.events import NotTaken, Observer, Refused, Unanswered
from cratesync.client.fetch import Fetch
from cratesync.client.guard import Guard
from cratesync.client.outbox import Outbox
from cratesync.client.session import Session
from cratesync.protocol.messages import ApiRequest, ApiResponse

MAX_IN_FLIGHT = 12


class _Taken(Struct):
    """A request and the session it came by. `attempt` is the newest that was asked for."""

    request: ApiRequest
    session: Session
    attempt: int


class Proxy:
    """At most `max_in_flight` calls at once; the others wait their turn, and are judged when it comes.

    A request id is waiting, being made, or in the outbox, and in none of them twice.
    """

    def __init__(
        self,
        *,
        guard: Guard,
        fetch: Fetch,
        outbox: Outbox,
        calls: asyncio.TaskGroup,
        monotonic: Callable[[], float],
        observe: Observer,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self._guard = guard
        self._fetch = fetch
        self._outbox = outbox
        self._calls = calls
        self._monotonic = monotonic
        self._observe = observe
        self._max_in_flight = max_in_flight
        self._waiting: dict[str, _Taken] = {}
        self._making: dict[str, _Taken] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.news = asyncio.Event()
        """Set when an answer waits to be sent; whoever sends clears it."""
        self.idle = asyncio.Event()
        """Set while no call is under way and every answer is acknowledged."""
        self.idle.set()

    @property
    def holding(self) -> tuple[str, ...]:
        """Requests that are being made or whose answers are kept: they are not to be given to anybody else."""
        return (*self._making, *self._outbox.request_ids)

    def next_answer(self) -> ApiResponse | None:
        """What is to be sent next."""
        return self._outbox.next_due()

    def take(self, request: ApiRequest, session: Session) -> None:
        """The server asks for a call."""
        request_id = request.request_id
        if taken := self._making.get(request_id) or self._waiting.get(request_id):
            # The failure of an attempt that is no longer the newest would not count: answer the newest.
            taken.attempt = max(taken.attempt, request.attempt)
        elif (kept := self._outbox.answer(request_id)) and _answers(kept, request.attempt):
            self._outbox.send_again(request_id)
            self.news.set()
        elif not self._outbox.has_room(len(self._making) + len(self._waiting)):
            self._observe(NotTaken(request_id))
        else:
            self._outbox.forget(request_id)
            self._waiting[request_id] = _Taken(request, session, request.attempt)
            self.idle.clear()
            self._start_calls()

    def acknowledged(self, request_id: str) -> bool:
        """The server has stored the answer, or has no use for it. False where it was not kept any more."""
        was_kept = self._outbox.forget(request_id)
        self._settle()
        return was_kept

    def connected_anew(self) -> None:
        """Whatever is kept goes out again."""
        self._outbox.send_all_again()
        self.news.set()

    def disconnected(self) -> None:
        """Calls that are under way go on; those that were not begun are the server's again."""
        self._waiting.clear()
        self._settle()

    def too_large(self) -> None:
        """The server closed the socket over the size of a message: say so instead of sending it again."""
        if answer := self._outbox.largest_sent():
            self._outbox.put(oversize(answer))

    def abandon(self) -> None:
        """Stop the calls that are under way."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    def _settle(self) -> None:
        if not self._waiting and not self._making and not len(self._outbox):
            self.idle.set()

    def _start_calls(self) -> None:
        while self._waiting and len(self._making) < self._max_in_flight:
            request_id, taken = next(iter(self._waiting.items()))
            del self._waiting[request_id]
            self._making[request_id] = taken
            task = self._calls.create_task(self._make(taken), name=f"call {request_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _make(self, taken: _Taken) -> None:
        request = taken.request
        try:
            answer = await self._guarded(taken)
            self._outbox.put(replace(answer, attempt=taken.attempt))
        finally:
            del self._making[request.request_id]
        self.news.set()
        self._start_calls()

    async def _guarded(self, taken: _Taken) -> ApiResponse:
        request = taken.request
        if refusal := self._guard.refusal(request, taken.session, self._monotonic()):
            self._observe(Refused(request.request_id, refusal.code))
            return unanswered(request.request_id, refusal.error)
        answer = await self._fetch(request)
        if answer.error:
            code = answer.error.partition(":")[0]
            event = Refused if code.startswith("refused_") else Unanswered
            self._observe(event(request.request_id, code))
        return answer


def _answers(kept: ApiResponse, attempt: int) -> bool:
    """Whether what is kept answers this attempt: a success answers any, a failure only its own."""
    return 200 <= kept.status < 300 or kept.attempt is None or kept.attempt >= attempt
