"""What is said of a sync, in a few words each. Pure."""

from collections import deque
from datetime import datetime

from cratesync.client.api import Schedule
from cratesync.client.clock import parse_instant
from cratesync.protocol.messages import Progress, Summary, SyncType

RATE_SECONDS = 60.0
_WAITS = {
    "user": "paused by you",
    "client_disconnected": "waiting for a client to connect",
    "rate_limit_exceeded": "waiting for Discogs' quota",
    "pacing": "waiting for Discogs' quota",
    "retrying": "waiting to try a failed call again",
    "waiting_for_answer": "waiting for Discogs' answer",
}
_BRIEF = frozenset({"pacing", "waiting_for_answer"})


def plain(text: str) -> str:
    """Without the characters that a terminal would obey instead of showing."""
    return "".join(sign for sign in text if sign.isprintable())


def records(sync_type: SyncType) -> str:
    """What the items are called."""
    return "records" if sync_type == "collection" else "wants"


def counts(progress: Progress) -> str:
    """How far it is: calls and items, done and expected."""
    calls = f"{progress.completed_requests}/{progress.total_requests} calls"
    if progress.failed_requests:
        calls += f" ({progress.failed_requests} failed)"
    if progress.items_total is None:
        return f"{calls}, {progress.items_done:,} {records(progress.sync_type)}"
    return f"{calls}, {progress.items_done:,}/{progress.items_total:,} {records(progress.sync_type)}"


def doing(progress: Progress, now: datetime) -> str:
    """What it is doing; or why it waits, and until when (on the user's own clock)."""
    action = plain(progress.current_action or "")
    if progress.reason is None or (progress.reason in _BRIEF and _until(progress, now) is None):
        return action
    waits = _WAITS.get(progress.reason) or action or plain(progress.reason)
    until = _until(progress, now)
    return waits if until is None else f"{waits} until {until}"


def _until(progress: Progress, now: datetime) -> str | None:
    if progress.resume_at is None:
        return None
    try:
        resume_at = parse_instant(progress.resume_at)
    except ValueError:
        return None
    if resume_at <= now:
        return None
    return f"{resume_at.astimezone():%H:%M:%S} ({left((resume_at - now).total_seconds())})"


def left(seconds: float) -> str:
    """A duration, as short as a bar needs it: `45 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 0)} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"


def time_left(progress: Progress) -> str:
    """How much longer, as the server reckons."""
    if progress.estimated_seconds_left is not None:
        return f"{left(progress.estimated_seconds_left)} left"
    return f"{plain(progress.estimated_time_left)} left" if progress.estimated_time_left else ""


def summary_lines(sync_type: SyncType, summary: Summary) -> list[str]:
    """The result, for a person."""
    changes = f"{summary.added} added, {summary.updated} updated, {summary.removed} removed, {summary.unchanged} unchanged"
    lines = [f"{changes}; {summary.requests} calls in {left(summary.seconds)}."]
    if summary.held_removals:
        lines.append(
            f"{summary.held_removals} {records(sync_type)} seem to be gone from Discogs. They are kept until you "
            "confirm or refuse that on the Sync page."
        )
    lines += [f"Note: {warning.message}" for warning in summary.warnings]
    return lines


class Rate:
    """Items a minute, over the last while."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, items_done: int, monotonic: float) -> None:
        """So many items were done at this reading of the monotonic clock."""
        if self._seen and items_done < self._seen[-1][1]:
            self._seen.clear()  # a scan was begun again
        self._seen.append((monotonic, items_done))
        while len(self._seen) > 2 and self._seen[1][0] < monotonic - RATE_SECONDS:
            self._seen.popleft()

    def text(self) -> str:
        """`1,200/min`, or nothing while there is nothing to reckon with."""
        if len(self._seen) < 2:
            return ""
        (began, before), (now, after) = self._seen[0], self._seen[-1]
        if now <= began or after == before:
            return ""
        return f"{round((after - before) * 60 / (now - began)):,}/min"


def schedule_line(schedule: Schedule) -> str:
    """How often it syncs by itself, and when it does next."""
    match schedule.mode:
        case "every" if schedule.every_hours is not None:
            rhythm = f"every {schedule.every_hours:g} hours"
        case "daily":
            rhythm = f"daily at {schedule.daily_at} ({schedule.time_zone})"
        case _:
            return schedule.mode
    due = [
        f"{mirror.sync_type} {'overdue since' if mirror.overdue else 'due'} {mirror.due_at}"
        for mirror in schedule.mirrors
        if mirror.due_at
    ]
    return f"{rhythm}; " + (", ".join(due) or "it begins after a first sync by hand")
