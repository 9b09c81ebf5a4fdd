"""When a mirror is synced without anybody asking. Instants come in and go out; nothing here knows the time.

Rule 1: nothing is due before a first sync was completed: `due_at` is empty until then.
Rule 2: what was missed collapses into one: `due_at` moves on only when a sync has ended.
Rule 3: a failed try leaves it due, and holds the next try back for an hour, then two, four, up to the schedule's own interval or a day.
"""

from datetime import datetime, time, timedelta
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from cratesync.engine.sync import SyncStatus

HOURS_MAX = 24 * 365

STARTS_SPREAD = timedelta(seconds=45)
AFTER_CONNECTING = timedelta(seconds=30)
CONNECTIONS_SPREAD = timedelta(seconds=15)
AFTER_A_FAILURE = timedelta(hours=1)
HELD_BACK_MAX = timedelta(days=1)
FRESH_ENOUGH = timedelta(hours=1)
OVERDUE_AFTER = timedelta(minutes=10)
FAILURES_MAX = 1000

_DAY = timedelta(days=1)


class Every(Struct, frozen=True, tag="every"):
    """Once in so many hours, counted from the last."""

    hours: Annotated[float, Meta(gt=0, le=HOURS_MAX)]

    @property
    def interval(self) -> timedelta:
        """The time between two."""
        return timedelta(hours=self.hours)

    def after_sync(self, ended_at: datetime) -> datetime:
        """When the next is due, if the last ended then."""
        return ended_at + self.interval

    def from_now(self, now: datetime, checked_at: datetime) -> datetime:
        """When the next is due, if this schedule is chosen now: at once where the mirror is too old for it."""
        return max(self.after_sync(checked_at), now)


class Daily(Struct, frozen=True, tag="daily"):
    """Once a day at a local time. `zone` is a name of the IANA time zone database."""

    at: time
    zone: str

    @property
    def interval(self) -> timedelta:
        """The time between two, but for the days on which the clocks change."""
        return _DAY

    def after_sync(self, ended_at: datetime) -> datetime:
        """When the next is due, if the last ended then; what was read within the hour before is fresh enough."""
        return self._first_after(ended_at + FRESH_ENOUGH)

    def from_now(self, now: datetime, checked_at: datetime) -> datetime:
        """When the next is due, if this schedule is chosen now: at once where the mirror is too old for it."""
        return now if now - checked_at > self.interval else self._first_after(now)

    def _first_after(self, moment: datetime) -> datetime:
        """A time that the clocks leap over is taken as if they had not; of one that comes twice the first is meant."""
        zone = ZoneInfo(self.zone)
        day = moment.astimezone(zone).date()
        while True:
            due = datetime.combine(day, self.at, zone).astimezone(moment.tzinfo)
            if due > moment:
                return due
            day += _DAY


class Off(Struct, frozen=True, tag="off"):
    """Only when somebody asks."""


Schedule: TypeAlias = Every | Daily | Off


class Due(Struct, frozen=True):
    """`due_at`: when the next sync is wanted. `try_at`: not before then, after `failures` failed tries in a row."""

    due_at: datetime | None = None
    try_at: datetime | None = None
    failures: int = 0

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been synced a while ago."""
        return self.due_at is not None and now - self.due_at > OVERDUE_AFTER


def after_sync(
    schedule: Schedule, due: Due, status: SyncStatus, *, scheduled: bool, ended_at: datetime
) -> Due:
    """What an ended sync of a mirror leaves due; `scheduled` says that it was the schedule's own."""
    match status:
        case SyncStatus.COMPLETED:
            return Due(due_at=_next(schedule, due if scheduled else Due(), ended_at))
        case SyncStatus.FAILED:
            failures = min(due.failures + 1, FAILURES_MAX)
            return structs.replace(due, try_at=ended_at + _held_back(schedule, failures), failures=failures)
        case SyncStatus.CANCELLED if scheduled:
            # Whoever cancels it does not want it a minute later.
            return structs.replace(due, due_at=_next(schedule, Due(), ended_at))
        case _:
            return due


def after_change(schedule: Schedule, due: Due, *, checked_at: datetime | None, now: datetime) -> Due:
    """What is due by a schedule that was chosen just now. What was due before stays so."""
    if checked_at is None or isinstance(schedule, Off):
        return structs.replace(due, due_at=None)
    if due.due_at is not None and due.due_at <= now:
        return due
    return structs.replace(due, due_at=schedule.from_now(now, checked_at))


def starts(due: Due, *, now: datetime, connected_for: timedelta, roll: float) -> bool:
    """Whether it is time: a little after it is due, and a little longer after a client came. `roll`, from 0 to 1, spreads
    the starts of many; the same mirror and due time should roll the same."""
    if due.due_at is None:
        return False
    wanted = due.due_at if due.try_at is None else max(due.due_at, due.try_at)
    return (
        wanted + roll * STARTS_SPREAD <= now and connected_for >= AFTER_CONNECTING + roll * CONNECTIONS_SPREAD
    )


def _next(schedule: Schedule, due: Due, ended_at: datetime) -> datetime | None:
    """Where the last one ran on time the next follows the same beat, so that days do not drift by the time that syncs take."""
    if isinstance(schedule, Off):
        return None
    if isinstance(schedule, Every) and due.due_at is not None:
        on_the_beat = due.due_at + schedule.interval
        if on_the_beat - ended_at >= schedule.interval / 2:
            return on_the_beat
    return schedule.after_sync(ended_at)


def _held_back(schedule: Schedule, failures: int) -> timedelta:
    interval = AFTER_A_FAILURE if isinstance(schedule, Off) else schedule.interval
    longest = min(max(AFTER_A_FAILURE, interval), HELD_BACK_MAX)
    doublings = min(failures - 1, 16)
    return min(AFTER_A_FAILURE * (1 << doublings), longest)
