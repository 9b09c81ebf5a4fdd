"""Syncs: start one, watch it, steer it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, Parameter
from msgspec import Meta

from cratesync.protocol.messages import Summary, SyncType
from cratesync.server.accounts.auth import Identity
from cratesync.server.bodies import Body, Shape
from cratesync.server.edge import ApiError, not_found
from cratesync.server.guards import requires
from cratesync.server.orchestrator import Orchestrator, SyncOrder
from cratesync.server.quota_view import QuotaView, RateLimitShape
from cratesync.server.reports import Report, parse_sync_id, progress_message
from cratesync.server.store import syncs
from cratesync.server.store.database import Database
from cratesync.server.store.syncs import StoredSync

_TAGS = ["Syncs"]
HISTORY_SYNCS = 20
HISTORY_SYNCS_MAX = 100
PAGE_LIMIT_MAX = 100_000

SessionId = Annotated[str, Parameter(max_length=100, description="The sync's `sessionId`.")]


class SyncBody(Body, frozen=True, kw_only=True):
    """What to sync. `fullSync` reads every page; `pageLimit` reads that many at most and never removes anything."""

    sync_type: str
    full_sync: bool = False
    page_limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT_MAX)] | None = None


class Started(Shape, frozen=True, kw_only=True):
    """The new sync."""

    session_id: str
    status: str
    message: str


class SyncStatusShape(Shape, frozen=True, kw_only=True):
    """Where a sync stands."""

    session_id: str
    sync_type: SyncType
    status: str
    revision: int
    total_requests: int
    completed_requests: int
    failed_requests: int
    percent_complete: float
    items_done: int
    items_total: int | None
    current_action: str | None
    reason: str | None
    resume_at: str | None
    estimated_time_left: str | None
    estimated_seconds_left: float | None
    started_at: datetime
    estimated_completion: datetime | None
    completed_at: datetime | None
    error_code: str | None
    error_message: str | None
    summary: Summary | None


class SyncRecord(Shape, frozen=True, kw_only=True):
    """A line of the history."""

    session_id: str
    sync_type: SyncType
    status: str
    origin: str
    percent_complete: float
    started_at: datetime
    completed_at: datetime | None
    error_code: str | None
    error_message: str | None
    summary: Summary | None


class History(Shape, frozen=True, kw_only=True):
    """The user's syncs, newest first."""

    items: Sequence[SyncRecord]
    next_cursor: str | None


class ConfirmBody(Body, frozen=True, kw_only=True):
    """Whether the held removals are meant."""

    confirm: bool


class Confirmed(Shape, frozen=True, kw_only=True):
    """How many records were removed, or kept after all."""

    removed: int
    kept: int


@post(
    "/api/discogs/syncCollection",
    status_code=202,
    guards=[requires("sync")],
    tags=_TAGS,
    summary="Start a sync of the collection or the wantlist",
)
async def start_sync(
    data: JSONBody[SyncBody], identity: NamedDependency[Identity], orchestrator: NamedDependency[Orchestrator]
) -> Started:
    """It runs as soon as a client is connected. 409 `discogs_token_missing`, `discogs_token_rejected`,
    `discogs_account_mismatch`, `sync_already_active` (with its `sessionId`)."""
    stored = await orchestrator.start(
        identity.user_id,
        SyncOrder(kind=_kind(data.sync_type), full=data.full_sync, page_limit=data.page_limit),
    )
    name = stored.sync.kind.capitalize()
    return Started(
        session_id=stored.session_id,
        status=stored.sync.status.value,
        message=f"{name} sync started. Progress will be sent via WebSocket.",
    )


@get(
    "/api/discogs/syncStatus/{session_id:str}",
    guards=[requires("read")],
    tags=_TAGS,
    summary="Where a sync stands",
)
async def get_status(
    session_id: SessionId, identity: NamedDependency[Identity], orchestrator: NamedDependency[Orchestrator]
) -> SyncStatusShape:
    """Its progress, and its summary once it has ended. 404 `not_found`."""
    return _status(await orchestrator.report(identity.user_id, _id(session_id)))


@get("/api/discogs/syncs", guards=[requires("read")], tags=_TAGS, summary="The history of syncs")
async def get_history(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    limit: Annotated[int, Parameter(ge=1, le=HISTORY_SYNCS_MAX)] = HISTORY_SYNCS,
    cursor: Annotated[str | None, Parameter(max_length=100)] = None,
) -> History:
    """Newest first. 400 `bad_cursor`."""
    before = None if cursor is None else parse_sync_id(cursor)
    if cursor is not None and before is None:
        raise ApiError("bad_cursor", 400, "This cursor is not one that was given out here.")
    async with database.read() as connection:
        found = await syncs.history(connection, identity.user_id, before=before, limit=limit + 1)
    shown = found[:limit]
    return History(
        items=[_record(stored) for stored in shown],
        next_cursor=shown[-1].session_id if len(found) > limit else None,
    )


