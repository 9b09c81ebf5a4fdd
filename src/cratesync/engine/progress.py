"""What a person is told: the share that is done, how long the rest takes, and why it waits."""

from enum import StrEnum

from msgspec import Struct

from cratesync.engine.learning import Learned
from cratesync.engine.pacing import Cause, Departure, Pace, Quota, allowance, departure, releases
from cratesync.engine.plan import Phase
from cratesync.engine.sentences import whose
from cratesync.engine.sync import Sync, SyncStatus
from cratesync.protocol.messages import SyncType

PAUSE_SHOWN_AFTER_SECONDS = 5.0
WAIT_TOLD_AFTER_SECONDS = 0.5
LATENCY_GUESS_SECONDS = 0.5


class Reason(StrEnum):
    """Why nothing leaves right now. The first three go with the status `paused`."""

    USER = "user"
    CLIENT_DISCONNECTED = "client_disconnected"
    RATE_LIMIT_EXCEEDED = "rate_limit_exceeded"
    PACING = "pacing"
    RETRYING = "retrying"
    WAITING_FOR_ANSWER = "waiting_for_answer"


class Outlook(Struct, frozen=True):
    """The user's whole queue at one moment: `waiting` requests not yet sent, of which the first may leave at `next_due`
    for its own sake and at `departure` for the pace's; `flying` ones under way. `ahead` wait before this sync's last one."""

    pace: Pace
    quota: Quota
    learned: Learned | None
    has_fetcher: bool
    in_flight_max: int
    latency_seconds: float | None
    waiting: int
    flying: int
    next_due: float | None
    now: float


class Standing(Struct, frozen=True):
    """What the wire shows of a sync's state. `resume_at` is on the steady clock."""

    status: str
    reason: Reason | None
    resume_at: float | None
    action: str
    seconds_left: float | None


def standing(sync: Sync, outlook: Outlook) -> Standing:
    """The shown state; of several reasons to wait the user's own comes first, then the client, then the quota."""
    if not sync.is_active:
        return Standing(sync.status.value, None, None, _ended_action(sync), None)
    if sync.status is SyncStatus.PAUSED:
        return Standing("paused", Reason.USER, None, "Paused by you", None)
    if not outlook.has_fetcher:
        return Standing("paused", Reason.CLIENT_DISCONNECTED, None, "Waiting for a client to connect", None)
    # What is not planned yet takes nobody knows how long.
    left = None if sync.plan.by_cursor and sync.plan.pages is None else seconds_left(outlook)
    leaves = _leaves(outlook)
    waits = leaves.at - outlook.now
    if outlook.waiting and leaves.cause is not Cause.NOTHING and waits > PAUSE_SHOWN_AFTER_SECONDS:
        return Standing(
            "paused", Reason.RATE_LIMIT_EXCEEDED, leaves.at, _wait_action(sync, leaves, waits), left
        )
    if outlook.waiting and leaves.cause is not Cause.NOTHING and waits > WAIT_TOLD_AFTER_SECONDS:
        return Standing(sync.status.value, Reason.PACING, leaves.at, _wait_action(sync, leaves, waits), left)
    if outlook.flying:
        return Standing(sync.status.value, Reason.WAITING_FOR_ANSWER, None, _doing(sync), left)
    if outlook.next_due is not None and outlook.next_due - outlook.now > WAIT_TOLD_AFTER_SECONDS:
        return Standing(
            sync.status.value,
            Reason.RETRYING,
            outlook.next_due,
            "Waiting to try a failed request again",
            left,
        )
    return Standing(sync.status.value, None, None, _doing(sync), left)


def seconds_left(outlook: Outlook) -> float | None:
    """How long the queue still takes by the same model that paces it.

    Each slot serves one call after the other, a window plus a call's latency apart. The n-th waiting call takes the n-th
    slot to become free; and no more than `in_flight_max` calls are ever under way, so one follows another by `gap`.
    """
    latency, now = _latency(outlook), outlook.now
    if outlook.waiting == 0:
        return latency if outlook.flying else 0.0
    limit = max(1, allowance(outlook.pace, outlook.quota, outlook.learned, now, queued=True))
    gap = latency / max(1, outlook.in_flight_max)
    held = max(0.0, _leaves(outlook).at - now)
    busy = [at - now for at in releases(outlook.pace, outlook.quota, now, latency_seconds=latency)]
    free = [0.0] * max(0, limit - len(busy)) + busy[max(0, len(busy) - limit) :]
    rounds, place = divmod(outlook.waiting - 1, limit)
    last_of_round = max(max(held, at) + (place - nth) * gap for nth, at in enumerate(free[: place + 1]))
    by_quota = last_of_round + rounds * max(outlook.quota.window_seconds + latency, limit * gap)
    by_flight = (outlook.waiting + outlook.flying - 1) * gap
    by_retry = 0.0 if outlook.next_due is None else outlook.next_due - now
    return max(by_quota, by_flight, by_retry) + latency


def in_words(seconds: float) -> str:
    """A duration as the design document shows it: "7 minutes"."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return _count(round(seconds), "second")
    if seconds < 90 * 60:
        return _count(round(seconds / 60), "minute")
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{_count(hours, 'hour')} {_count(minutes, 'minute')}" if minutes else _count(hours, "hour")


def records_word(kind: SyncType) -> str:
    """What the records of a list are called."""
    return "records" if kind == "collection" else "wants"


def _latency(outlook: Outlook) -> float:
    return LATENCY_GUESS_SECONDS if outlook.latency_seconds is None else outlook.latency_seconds


def _leaves(outlook: Outlook) -> Departure:
    return departure(
        outlook.pace,
        outlook.quota,
        outlook.learned,
        outlook.now,
        queued=True,
        latency_seconds=_latency(outlook),
    )


def _doing(sync: Sync) -> str:
    plan = sync.plan
    match plan.phase:
        case Phase.IDENTITY:
            return f"Checking the {plan.provider} token"
        case Phase.PROBE | Phase.WALK:
            return f"Looking for new {records_word(sync.kind)}"
        case Phase.OPENING:
            return f"Looking at the newest {records_word(sync.kind)}"
        case Phase.CLOSING:
            return "Making sure that nothing changed meanwhile"
        case Phase.REREAD:
            return "Reading pages again that grew old"
        case Phase.LOOKUP:
            return "Making sure that missing records are really gone"
        case Phase.RECHECK:
            return f"Reading all {records_word(sync.kind)} a second time, to be sure of what is gone"
        case Phase.SCAN if plan.pages is not None and plan.last_page < plan.pages:
            return f"Processing page {plan.last_page + 1} of {plan.pages}"
        case _:
            return f"Reading your {records_word(sync.kind)}"


def _wait_action(sync: Sync, leaves: Departure, waits: float) -> str:
    provider = sync.plan.provider
    if leaves.cause is Cause.THROTTLE:
        return f"{provider} asked for a rest; trying again in {in_words(waits)}"
    return f"Waiting {in_words(waits)} for {whose(provider)} rate limit"


def _ended_action(sync: Sync) -> str:
    return {SyncStatus.COMPLETED: "Done", SyncStatus.CANCELLED: "Cancelled"}.get(
        sync.status, sync.sentence or "Failed"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
