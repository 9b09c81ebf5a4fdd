"""Calls in simulated time: an API that counts arrivals in a moving window, and a server that paces by the engine.

Nothing here waits. Delays, losses and restarts come from a seeded random number generator, so a seed is a story.
"""

import heapq
import itertools
from bisect import bisect_right
from math import ceil
from random import Random

import msgspec
from msgspec import Struct

from cratesync.engine import learning, pacing
from cratesync.engine.learning import unlearned
from cratesync.engine.pacing import Cause, Pace
from cratesync.engine.progress import Outlook, seconds_left
from cratesync.engine.provider import RateLimit

LEASE_SECONDS = 90.0
LATENCY_WEIGHT = 0.2
ROUNDING = 1e-6


class Api:
    """Counts every call that arrives, those it turns away too: `ours` are the arrivals of the calls under test.

    `slots_a_call` is 2 where a preflight counts. `others` are arrival times of other programs, never turned away.
    """

    def __init__(self, limit, window_seconds, *, slots_a_call=1, others=(), count_refused=False):
        self.limit, self.window_seconds, self.slots_a_call = limit, window_seconds, slots_a_call
        self.count_refused = count_refused
        self.others = sorted(others)
        self.ours, self.counted, self.refused = [], [], 0

    def arrive(self, now):
        """Whether the call is let through, and how many slots were in use before it."""
        used = self.used(now)
        accepted = used + self.slots_a_call <= self.limit
        self.ours.append(now)
        self.refused += not accepted
        if accepted or self.count_refused:
            self.counted.append(now)
        return accepted, used

    def used(self, now):
        return self.slots_a_call * _within(self.counted, now, self.window_seconds) + _within(
            self.others, now, self.window_seconds
        )

    def most_in_a_window(self):
        """The most of our arrivals that ever fell into one window."""
        return max((_within(self.ours, at, self.window_seconds) for at in self.ours), default=0)


def _within(moments, now, window_seconds):
    """How many of these sorted moments lie in the window that ends now."""
    return bisect_right(moments, now) - bisect_right(moments, now - window_seconds + ROUNDING)


class Weather(Struct, frozen=True):
    """How bad the way to the API is; rates are shares of calls, delays are the longest. At a restart the server's clock may
    be set back by up to `steps_back_seconds`."""

    before_arrival_seconds: float = 0.1
    before_answer_seconds: float = 0.1
    lost: float = 0.0
    answer_lost: float = 0.0
    restarts: float = 0.0
    steps_back_seconds: float = 0.0
    steady: bool = False


