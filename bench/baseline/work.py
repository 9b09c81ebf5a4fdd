"""What an answer leads to: it is stored, the sync moves on, and the next requests leave."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from baseline.messages import Answer, CollectionPage, CustomFields, Folders, Identity, Value
from baseline.models import ApiRequest, CustomField, Folder, Ledger, ScanPage, Sync, User
from baseline.models import Value as StoredValue
from baseline.pages import store_page
from cratesync.server.ids import new_ids

BASE = "http://simulator.invalid"
SLOTS_KEPT = 60
LEASE_SECONDS = 90.0
KEPT_HEADERS = ("x-discogs-ratelimit", "x-discogs-ratelimit-used", "x-discogs-ratelimit-remaining")

Task = dict[str, Any]
_BODIES: dict[str, type[BaseModel]] = {
    "identity": Identity,
    "folders": Folders,
    "fields": CustomFields,
    "value": Value,
    "page": CollectionPage,
}


class Outcome(BaseModel):
    """What is to be said after the commit."""

    acknowledged: str
    sync: Sync | None = None
    leaving: list[ApiRequest] = []

    model_config = {"arbitrary_types_allowed": True}


async def take(
    session: AsyncSession, user_id: UUID, connection_id: str, answer: Answer, in_flight: int
) -> Outcome:
    """Store an answer and claim what leaves next."""
    now = datetime.now(UTC)
    ledger = await session.get_one(Ledger, user_id, with_for_update=True)
    request = await session.scalar(
        select(ApiRequest).where(ApiRequest.request_id == answer.request_id, ApiRequest.user_id == user_id)
    )
    if request is None:
        return Outcome(acknowledged="unknown")
    if request.status != "sent":
        return Outcome(acknowledged="duplicate")
    sync = await session.get_one(Sync, request.sync_session_id)
    body = _BODIES[request.task["type"]].model_validate(answer.body)
    request.status = "completed"
    request.lease_until_steady = None
    request.response_status = answer.status
    request.response_headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    request.updated_at = now
    _enter(ledger, request, answer, now)
    sync.completed_requests += 1
    sync.last_answer_at = sync.updated_at = now
    for task in await _apply(session, ledger, sync, request.task, body, now):
        sync.total_requests += 1
        session.add(task)
    sync.percent = round(100 * sync.completed_requests / sync.total_requests, 2)
    await session.flush()
    if sync.completed_requests == sync.total_requests:
        sync.status, sync.completed_at, sync.percent = "completed", now, 100.0
        await session.execute(
            delete(ScanPage).where(ScanPage.user_id == user_id, ScanPage.sync_session_id == sync.id)
        )
        sync.summary = {"added": sync.plan["added"], "updated": sync.plan["updated"], "requests": sync.calls}
    leaving = await claim(session, user_id, connection_id, in_flight, sync, ledger, now)
    ledger.revision += 1
    return Outcome(acknowledged="accepted", sync=sync, leaving=leaving)


async def start(session: AsyncSession, user_id: UUID) -> Sync:
    """A new sync, with its first request."""
    now = datetime.now(UTC)
    (sync_id,) = new_ids(1)
    sync = Sync(
        id=sync_id,
        user_id=user_id,
        session_id=str(sync_id),
        status="in_progress",
        total_requests=1,
        completed_requests=0,
        failed_requests=0,
        started_at=now,
        created_at=now,
        updated_at=now,
        last_answer_at=now,
        sync_type="collection",
        origin="person",
        calls=0,
        percent=0.0,
        plan={"added": 0, "updated": 0},
    )
    session.add(sync)
    await session.flush()
    session.add_all(_requests(sync, [{"type": "identity"}], now))
    return sync


async def claim(
    session: AsyncSession,
    user_id: UUID,
    connection_id: str,
    in_flight: int,
    sync: Sync,
    ledger: Ledger,
    now: datetime,
) -> list[ApiRequest]:
    """Mark as sent what may leave now."""
    sent = await session.scalar(
        select(func.count()).where(ApiRequest.user_id == user_id, ApiRequest.status == "sent")
    )
    due = await session.scalars(
        select(ApiRequest)
        .where(ApiRequest.user_id == user_id, ApiRequest.status == "pending")
        .order_by(ApiRequest.priority, ApiRequest.id)
        .limit(max(0, in_flight - (sent or 0)))
    )
    leaving = list(due)
    for request in leaving:
        request.status = "sent"
        request.attempt += 1
        request.connection_id = connection_id
        request.lease_until_steady = now.timestamp() + LEASE_SECONDS
        request.updated_at = now
        sync.calls += 1
    if leaving:
        slots = (ledger.pace or {}).get("slots", [])
        made = [
            [
                f"{request.request_id}:{request.attempt}",
                now.timestamp(),
                now.timestamp() + LEASE_SECONDS,
                None,
            ]
            for request in leaving
        ]
        ledger.pace = {"slots": [*slots, *made][-SLOTS_KEPT:]}
        ledger.updated_at = now
    return leaving


def _enter(ledger: Ledger, request: ApiRequest, answer: Answer, now: datetime) -> None:
    """Into the ledger of calls, and what Discogs says of its own count."""
    key = f"{request.request_id}:{request.attempt}"
    slots = (ledger.pace or {}).get("slots", [])
    ledger.pace = {"slots": [[*slot[:3], now.timestamp()] if slot[0] == key else slot for slot in slots]}
    ledger.rate_limit_limit = int(answer.headers.get("x-discogs-ratelimit", 0)) or None
    ledger.rate_limit_remaining = int(answer.headers.get("x-discogs-ratelimit-remaining", 0))
    ledger.last_rate_limit_check = ledger.updated_at = now


async def _apply(
    session: AsyncSession, ledger: Ledger, sync: Sync, task: Task, body: BaseModel, now: datetime
) -> list[ApiRequest]:
    """Store what a good answer holds; what follows from it is given back."""
    match body:
        case Identity():
            user = await session.get_one(User, sync.user_id)
            user.discogs_username, user.discogs_account_id = body.username, body.id
            user.discogs_token_state, user.updated_at = "valid", now
            sync.account = body.username
            sides = [{"type": name} for name in ("folders", "fields", "value")]
            return _requests(sync, [*sides, _look(newest=True, look="opening")], now)
        case Folders():
            for position, folder in enumerate(body.folders):
                await session.merge(
                    Folder(
                        user_id=sync.user_id,
                        folder_id=folder.id,
                        position=position,
                        name=folder.name,
                        count=folder.count,
                    )
                )
        case CustomFields():
            for place, field in enumerate(body.fields):
                await session.merge(
                    CustomField(
                        user_id=sync.user_id,
                        field_id=field.id,
                        place=place,
                        **field.model_dump(exclude={"id"}),
                    )
                )
        case Value():
            session.add(StoredValue(user_id=sync.user_id, recorded_at=now, **body.model_dump()))
        case CollectionPage():
            return await _page(session, ledger, sync, task, body, now)
    return []


async def _page(
    session: AsyncSession, ledger: Ledger, sync: Sync, task: Task, page: CollectionPage, now: datetime
) -> list[ApiRequest]:
    scan = 0 if task["newest"] else 1
    added, updated = await store_page(session, ledger, sync, page, scan=scan, number=task["number"], now=now)
    sync.plan = sync.plan | {"added": sync.plan["added"] + added, "updated": sync.plan["updated"] + updated}
    sync.last_page, sync.total_pages = task["number"], page.pagination.pages
    if task["look"] == "opening":
        return _requests(sync, [_look(number) for number in range(1, page.pagination.pages + 1)], now)
    if task["look"] == "" and sync.completed_requests == sync.total_requests:
        return _requests(sync, [_look(newest=True, look="closing")], now)
    return []


def _look(number: int = 1, *, newest: bool = False, look: str = "") -> Task:
    return {"type": "page", "number": number, "newest": newest, "look": look}


def _requests(sync: Sync, tasks: list[Task], now: datetime) -> list[ApiRequest]:
    return [
        ApiRequest(
            id=id_,
            user_id=sync.user_id,
            sync_session_id=sync.id,
            request_id=str(id_),
            url=_url(sync, task),
            method="GET",
            headers={"Accept": "application/vnd.discogs.v2.discogs+json"},
            status="pending",
            retry_count=0,
            created_at=now,
            updated_at=now,
            task=task,
            priority=5,
            attempt=0,
        )
        for id_, task in zip(new_ids(len(tasks)), tasks, strict=True)
    ]


def _url(sync: Sync, task: Task) -> str:
    if task["type"] == "identity":
        return f"{BASE}/oauth/identity"
    collection = f"{BASE}/users/{sync.account}/collection"
    if task["type"] != "page":
        return f"{collection}/{task['type']}"
    order = "desc" if task["newest"] else "asc"
    return f"{collection}/folders/0/releases?per_page=100&page={task['number']}&sort=added&sort_order={order}"
