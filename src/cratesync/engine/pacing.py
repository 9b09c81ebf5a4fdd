"""When the next request may leave: a pure function of the calls made, what the API said, the last throttle, and now.

The API counts arrivals in a moving window, and send times do not bound arrivals. So a slot is in use from the send until
one window after the answer arrived (after the lease's end where none came): at every moment the slots in use are at
least the arrivals that the API still counts. All times are seconds of one steady clock.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct, structs

from cratesync.engine.learning import Learned
from cratesync.engine.provider import RateLimit
from cratesync.engine.throttle import Throttle, hold_longest_seconds, next_throttle

CALLS_FOR_EACH_KEPT = 30


class Quota(Struct, frozen=True):
    """`calls` in any `window_seconds`, less a `reserve` for the user's other programs."""

    calls: int
    window_seconds: float
    reserve: int

    @property
    def usable(self) -> int:
        """What we may use at the very most; one call at least, or nothing would ever move."""
        return max(1, self.calls - self.reserve)

    @property
    def kept(self) -> int:
        """What queued calls leave free, so that a call that a person waits for need not wait for a window to pass."""
        return self.calls // CALLS_FOR_EACH_KEPT


class Slot(Struct, frozen=True, array_like=True):
    """One call that the API may still be counting. `lost` says that nobody waits for its answer any more."""

    key: str
    sent: float
    lease_until: float
    answered: float | None = None
    lost: bool = False

    def frees_at(self, window_seconds: float) -> float:
        """The first moment at which the API surely counts it no more."""
        seen_by_then = self.lease_until if self.answered is None else min(self.answered, self.lease_until)
        return seen_by_then + window_seconds

    def in_flight(self, now: float) -> bool:
        """Whether its answer may still come."""
        return self.answered is None and not self.lost and now < self.lease_until


class Hint(Struct, frozen=True, array_like=True):
    """What the API's own numbers say of others who spend the same quota. It may only lower the pace, never raise it."""

    limit: int
    others: int
    until: float


class Pace(Struct, frozen=True):
    """All that is remembered of one user's calls. `turned_away` is when the last throttle event was: calls sent before it
    belong to it, even when a good answer has ended the throttle meanwhile."""

    slots: tuple[Slot, ...] = ()
    hint: Hint | None = None
    throttle: Throttle | None = None
    turned_away: float | None = None


class Cause(StrEnum):
    """Why a request has to wait."""

    NOTHING = "nothing"
    QUOTA = "quota"
    THROTTLE = "throttle"


class Departure(Struct, frozen=True):
    """The earliest moment for the next call, as far as is known now, and what it waits for."""

    at: float
    cause: Cause


def departure(
    pace: Pace,
    quota: Quota,
    learned: Learned | None,
    now: float,
    *,
    queued: bool = False,
    latency_seconds: float | None = None,
) -> Departure:
    """When the next call may leave. `learned` is given where the client cannot read the API's rate headers.

    A `queued` call leaves a share of the quota to those that a person waits for (docs/decisions/0010). Answers under way may
    take until their leases end; with `latency_seconds` they are expected then (to tell people).
    """
    if pace.throttle is not None:
        # By what is believed of a hidden quota nothing more would fit, so a probe too would be turned away.
        limit = _most(quota, learned, queued=queued)
        return _probe_departure(pace, pace.throttle, quota, limit, now, latency_seconds)
    limit = allowance(pace, quota, learned, now, queued=queued)
    used = len(releases(pace, quota, now))
    if learned is not None:
        if learned.may_try_more(used, quota.calls, now) and not _flying(pace, now):
            limit = min(limit + 1, _most(quota, None, queued=queued))
    elif pace.hint is not None and pace.hint.until <= now:
        # What was seen of others has aged: one call looks again before a burst leaves.
        limit = min(limit, used if _flying(pace, now) else used + 1)
    at = _slot_free_at(pace, quota, limit, now, latency_seconds)
    return Departure(at, Cause.NOTHING if at <= now else Cause.QUOTA)