class Traffic:
    """Sends so many calls through a pace, and keeps the time."""

    def __init__(
        self,
        quota,
        api,
        *,
        calls,
        in_flight_max=4,
        weather=None,
        blind=False,
        learned=None,
        headers=False,
        seed=0,
        start=0.0,
        asked_for=(),
    ):
        """`asked_for` are the moments, from the start, at which a person asks for a call of their own."""
        self.quota, self.api, self.in_flight_max = quota, api, in_flight_max
        self.weather = weather or Weather()
        self.random = Random(seed)
        self.pace = Pace()
        self.learned = learned or (unlearned(quota.calls) if blind else None)
        self.headers = headers
        self.start = self.now = start
        self._behind = 0.0
        self.calls, self.waiting, self.answered = calls, calls, 0
        self.latency = None
        self.throttles, self.budgets, self.estimates = [], [], []
        self.in_use_after_queued = []
        self.asked, self.person_waited = [], []
        self._flying, self._events, self._numbers = set(), [], itertools.count()
        self._asked_by_key = {}
        self._wake_at = None
        for moment in asked_for:
            self._at(start + moment, self._ask)

    def run(self, *, events=200_000):
        """Until every call was answered; the seconds that took."""
        self._leave()
        for _ in range(events):
            if self.answered == self.calls and not self.asked and not self._asked_by_key:
                return self.now - self.start
            if not self._events:
                raise AssertionError(f"Nothing moves any more: {self.pace}")
            at, _, happen, *details = heapq.heappop(self._events)
            self.now = max(self.now, at)
            happen(*details)
            self._leave()
        raise AssertionError(f"It goes on for ever: {self.answered} of {self.calls}")

    @property
    def steady(self):
        """What the server's own clock says."""
        return self.now - self._behind

    def _leave(self):
        while (self.waiting or self.asked) and len(self._flying) < self.in_flight_max:
            self.pace = pacing.loaded(self.pace, self.quota, lease_seconds=LEASE_SECONDS, now=self.steady)
            leaves = pacing.departure(self.pace, self.quota, self.learned, self.steady, queued=not self.asked)
            if leaves.at > self.steady:
                assert leaves.cause is not Cause.NOTHING
                self._wake(leaves.at + self._behind + ROUNDING)
                return
            self._send()

    def _wake(self, at):
        if self._wake_at is None or at < self._wake_at or self._wake_at <= self.now:
            self._wake_at = at
            self._at(at, self._woken)

    def _woken(self):
        self._wake_at = None

    def _send(self):
        key = f"call:{next(self._numbers)}"
        until = self.steady + LEASE_SECONDS
        self.pace = pacing.depart(self.pace, self.quota, key=key, lease_until=until, now=self.steady)
        if self.asked:
            self._asked_by_key[key] = self.asked.pop(0)
            self.person_waited.append(self.now - self._asked_by_key[key])
        else:
            self.waiting -= 1
            self.in_use_after_queued.append(len(pacing.releases(self.pace, self.quota, self.steady)))
        self._flying.add(key)
        there, back = self._delays()
        fate = self.random.random()
        if fate < self.weather.lost:
            self._at(self.now + self.random.random() * LEASE_SECONDS, self._lose, key)
        elif fate < self.weather.lost + self.weather.answer_lost:
            # The server gives up on it at any moment; the client's call may arrive before that or after.
            self._at(self.now + self.random.random() * LEASE_SECONDS, self._lose, key)
            self._at(self.now + self.random.random() * LEASE_SECONDS, self._arrive_unheard)
        else:
            self._at(self.now + there, self._arrive, key, self.now, back)
        if self.random.random() < self.weather.restarts:
            self._at(self.now + self.random.random() * 30.0, self._restart)

    def _delays(self):
        there, back = self.weather.before_arrival_seconds, self.weather.before_answer_seconds
        if self.weather.steady:
            return there, back
        return there * self.random.random(), back * self.random.random()

    def _arrive(self, key, sent, back):
        accepted, used = self.api.arrive(self.now)
        self._at(self.now + back, self._answer, key, sent, accepted, used)

    def _answer(self, key, sent, accepted, used):
        still_wanted = key in self._flying
        self._flying.discard(key)
        known = any(slot.key == key and slot.answered is None for slot in self.pace.slots)
        if known and accepted:
            self._good_answer(key, sent, used)
        elif known:
            self._throttled(key)
        if still_wanted and accepted and key in self._asked_by_key:
            del self._asked_by_key[key]
        elif still_wanted and accepted:
            self.answered += 1
            self._estimate()
        elif still_wanted:
            self._want_again(key)

    def _good_answer(self, key, sent, used):
        limit = RateLimit(self.api.limit, used, max(0, self.api.limit - used)) if self.headers else None
        self.pace = pacing.arrive(self.pace, self.quota, key=key, rate_limit=limit, now=self.steady)
        took = self.now - sent
        self.latency = took if self.latency is None else self.latency + LATENCY_WEIGHT * (took - self.latency)
        if self.learned is not None:
            within = pacing.sent_within(self.pace, self.quota.window_seconds, self.steady)
            self.learned = learning.after_answer(
                self.learned, sent_in_window=within, calls=self.quota.calls, now=self.steady
            )
            self.budgets.append(self.learned.budget)

    def _throttled(self, key):
        within = pacing.sent_within(self.pace, self.quota.window_seconds, self.steady)
        self.pace, is_event = pacing.throttled(
            self.pace,
            self.quota,
            key=key,
            heard=self.headers,
            retry_after_seconds=None,
            roll=self.random.random(),
            now=self.steady,
        )
        if is_event:
            self.throttles.append(self.now)
            if self.pace.throttle.count == 1 and self.learned is not None:
                self.learned = learning.after_throttle(
                    self.learned,
                    sent_in_window=within,
                    calls=self.quota.calls,
                    window_seconds=self.quota.window_seconds,
                    now=self.steady,
                )

    def _lose(self, key):
        """Its connection is gone: somebody else makes the call again."""
        if key in self._flying:
            self._flying.discard(key)
            self.pace = pacing.lose(self.pace, [key])
            self._want_again(key)

    def _want_again(self, key):
        if key in self._asked_by_key:
            self.asked.append(self._asked_by_key.pop(key))
        else:
            self.waiting += 1

    def _ask(self):
        self.asked.append(self.now)

    def _restart(self):
        """The process dies and another loads what it wrote; whatever was under way goes back into the queue."""
        self.pace = msgspec.json.decode(msgspec.json.encode(self.pace), type=Pace)
        self._behind += self.random.random() * self.weather.steps_back_seconds
        for key in sorted(self._flying):
            self._lose(key)

    def _estimate(self):
        outlook = Outlook(
            pace=self.pace,
            quota=self.quota,
            learned=self.learned,
            has_fetcher=True,
            in_flight_max=self.in_flight_max,
            latency_seconds=self.latency,
            waiting=self.waiting,
            flying=len(self._flying),
            next_due=None,
            now=self.steady,
        )
        self.estimates.append((self.answered, self.now, seconds_left(outlook)))

    def _at(self, when, happen, *details):
        heapq.heappush(self._events, (when, next(self._numbers), happen, *details))

    def _arrive_unheard(self):
        self.api.arrive(self.now)


def best_seconds(calls, *, a_window, window_seconds, in_flight_max, latency_seconds):
    """The shortest time for so many calls by any schedule that never has more than `a_window` arrivals in a window."""
    windows, last = divmod(calls - 1, a_window)
    rest = ceil((last + 1) / in_flight_max) * latency_seconds
    return max(windows * window_seconds + rest, ceil(calls / in_flight_max) * latency_seconds)