@post(
    "/api/discogs/syncs/{session_id:str}/cancel",
    status_code=200,
    guards=[requires("sync")],
    tags=_TAGS,
    summary="End a sync",
)
async def cancel_sync(
    session_id: SessionId, identity: NamedDependency[Identity], orchestrator: NamedDependency[Orchestrator]
) -> SyncStatusShape:
    """What was read is kept. 409 `illegal_move`."""
    return _status(await orchestrator.cancel(identity.user_id, _id(session_id)))


@post(
    "/api/discogs/syncs/{session_id:str}/pause",
    status_code=200,
    guards=[requires("sync")],
    tags=_TAGS,
    summary="Pause a sync",
)
async def pause_sync(
    session_id: SessionId, identity: NamedDependency[Identity], orchestrator: NamedDependency[Orchestrator]
) -> SyncStatusShape:
    """Answers under way are still taken. 409 `illegal_move`."""
    return _status(await orchestrator.pause(identity.user_id, _id(session_id)))


@post(
    "/api/discogs/syncs/{session_id:str}/resume",
    status_code=200,
    guards=[requires("sync")],
    tags=_TAGS,
    summary="Go on with a paused sync",
)
async def resume_sync(
    session_id: SessionId, identity: NamedDependency[Identity], orchestrator: NamedDependency[Orchestrator]
) -> SyncStatusShape:
    """409 `illegal_move`."""
    return _status(await orchestrator.resume(identity.user_id, _id(session_id)))


@post(
    "/api/discogs/syncs/{session_id:str}/retry",
    status_code=200,
    guards=[requires("sync")],
    tags=_TAGS,
    summary="Try the failed requests of a failed sync again",
)
async def retry_sync(
    session_id: SessionId, identity: NamedDependency[Identity], orchestrator: NamedDependency[Orchestrator]
) -> SyncStatusShape:
    """Only what failed is asked for again. 409 `illegal_move`, `sync_already_active`; 410 `sync_purged`."""
    return _status(await orchestrator.retry(identity.user_id, _id(session_id)))


@post(
    "/api/discogs/syncs/{session_id:str}/confirmRemovals",
    status_code=200,
    guards=[requires("sync")],
    tags=_TAGS,
    summary="Say whether suspiciously many removals are meant",
)
async def confirm_removals(
    session_id: SessionId,
    data: JSONBody[ConfirmBody],
    identity: NamedDependency[Identity],
    orchestrator: NamedDependency[Orchestrator],
) -> Confirmed:
    """The sync held them back and kept the records. 409 `no_held_removals`."""
    count = await orchestrator.confirm_removals(identity.user_id, _id(session_id), confirm=data.confirm)
    return Confirmed(removed=count if data.confirm else 0, kept=0 if data.confirm else count)


@get("/api/discogs/rateLimit", guards=[requires("read")], tags=_TAGS, summary="What is left of the quota")
async def get_rate_limit(
    identity: NamedDependency[Identity], quota_view: NamedDependency[QuotaView]
) -> RateLimitShape:
    """What Discogs said last, and how long the next request has to wait."""
    return await quota_view.read(identity.user_id)


def _kind(sync_type: str) -> SyncType:
    if sync_type == "collection":
        return "collection"
    if sync_type == "wantlist":
        return "wantlist"
    raise ApiError(
        "unknown_sync_type", 400, 'The field "syncType" is "collection" or "wantlist".', field="syncType"
    )


def _id(session_id: str) -> UUID:
    sync_id = parse_sync_id(session_id)
    if sync_id is None:
        raise not_found("No such sync")
    return sync_id


def _status(shown: Report) -> SyncStatusShape:
    stored, data = shown.stored, progress_message(shown).data
    return SyncStatusShape(
        session_id=data.session_id,
        sync_type=data.sync_type,
        status=data.status,
        revision=data.revision,
        total_requests=data.total_requests,
        completed_requests=data.completed_requests,
        failed_requests=data.failed_requests,
        percent_complete=data.percent_complete,
        items_done=data.items_done,
        items_total=data.items_total,
        current_action=data.current_action,
        reason=data.reason,
        resume_at=data.resume_at,
        estimated_time_left=data.estimated_time_left,
        estimated_seconds_left=data.estimated_seconds_left,
        started_at=stored.started_at,
        estimated_completion=shown.estimated_completion,
        completed_at=stored.completed_at,
        error_code=stored.sync.code,
        error_message=stored.sync.sentence,
        summary=stored.summary,
    )


def _record(stored: StoredSync) -> SyncRecord:
    return SyncRecord(
        session_id=stored.session_id,
        sync_type=stored.sync.kind,
        status=stored.sync.status.value,
        origin=stored.origin,
        percent_complete=stored.sync.percent,
        started_at=stored.started_at,
        completed_at=stored.completed_at,
        error_code=stored.sync.code,
        error_message=stored.sync.sentence,
        summary=stored.summary,
    )