def allowance(pace: Pace, quota: Quota, learned: Learned | None, now: float, *, queued: bool = False) -> int:
    """How many slots may be in use at once right now; fewer where the next call is a `queued` one."""
    limit = _most(quota, learned, queued=queued)
    if learned is not None or pace.hint is None or pace.hint.until <= now:
        return limit
    left = pace.hint.limit - quota.reserve - pace.hint.others
    return max(0, min(limit, _less_kept(left, quota) if queued else left))


def depart(pace: Pace, quota: Quota, *, key: str, lease_until: float, now: float) -> Pace:
    """A call leaves."""
    slots = (*_still_telling(pace.slots, quota, now), Slot(key, now, lease_until))
    return structs.replace(pace, slots=slots)


def arrive(pace: Pace, quota: Quota, *, key: str, rate_limit: RateLimit | None, now: float) -> Pace:
    """An HTTP answer arrived that was no throttle: whatever throttle there was is over."""
    slot = _find(pace, key)
    throttle = pace.throttle
    if throttle is not None and slot is not None and slot.sent > throttle.last:
        throttle = None
    return structs.replace(
        pace,
        slots=_answered(pace.slots, slot, now),
        hint=_hint(pace, quota, slot, rate_limit, now),
        throttle=throttle,
    )


def end_unanswered(pace: Pace, *, key: str, now: float) -> Pace:
    """A call ended without an HTTP answer that could tell anything; the API may have counted it until now."""
    return structs.replace(pace, slots=_answered(pace.slots, _find(pace, key), now))


def throttled(
    pace: Pace,
    quota: Quota,
    *,
    key: str,
    heard: bool,
    retry_after_seconds: float | None,
    roll: float,
    now: float,
) -> tuple[Pace, bool]:
    """A call was turned away, or failed in a way that may hide that. `roll` is a random number in [0, 1).

    However many calls were under way at that moment, they make one throttle event: the flag tells whether this was it. A
    repeat, and a call so old that it left the ledger, say nothing of now.
    """
    slot = _find(pace, key)
    slots = _answered(pace.slots, slot, now)
    if slot is None or (pace.turned_away is not None and slot.sent <= pace.turned_away):
        return structs.replace(pace, slots=slots), False
    throttle = next_throttle(
        pace.throttle,
        window_seconds=quota.window_seconds,
        heard=heard,
        retry_after_seconds=retry_after_seconds,
        roll=roll,
        now=now,
    )
    return structs.replace(pace, slots=slots, throttle=throttle, turned_away=now), True


def lose(pace: Pace, keys: Iterable[str]) -> Pace:
    """Nobody will hear the answers of these calls; the API may count them all the same."""
    lost = frozenset(keys)
    return structs.replace(
        pace,
        slots=tuple(structs.replace(slot, lost=True) if slot.key in lost else slot for slot in pace.slots),
    )


def loaded(pace: Pace, quota: Quota, *, lease_seconds: float, now: float) -> Pace:
    """A ledger written by another process, whose clock may have stood elsewhere: what lies in the future counts as now."""
    hint, throttle = pace.hint, pace.throttle
    return Pace(
        slots=tuple(
            Slot(
                slot.key,
                min(slot.sent, now),
                min(slot.lease_until, now + lease_seconds),
                None if slot.answered is None else min(slot.answered, now),
                slot.lost,
            )
            for slot in pace.slots
        ),
        hint=None
        if hint is None
        else Hint(hint.limit, hint.others, min(hint.until, now + quota.window_seconds)),
        throttle=None
        if throttle is None
        else structs.replace(
            throttle,
            since=min(throttle.since, now),
            last=min(throttle.last, now),
            hold_until=min(throttle.hold_until, now + hold_longest_seconds(quota.window_seconds)),
        ),
        turned_away=None if pace.turned_away is None else min(pace.turned_away, now),
    )


def sent_within(pace: Pace, seconds: float, now: float) -> int:
    """How many calls left within the last so many seconds."""
    return sum(1 for slot in pace.slots if slot.sent > now - seconds)


