"""A model of everything around the engine, in memory: a server, a store, a client and an API that are as bad as they can be.

It does with the engine what the server does, without a database or a socket, and checks after each step what must always
hold. Every method is one thing that can happen; what it happens to is chosen by a number, so that any list of pairs
(what, number) is a story.
"""

import msgspec
from msgspec import Struct, structs

from cratesync.engine import pacing
from cratesync.engine.effects import (
    Abandon,
    CompareScans,
    DropCandidates,
    Enqueue,
    Finish,
    Hold,
    ReleaseHeld,
    Remove,
    Stamp,
    Survey,
    WeighRemovals,
)
from cratesync.engine.events import (
    AccountNotFound,
    CancelAsked,
    Ended,
    IdentityArrived,
    LookupArrived,
    OrderRefused,
    PageMissing,
    PauseAsked,
    RequestFailed,
    RequestSent,
    ResumeAsked,
    RetryAsked,
    SideArrived,
)
from cratesync.engine.outcomes import (
    AccountMissing,
    BeyondTheEnd,
    Forbidden,
    IdentityRead,
    LookupRead,
    Refused,
    SideRead,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.outcomes import OrderRefused as OrderRefusedOutcome
from cratesync.engine.pacing import Pace, Quota
from cratesync.engine.plan import Phase, make_plan
from cratesync.engine.progress import Outlook, standing
from cratesync.engine.requests import (
    Request,
    RequestMove,
    RequestStatus,
    claim,
    is_side,
    judge,
    move,
    priority_of,
)
from cratesync.engine.retry import RetryPolicy
from cratesync.engine.scan import REREADS_MAX
from cratesync.engine.sync import IllegalMoveError, SyncStatus, advance, begin
from unit.engine.mirror import Mirror
from unit.engine.source import PageOfKeys, Source

LEASE_SECONDS = 90.0
RETRY = RetryPolicy(attempts_max=3)
FAULTS = (
    Transient("server_error", "A fault of its own."),
    Transient("timeout", "No answer in time."),
    Throttled(heard=True),
    Throttled(heard=False),
    Throttled(heard=True, retry_after_seconds=40.0),
    Transient("server_error", "A fault of its own."),
    Refused("oversize", "Too large."),
    AccountMissing(),
    TokenRefused(),
    Forbidden("Private."),
)


class Row(Struct):
    """A stored request."""

    request: Request
    left_over: bool = False


class Flight(Struct, frozen=True):
    """A call under way, and from its arrival at the API on what that said."""

    row: int
    attempt: int
    task: object
    account: str | None
    outcome: object = None


class World:
    """One user with one list. `Quota` is wide by default: the pace has tests of its own."""

    def __init__(self, source, *, kind="collection", quota=None, in_flight_max=4, seed=0):
        self.source, self.kind = source, kind
        self.quota = quota or Quota(calls=30, window_seconds=60.0, reserve=1)
        self.in_flight_max = in_flight_max
        self.now = 1_000.0
        self.pace, self.mirror = Pace(), Mirror()
        self.account = None
        self.sync, self.rows, self.flights, self.delivered = None, [], [], []
        self.finished, self.stamps, self.shown, self.runs = 0, [], 0.0, 0
        self.quiet_since = self.retried = None

    # --- what people do ---

    def start(self, *, full=False, page_limit=None, checked=True):
        if self.sync is not None and self.sync.is_active:
            return
        plan = make_plan(
            self.source.profile,
            self.kind,
            full_asked=full,
            full_due=not self.stamps,
            mirrored=len(self.mirror.live) - len(self.mirror.held),
            held=len(self.mirror.held),
            page_limit=page_limit,
        )
        self.mirror.pages, self.rows, self.flights, self.delivered = {}, [], [], []
        self.finished, self.runs, self.shown = 0, 1, 0.0
        self.quiet_since, self.retried = self.source.changes, False
        self.source.watch()
        known = self.account if checked else None
        self.sync, effects = begin(self.kind, plan, account=known, token_checked=known is not None)
        self._carry_out(effects)
        self.check()

    def cancel(self):
        self._ask(CancelAsked())

    def pause(self):
        self._ask(PauseAsked())

    def resume(self):
        self._ask(ResumeAsked())

    def retry(self):
        if self.sync is None or self.sync.status is not SyncStatus.FAILED:
            return
        failed = [row for row in self.rows if row.request.status is RequestStatus.FAILED]
        if not failed:
            return
        for row in failed:
            revived = move(row.request, RequestMove.REVIVE)
            row.request = structs.replace(revived, failures=0, due=None, lease_until=None)
            row.left_over = False
        sides = sum(1 for row in failed if is_side(row.request.task))
        self.runs += 1
        self.retried = True
        held = len(self.mirror.held)
        self._move(RetryAsked(len(failed) - sides, sides, len(self.mirror.live) - held, held))
        self.check()

    def end(self):
        """Something outside ends it."""
        self._ask(Ended("stale", "Nothing was heard of it."))

    def another_sync_ran(self):
        """Whatever this one noted as missing, a sync that came between has dropped."""
        if self.sync is not None and not self.sync.is_active:
            self.mirror.candidates = {}

    # --- what the server does by itself ---

    def send(self):
        """As many as pace and in-flight bound let go."""
        if self.sync is None or self.sync.status not in (SyncStatus.INITIATED, SyncStatus.IN_PROGRESS):
            return
        sent = sum(1 for row in self.rows if row.request.status is RequestStatus.SENT)
        for number in self._due()[: max(0, self.in_flight_max - sent)]:
            self.pace = pacing.loaded(self.pace, self.quota, lease_seconds=LEASE_SECONDS, now=self.now)
            if pacing.departure(self.pace, self.quota, None, self.now).at > self.now:
                break
            row, until = self.rows[number], self.now + LEASE_SECONDS
            row.request = claim(row.request, lease_until=until)
            self.pace = pacing.depart(
                self.pace, self.quota, key=row.request.key(), lease_until=until, now=self.now
            )
            self.flights.append(Flight(number, row.request.attempt, row.request.task, self.sync.account))
            if self.sync.status is SyncStatus.INITIATED:
                self._move(RequestSent())
        self.check()

    def expire(self):
        """Leases that ended count as tried."""
        for number, row in enumerate(self.rows):
            request = row.request
            if request.status is RequestStatus.SENT and request.lease_until <= self.now:
                silent = Transient("timeout", "The client did not answer in time.")
                verdict = judge(request, silent, attempt=None, policy=RETRY, roll=1.0, now=self.now)
                self.pace = pacing.lose(self.pace, [request.key()])
                self._settle(number, verdict)
                if verdict.move is RequestMove.SPEND and self.sync.is_active:
                    self._move(RequestFailed(request.task, silent.code, silent.sentence))
        self.check()

    def restart(self):
        """Another node takes over: all it knows is what was stored, and its clock may stand elsewhere."""
        self.pace = msgspec.json.decode(msgspec.json.encode(self.pace), type=Pace)
        if self.sync is not None:
            self.sync = msgspec.json.decode(msgspec.json.encode(self.sync), type=type(self.sync))
        self.now -= 30.0
        for row in self.rows:
            request = row.request
            if request.status is RequestStatus.SENT:
                row.request = structs.replace(
                    request, lease_until=min(request.lease_until, self.now + LEASE_SECONDS)
                )
        self.disconnect()

    def disconnect(self):
        """The socket is lost, another client takes over: requests go back, and their answers may still come late."""
        for row in self.rows:
            if row.request.status is RequestStatus.SENT:
                self.pace = pacing.lose(self.pace, [row.request.key()])
                row.request = structs.replace(move(row.request, RequestMove.GIVE_BACK), lease_until=None)
        self.check()

    def wait(self, seconds):
        self.now += seconds
        self.expire()

    # --- what happens to calls ---

    def arrive(self, which):
        """A call reaches the API, which answers it truly."""
        self._arrive(which, lambda flight: self.source.answer(flight.task, flight.account))

    def fail(self, which, fault):
        """A call comes to nothing."""
        self._arrive(which, lambda _: fault)

    def lose(self, which):
        """Nobody will ever hear of that call again."""
        if self.flights:
            self.flights.pop(which % len(self.flights))

    def deliver(self, which):
        """An answer reaches the server."""
        landed = [flight for flight in self.flights if flight.outcome is not None]
        if landed:
            flight = landed[which % len(landed)]
            self.flights.remove(flight)
            self.delivered.append(flight)
            self._take(flight)

    def repeat(self, which):
        """An answer reaches the server once more."""
        if self.delivered:
            self._take(self.delivered[which % len(self.delivered)])

    def answer(self, which=0):
        """A call arrives, and its answer too, at once."""
        if self.flights:
            which %= len(self.flights)
            self.arrive(which)
            self.flights.append(self.flights.pop(which))
            self.deliver(len([flight for flight in self.flights if flight.outcome is not None]) - 1)

    def round(self):
        """What may leave leaves, and all that is under way is answered."""
        self.send()
        while self.flights:
            self.answer()

    def run(self, *, steps=4_000):
        """Nothing goes wrong any more: go on until the sync has ended."""
        for _ in range(steps):
            if self.sync is None or not self.sync.is_active:
                return
            if self.sync.status is SyncStatus.PAUSED:
                self.resume()
            self.send()
            if self.flights:
                self.wait(0.1)
                self.answer()
            else:
                self.wait(self._idle_seconds())
        raise AssertionError(f"It goes on for ever: {self.sync}")

    # --- how the server does it ---

    def _ask(self, event):
        if self.sync is None:
            return
        try:
            self._move(event)
        except IllegalMoveError:
            return
        self.check()

    def _arrive(self, which, say):
        waiting = [place for place, flight in enumerate(self.flights) if flight.outcome is None]
        if waiting:
            place = waiting[which % len(waiting)]
            flight = self.flights[place]
            self.flights[place] = structs.replace(flight, outcome=say(flight))

    def _take(self, flight):
        row, now = self.rows[flight.row], self.now
        request, outcome = row.request, flight.outcome
        if not request.is_open():
            return
        key, hopeless = request.key(flight.attempt), False
        if isinstance(outcome, Throttled):
            self.pace, is_event = pacing.throttled(
                self.pace,
                self.quota,
                key=key,
                heard=outcome.heard,
                retry_after_seconds=outcome.retry_after_seconds,
                roll=0.5,
                now=now,
            )
            hopeless = is_event and self.pace.throttle.hopeless(now)
        else:
            self.pace = pacing.arrive(self.pace, self.quota, key=key, rate_limit=None, now=now)
        verdict = judge(request, outcome, attempt=flight.attempt, policy=RETRY, roll=0.5, now=now)
        self._settle(flight.row, verdict)
        if self.sync.is_active:
            event = self._event(request, outcome, verdict)
            if event is not None:
                self._move(event)
        if hopeless and self.sync.is_active:
            self._move(Ended("discogs_unreachable", "Not reached."))
        self.check()

    def _settle(self, number, verdict):
        if verdict.move is not None:
            row = self.rows[number]
            row.request = structs.replace(
                move(row.request, verdict.move), failures=verdict.failures, due=verdict.due, lease_until=None
            )

    def _event(self, request, outcome, verdict):
        task = request.task
        if verdict.move is RequestMove.SPEND:
            fatal = isinstance(outcome, TokenRefused) or (
                isinstance(outcome, Forbidden) and not is_side(task)
            )
            return RequestFailed(task, verdict.code, verdict.sentence, fatal=fatal)
        if verdict.move in (None, RequestMove.GIVE_BACK):
            return None
        match outcome:
            case AccountMissing():
                return AccountNotFound()
            case Transient():
                return None
            case IdentityRead(username=username):
                self.account = username
                return IdentityArrived(username, known=True)
            case SideRead():
                return SideArrived()
            case PageOfKeys():
                return self.mirror.ingest(task, outcome, self.now)
            case BeyondTheEnd():
                return PageMissing(task)
            case OrderRefusedOutcome():
                return OrderRefused(task)
            case LookupRead():
                self.mirror.judge_lookup(task.release_id, outcome)
                return LookupArrived()

    def _move(self, *events):
        waiting = list(events)
        while waiting:
            self.sync, effects = advance(self.sync, waiting.pop(0))
            waiting.extend(self._carry_out(effects))

    def _carry_out(self, effects):
        answers = [self._carry_out_one(effect) for effect in effects]
        return [answer for answer in answers if answer is not None]

    def _carry_out_one(self, effect):
        mirror = self.mirror
        match effect:
            case Enqueue(tasks=tasks):
                self.rows.extend(
                    Row(Request(str(len(self.rows) + nth), task)) for nth, task in enumerate(tasks)
                )
            case Survey(scan=scan):
                return mirror.survey(scan, self.now)
            case WeighRemovals():
                return mirror.weigh()
            case CompareScans(first=first, second=second):
                agrees = mirror.compare(first, second)
                return structs.replace(mirror.weigh(), agrees=agrees)
            case _:
                self._do(effect)
        return None

    def _do(self, effect):
        mirror = self.mirror
        match effect:
            case Remove():
                self._was_away(mirror.remove_absent())
            case Hold():
                mirror.held = mirror.absent()
                self._was_away(mirror.held)
            case ReleaseHeld():
                mirror.held = set()
            case DropCandidates():
                mirror.candidates = {}
            case Abandon():
                for row in self.rows:
                    if row.request.is_open():
                        row.request, row.left_over = move(row.request, RequestMove.ABANDON), True
            case Stamp():
                self.stamps.append(effect)
            case Finish():
                self.finished += 1
                if self.sync.status is not SyncStatus.FAILED:
                    mirror.pages = {}

    def _due(self):
        due = [
            number
            for number, row in enumerate(self.rows)
            if row.request.status in (RequestStatus.PENDING, RequestStatus.RETRYING)
            and (row.request.due is None or row.request.due <= self.now)
        ]
        return sorted(due, key=lambda number: (priority_of(self.rows[number].request.task), number))

    def _idle_seconds(self):
        moments = [pacing.departure(self.pace, self.quota, None, self.now).at]
        moments += [row.request.due for row in self.rows if row.request.due is not None]
        moments += [row.request.lease_until for row in self.rows if row.request.lease_until is not None]
        later = [moment - self.now for moment in moments if moment > self.now]
        return min(later, default=1.0) + 0.001

    # --- what must hold at every moment ---

    def check(self):
        if self.sync is None:
            return
        sync, standings = self.sync, [row.request.status for row in self.rows]
        left_over = sum(1 for row in self.rows if row.left_over)
        done = standings.count(RequestStatus.COMPLETED)
        failed = standings.count(RequestStatus.FAILED) - left_over
        waiting = [row for row in self.rows if row.request.is_open()]
        assert (sync.completed, sync.failed) == (done, failed), "the counters disagree with the requests"
        assert sync.total == len(self.rows)
        assert self.shown <= sync.percent <= 100.0, "the percentage fell"
        self.shown = sync.percent
        if sync.is_active:
            assert waiting, "an active sync has nothing that moves it on"
            assert sync.open == len(waiting)
            essential = sum(1 for row in waiting if not is_side(row.request.task))
            assert sync.plan.essential_open == essential, "the plan lost count"
            assert self.finished == self.runs - 1, "something ended that goes on"
            assert sync.percent < 100.0
        else:
            assert not waiting, "an ended sync still asks for something"
            assert self.finished == self.runs, "an end is told exactly once"
            assert (sync.percent == 100.0) == (sync.status is SyncStatus.COMPLETED)
            assert not self.mirror.candidates
        if sync.status is SyncStatus.COMPLETED:
            assert sync.plan.phase is Phase.DONE
            self._check_what_was_mirrored()
        self._check_what_is_told()

    def _check_what_was_mirrored(self):
        plan = self.sync.plan
        quiet = self.quiet_since == self.source.changes
        if not quiet or plan.page_limit is not None:
            return
        if plan.verified and not plan.held:
            assert self.mirror.shown == self.source.truth, "verified, and yet not the truth"
        lookup_failed = any(row.request.status is RequestStatus.FAILED for row in self.rows)
        if plan.full and not lookup_failed and plan.rereads_made < REREADS_MAX:
            assert plan.verified, "nothing changed, nothing failed, and yet nothing is proven"

    def told(self):
        """What a person is told right now."""
        waiting = sum(1 for row in self.rows if row.request.is_open())
        flying = sum(1 for row in self.rows if row.request.status is RequestStatus.SENT)
        outlook = Outlook(
            pace=self.pace,
            quota=self.quota,
            learned=None,
            has_fetcher=True,
            in_flight_max=self.in_flight_max,
            latency_seconds=0.1,
            waiting=waiting - flying,
            flying=flying,
            next_due=None,
            now=self.now,
        )
        return standing(self.sync, outlook)

    def _check_what_is_told(self):
        told = self.told()
        assert told.seconds_left is None or told.seconds_left >= 0
        assert (told.status == "paused") == (told.reason in ("user", "rate_limit_exceeded"))
        assert told.action

    def _was_away(self, gone):
        never_away = gone & (self.source.keys - self.source.missed)
        assert not never_away, f"{never_away} were there all the time"


def small_world(records=8, **options):
    """A world with an account that is known, and a list of so many records."""
    source = Source(records, sorts=options.pop("sorts", True), by_cursor=options.pop("by_cursor", False))
    world = World(source, **options)
    world.account = world.source.account
    return world


def mirrored_world(records=8, **options):
    """The same, after a first sync."""
    world = small_world(records, **options)
    world.start(full=True)
    world.run()
    assert world.sync.status is SyncStatus.COMPLETED
    return world
