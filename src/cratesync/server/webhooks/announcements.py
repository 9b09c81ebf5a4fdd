"""What webhooks are told: ids, counts and codes, never records, never secrets. Whoever is told reads the rest."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct

from cratesync.engine.sync import SyncStatus
from cratesync.protocol.messages import SyncType
from cratesync.server.reports import NOT_RETRYABLE, iso
from cratesync.server.store.change_counts import ChangeCounts
from cratesync.server.store.syncs import StoredSync


class Announcement(Struct, frozen=True, kw_only=True, rename="camel"):
    """The `data` of an event; `event` is its `type`."""

    event: ClassVar[str]

    user_id: UUID


class SyncCompleted(Announcement, frozen=True, kw_only=True):
    """A sync completed: its summary, and of its warnings the codes."""

    event = "sync.completed"

    session_id: str
    sync_type: SyncType
    added: int
    updated: int
    removed: int
    unchanged: int
    requests: int
    seconds: float
    verified: bool
    held_removals: int
    warnings: tuple[str, ...]


class SyncFailed(Announcement, frozen=True, kw_only=True):
    """A sync failed; `code` says why, `retryable` whether a retry makes sense before the user has done something."""

    event = "sync.failed"

    session_id: str
    sync_type: SyncType
    code: str
    retryable: bool


class TokenRejected(Announcement, frozen=True, kw_only=True):
    """The provider refused the user's token: nothing is synced until there is a new one."""

    event = "token.rejected"


class MirrorChanged(Announcement, frozen=True, kw_only=True):
    """A sync that ended changed records, or held removals were confirmed. The changes stand in the feed from
    `fromSeq` to `toSeq`, both included; those of another sync may lie between."""

    event = "mirror.changed"

    session_id: str
    sync_type: SyncType
    added: int
    updated: int
    removed: int
    restored: int
    from_seq: int
    to_seq: int


class MirrorOverdue(Announcement, frozen=True, kw_only=True):
    """The schedule wanted a sync a while ago, and none was completed since."""

    event = "mirror.overdue"

    sync_type: SyncType
    due_at: str
    checked_at: str | None


class Trial(Announcement, frozen=True, kw_only=True):
    """Somebody tries whether a webhook arrives."""

    event = "webhook.test"

    webhook_id: UUID


EVENTS = tuple(
    each.event for each in (SyncCompleted, SyncFailed, TokenRejected, MirrorChanged, MirrorOverdue)
)
"""What a webhook may want."""


class _Payload(Struct, frozen=True):
    type: str
    timestamp: str
    data: Announcement


def payload_of(announcement: Announcement, *, at: datetime) -> str:
    """The text that is signed and sent; each try sends the same."""
    return msgspec.json.encode(_Payload(announcement.event, iso(at), announcement)).decode()


def ended(stored: StoredSync) -> SyncCompleted | SyncFailed | None:
    """What is told of a sync that ended; nothing of a cancelled one: whoever cancelled it knows."""
    kind, summary = stored.sync.kind, stored.summary
    if stored.sync.status is SyncStatus.COMPLETED and summary is not None:
        return SyncCompleted(
            user_id=stored.user_id,
            session_id=stored.session_id,
            sync_type=kind,
            added=summary.added,
            updated=summary.updated,
            removed=summary.removed,
            unchanged=summary.unchanged,
            requests=summary.requests,
            seconds=summary.seconds,
            verified=summary.verified,
            held_removals=summary.held_removals,
            warnings=tuple(notice.code for notice in summary.warnings),
        )
    if stored.sync.status is SyncStatus.FAILED:
        code = stored.sync.code or "failed"
        return SyncFailed(
            user_id=stored.user_id,
            session_id=stored.session_id,
            sync_type=kind,
            code=code,
            retryable=code not in NOT_RETRYABLE,
        )
    return None


def changed(user_id: UUID, sync_id: UUID, kind: SyncType, counts: ChangeCounts) -> MirrorChanged:
    """What is told of changes."""
    return MirrorChanged(
        user_id=user_id,
        session_id=str(sync_id),
        sync_type=kind,
        added=counts.added,
        updated=counts.updated,
        removed=counts.removed,
        restored=counts.restored,
        from_seq=counts.first,
        to_seq=counts.last,
    )


def overdue(user_id: UUID, kind: SyncType, *, due_at: datetime, checked_at: datetime | None) -> MirrorOverdue:
    """What is told of a mirror that should have been synced."""
    return MirrorOverdue(
        user_id=user_id,
        sync_type=kind,
        due_at=iso(due_at),
        checked_at=None if checked_at is None else iso(checked_at),
    )