def releases(pace: Pace, quota: Quota, now: float, *, latency_seconds: float | None = None) -> list[float]:
    """The moments at which the slots in use become free again, soonest first."""
    window = quota.window_seconds
    moments = []
    for slot in pace.slots:
        free = slot.frees_at(window)
        if latency_seconds is not None and slot.in_flight(now):
            free = min(free, max(now, slot.sent + latency_seconds) + window)
        if free > now:
            moments.append(free)
    return sorted(moments)


def _most(quota: Quota, learned: Learned | None, *, queued: bool) -> int:
    """How many slots may be in use at once, as far as others leave them.

    What was learned is all for queued calls, since it stays below the limit on purpose: people's go a share beyond it.
    """
    limit = _less_kept(quota.usable, quota) if queued else quota.usable
    return limit if learned is None else min(limit, learned.budget + (0 if queued else quota.kept))


def _less_kept(limit: int, quota: Quota) -> int:
    """What is left for queued calls; one call at least, where there is any, or no sync would ever move."""
    return max(min(limit, 1), limit - quota.kept)


def _probe_departure(
    pace: Pace, throttle: Throttle, quota: Quota, limit: int, now: float, latency_seconds: float | None
) -> Departure:
    """After a throttle one call alone is sent, to see. A hint does not count: the probe is what tells anew."""
    probe = next((slot for slot in pace.slots if slot.sent > throttle.last and slot.in_flight(now)), None)
    if probe is not None:
        at = probe.lease_until if latency_seconds is None else max(now, probe.sent + latency_seconds)
        return Departure(at, Cause.THROTTLE)
    at = max(throttle.hold_until, _slot_free_at(pace, quota, limit, now, latency_seconds))
    return Departure(max(at, now), Cause.NOTHING if at <= now else Cause.THROTTLE)


def _slot_free_at(pace: Pace, quota: Quota, limit: int, now: float, latency_seconds: float | None) -> float:
    free_again = releases(pace, quota, now, latency_seconds=latency_seconds)
    if len(free_again) < limit:
        return now
    if limit <= 0:
        # The quota is spent by others: look again when that observation has aged, or when a slot of ours frees.
        return pace.hint.until if pace.hint is not None else free_again[-1]
    return free_again[len(free_again) - limit]


def _flying(pace: Pace, now: float) -> bool:
    return any(slot.in_flight(now) for slot in pace.slots)


def _find(pace: Pace, key: str) -> Slot | None:
    return next((slot for slot in reversed(pace.slots) if slot.key == key and slot.answered is None), None)


def _answered(slots: tuple[Slot, ...], answered: Slot | None, now: float) -> tuple[Slot, ...]:
    if answered is None:
        return slots
    return tuple(structs.replace(slot, answered=now) if slot is answered else slot for slot in slots)


def _still_telling(slots: tuple[Slot, ...], quota: Quota, now: float) -> tuple[Slot, ...]:
    """The slots in use, and those that were while a call now under way was: they explain numbers yet to come."""
    oldest_flight = min((slot.sent for slot in slots if slot.in_flight(now)), default=now)
    return tuple(slot for slot in slots if slot.frees_at(quota.window_seconds) > oldest_flight)


def _hint(pace: Pace, quota: Quota, slot: Slot | None, seen: RateLimit | None, now: float) -> Hint | None:
    """The API's counter lags by a call and is not monotonic, so it is compared with the most that can be our own:
    every slot that was in use at any moment between this call's send and now."""
    if seen is None or slot is None:
        return pace.hint
    limit = quota.calls if seen.limit is None else min(seen.limit, quota.calls)
    used = seen.used
    if used is None and seen.remaining is not None:
        used = max(0, (seen.limit or quota.calls) - seen.remaining)
    ours = sum(1 for other in pace.slots if other.frees_at(quota.window_seconds) >= slot.sent)
    others = 0 if used is None else max(0, used - ours)
    if others == 0 and limit >= quota.calls:
        return None
    return Hint(limit, others, now + quota.window_seconds)
