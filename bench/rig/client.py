"""One simulated client: signs in, starts a sync, answers what it is asked with what was made beforehand, and notes when what came back."""

import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from rig import pages
from rig.pages import Stock
from rig.wire import Wire

_HEADERS = (
    b'{"content-type":"application/json","x-discogs-ratelimit":"600","x-discogs-ratelimit-used":"1",'
    b'"x-discogs-ratelimit-remaining":"599","date":"Wed, 25 Nov 2026 12:00:00 GMT"}'
)


class Answered(Struct):
    """One answer: when it was sent, acknowledged, and followed by the next request; times are those of one monotonic clock."""

    number: int | None  # of the page, from the oldest on
    sent: float
    acknowledged: float | None = None
    followed: float | None = None


class _Data(Struct, rename="camel"):
    request_id: str = ""
    session_id: str = ""
    url: str = ""
    attempt: int = 0
    outcome: str = ""
    code: str = ""
    message: str = ""


class _Message(Struct):
    type: str
    data: _Data


_decoder = msgspec.json.Decoder(_Message)


class Asked(Struct):
    """A request in hand."""

    request_id: bytes
    url: bytes
    attempt: int


class Client(Wire):
    """`paced` clients keep what they are asked in hand until `answer_one` is called; others answer at once."""

    def __init__(
        self,
        stock: Stock,
        person: int,
        token: str,
        *,
        in_flight: int,
        paced: bool,
        on_ready: Callable[["Client"], None],
        on_over: Callable[["Client", str], None],
        holding: Sequence["Asked"] = (),
        edition: int = 0,
    ) -> None:
        super().__init__()
        self.person = person
        self.token = token
        self.answers: list[Answered] = []
        self.in_hand = deque(holding)
        self.session_id = ""
        self.quiet = False
        self.welcomed = False
        self.dropped = False
        self._stock = stock
        self._edition = edition
        self._in_flight = in_flight
        self._paced = paced
        self._on_ready = on_ready
        self._on_over = on_over
        self._holding = tuple(asked.request_id for asked in holding)
        self._sent: dict[bytes, Asked] = {}
        self._waiting: dict[bytes, Answered] = {}
        self._to_follow: deque[Answered] = deque()
        self._pages_asked = 0
        self._completed = False

    @property
    def unacknowledged(self) -> int:
        """How many answers are under way."""
        return len(self._waiting)

    @property
    def unfinished(self) -> list["Asked"]:
        """What it was asked and has no acknowledgement for: the next connection holds that."""
        return [*self._sent.values(), *self.in_hand]

    @property
    def held(self) -> int:
        """How much of what it came with is not acknowledged yet."""
        return sum(asked.request_id in self._holding for asked in self.unfinished)

    def state(self) -> str:
        """Where it stands, for whoever looks into a fault."""
        return (
            f"person {self.person}: {self.unacknowledged} unacknowledged of {len(self.answers)}, {len(self.in_hand)} in hand, "
            f"{'closed' if self.closed else 'open'} {bytes(self.close_said)!r}"
        )

    def answer_one(self) -> bool:
        """Answer the oldest request in hand; false where there is none."""
        if not self.in_hand or self.closed:
            return False
        self._answer(self.in_hand.popleft())
        return True

    # --- the wire ---

    def opened(self) -> None:
        self.say(
            b'{"id":"1","type":"authenticate","channel":"auth","action":"authenticate","data":{"token":"%b","client":'
            b'{"clientId":"bench-%d","kind":"headless","name":"bench","version":"1","maxInFlight":%d,'
            b'"readsRateLimitHeaders":true,"holdsToken":false,"holding":%b}}}'
            % (
                self.token.encode(),
                self.person,
                self._in_flight,
                msgspec.json.encode([id_.decode() for id_ in self._holding]),
            )
        )

    def heard(self, frame: bytes) -> None:
        now = time.monotonic()
        if b'"sync_progress"' in frame[:120]:
            return
        message = _decoder.decode(frame)
        data = message.data
        match message.type:
            case "response_ack":
                self._acknowledged(data.request_id.encode(), data.outcome, now)
            case "discogs_api_request":
                self._asked(Asked(data.request_id.encode(), data.url.encode(), data.attempt), now)
            case "authenticated":
                self.welcomed = True
                self._on_ready(self)
            case "sync_complete" if data.session_id == self.session_id:  # newcomers hear of earlier ones, too
                self._completed = True
                self._end_if_done()
            case "sync_error" | "error":
                self._on_over(self, f"{message.type}: {data.code} {data.message}")

    def ended(self) -> None:
        if not self.quiet or self._waiting:
            self.dropped = True
            self._waiting.clear()
            self._on_over(self, "")

    # --- answers ---

    def _asked(self, asked: Asked, now: float) -> None:
        if b"sort_order=asc" in asked.url:
            self._pages_asked += 1
        if self._to_follow:
            self._to_follow.popleft().followed = now
        if self.quiet:
            return
        if self._paced:
            self.in_hand.append(asked)
        else:
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        parts = pages.body(self._stock, self.person, asked.url, self._edition)
        head = (
            b'{"id":"a","type":"discogs_api_response","channel":"sync","action":"request_complete","data":{"requestId":"%b",'
            b'"attempt":%d,"status":200,"headers":%b,"body":' % (asked.request_id, asked.attempt, _HEADERS)
        )
        number = pages.page_asked(self._stock, asked.url)
        answered = Answered(number, time.monotonic())
        self._waiting[asked.request_id] = answered
        self._sent[asked.request_id] = asked
        self.answers.append(answered)
        # Another request follows for sure only while pages of the scan are waiting.
        if b"sort_order=asc" in asked.url and self._pages_asked < self._stock.pages_each:
            self._to_follow.append(answered)
        self.say(head, *parts, b"}}")

    def _acknowledged(self, request_id: bytes, outcome: str, now: float) -> None:
        answered = self._waiting.pop(request_id)
        answered.acknowledged = now
        del self._sent[request_id]
        # What was held may have been answered before, and its acknowledgement lost.
        if outcome != "accepted" and not (outcome == "duplicate" and request_id in self._holding):
            self._on_over(self, f"an answer was {outcome}")
        self._end_if_done()

    def _end_if_done(self) -> None:
        """Over once all is acknowledged. The end is told at once to all of a person's connections, so perhaps before the last acknowledgement."""
        if self._completed and not self._waiting:
            self._on_over(self, "")
