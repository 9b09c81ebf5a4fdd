"""The schedule by which a user's mirrors are synced unasked."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Literal
from zoneinfo import available_timezones

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import structs

from cratesync.engine.schedule import HOURS_MAX, Daily, Every, Off, Schedule
from cratesync.protocol.messages import SyncType
from cratesync.server.accounts.auth import Identity
from cratesync.server.bodies import Body, Shape
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError
from cratesync.server.guards import requires
from cratesync.server.schedule_desk import ScheduleDesk, Timetable
from cratesync.server.store.sides import Mirror

_TAGS = ["Syncs"]
HOURS_MIN = 1.0
NO_PLACES = frozenset({"localtime", "Factory"})  # some systems list them, and they mean another thing on each

Mode = Literal["every", "daily", "off"]


class ScheduleBody(Body, frozen=True, kw_only=True):
    """`every` needs `everyHours` (1 to 8,760); `daily` needs `dailyAt` (`HH:MM`) and `timeZone` (an IANA name such as
    `Europe/Berlin`); `off` needs nothing else."""

    mode: str
    every_hours: float | None = None
    daily_at: str | None = None
    time_zone: str | None = None


class MirrorSchedule(Shape, frozen=True, kw_only=True):
    """A mirror's freshness and its next sync. `dueAt` is null before a first sync was completed by hand, and where the
    schedule is off; `notBefore` is set after failed tries."""

    sync_type: SyncType
    checked_at: datetime | None
    verified_at: datetime | None
    due_at: datetime | None
    not_before: datetime | None
    failures: int
    overdue: bool


class ScheduleShape(Shape, frozen=True, kw_only=True):
    """The schedule, whether the user chose it (or the server's usual one holds), and what it means."""

    mode: Mode
    every_hours: float | None
    daily_at: str | None
    time_zone: str | None
    chosen: bool
    mirrors: Sequence[MirrorSchedule]


@get("/api/users/me/schedule", guards=[requires("read")], tags=_TAGS, summary="When syncs run by themselves")
async def get_schedule(
    identity: NamedDependency[Identity],
    schedule_desk: NamedDependency[ScheduleDesk],
    clock: NamedDependency[Clock],
) -> ScheduleShape:
    """Due syncs start within a minute while a client is connected."""
    return _shown(await schedule_desk.timetable(identity.user_id), clock.now())


@put(
    "/api/users/me/schedule",
    guards=[requires("sync")],
    tags=_TAGS,
    summary="Choose when syncs run by themselves",
)
async def put_schedule(
    data: JSONBody[ScheduleBody],
    identity: NamedDependency[Identity],
    schedule_desk: NamedDependency[ScheduleDesk],
    clock: NamedDependency[Clock],
) -> ScheduleShape:
    """400 `invalid_schedule`."""
    await schedule_desk.choose(identity.user_id, _schedule(data))
    return _shown(await schedule_desk.timetable(identity.user_id), clock.now())


def _schedule(data: ScheduleBody) -> Schedule:
    given = {name for name in ("every_hours", "daily_at", "time_zone") if getattr(data, name) is not None}
    match data.mode:
        case "every" if given == {"every_hours"}:
            return Every(_hours(data.every_hours or 0.0))
        case "daily" if given == {"daily_at", "time_zone"}:
            return Daily(_time(data.daily_at or ""), _zone(data.time_zone or ""))
        case "off" if not given:
            return Off()
        case "every" | "daily" | "off":
            raise _invalid(
                "Give everyHours with mode every, dailyAt and timeZone with daily, and none of them with off."
            )
        case _:
            raise _invalid("The mode is one of every, daily and off.", field="mode")


def _hours(hours: float) -> float:
    if not HOURS_MIN <= hours <= HOURS_MAX:
        raise _invalid(f"everyHours goes from {HOURS_MIN:g} to {HOURS_MAX:,}.", field="everyHours")
    return hours


def _time(text: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or f"{at:%H:%M}" != text:
        raise _invalid("dailyAt is a time of day such as 03:30.", field="dailyAt")
    return at


def _zone(name: str) -> str:
    if name not in available_timezones() - NO_PLACES:
        raise _invalid("timeZone is a name such as Europe/Berlin or UTC.", field="timeZone")
    return name


def _invalid(sentence: str, field: str | None = None) -> ApiError:
    return ApiError("invalid_schedule", 400, sentence, field=field)


def _shown(timetable: Timetable, now: datetime) -> ScheduleShape:
    mirrors = [_mirror(mirror, now) for mirror in timetable.mirrors]
    shown = ScheduleShape(
        mode="off", every_hours=None, daily_at=None, time_zone=None, chosen=timetable.chosen, mirrors=mirrors
    )
    match timetable.schedule:
        case Every(hours=hours):
            return structs.replace(shown, mode="every", every_hours=hours)
        case Daily(at=at, zone=zone):
            return structs.replace(shown, mode="daily", daily_at=f"{at:%H:%M}", time_zone=zone)
        case Off():
            return shown


def _mirror(mirror: Mirror, now: datetime) -> MirrorSchedule:
    return MirrorSchedule(
        sync_type=mirror.kind,
        checked_at=mirror.checked_at,
        verified_at=mirror.verified_at,
        due_at=mirror.due.due_at,
        not_before=mirror.due.try_at,
        failures=mirror.due.failures,
        overdue=mirror.due.is_overdue(now),
    )
