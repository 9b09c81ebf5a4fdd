"""What `run` writes: a line a change of state. Never a URL's query, a header or a body."""

from collections.abc import Callable
from typing import assert_never

import msgspec

from cratesync.client.clock import Clock, format_instant
from cratesync.client.events import (
    Connected,
    Event,
    Lost,
    Misunderstood,
    NotTaken,
    PinsChanged,
    Refused,
    Unanswered,
)
from cratesync.protocol.messages import SyncComplete, SyncError, SyncProgress

SYNCS_MAX = 100
Field = str | int | float | bool | None


class Log:
    """One line an event: time, what happened, `name=value`. A supervisor dates the lines itself."""

    def __init__(self, write: Callable[[str], None], clock: Clock, *, dated: bool = True) -> None:
        self._write = write
        self._clock = clock
        self._dated = dated
        self._states: dict[str, tuple[str, str | None]] = {}

    def line(self, what: str, **fields: Field) -> None:
        """Write it. Fields that are not known are left out."""
        named = [f"{name}={_value(value)}" for name, value in fields.items() if value is not None]
        date = (format_instant(self._clock.now()),) if self._dated else ()
        self._write(" ".join((*date, what, *named)))

    def observe(self, event: Event) -> None:
        """Write what is worth a line."""
        match event:
            case Connected():
                self.line("connected", connection_id=event.connection_id, user_id=event.user_id)
            case Lost():
                self.line(
                    "disconnected",
                    why=event.why,
                    close_code=event.close_code,
                    retry_seconds=round(event.retry_seconds, 1),
                )
            case PinsChanged():
                self.line("keys_pinned", key_ids=",".join(event.key_ids), first=event.first)
            case Refused():
                self.line("request_refused", request_id=event.request_id, code=event.code)
            case Unanswered():
                self.line("request_unanswered", request_id=event.request_id, code=event.code)
            case NotTaken():
                self.line("request_not_taken", request_id=event.request_id)
            case Misunderstood():
                self.line("message_not_understood", code=event.code, why=event.sentence)
            case SyncProgress():
                self._progress(event)
            case SyncComplete(data=done):
                self._states.pop(done.session_id, None)
                summary = done.summary
                self.line(
                    "sync_completed",
                    sync_id=done.session_id,
                    added=summary.added,
                    updated=summary.updated,
                    removed=summary.removed,
                )
            case SyncError(data=failure):
                self._states.pop(failure.session_id, None)
                self.line("sync_failed", sync_id=failure.session_id, code=failure.code, why=failure.message)
            case _:
                assert_never(event)

    def _progress(self, event: SyncProgress) -> None:
        progress = event.data
        state = (progress.status, progress.reason if progress.status == "paused" else None)
        if self._states.get(progress.session_id) == state:
            return
        self._states[progress.session_id] = state
        while len(self._states) > SYNCS_MAX:
            del self._states[next(iter(self._states))]
        self.line(
            f"sync_{progress.status}",
            sync_id=progress.session_id,
            sync_type=progress.sync_type,
            reason=state[1],
            resume_at=progress.resume_at if state[1] else None,
        )


def _value(value: Field) -> str:
    text = str(value)
    return (
        text if text.isprintable() and not set(text) & {" ", '"', "="} else msgspec.json.encode(text).decode()
    )
