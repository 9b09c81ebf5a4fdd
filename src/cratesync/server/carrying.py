"""Carrying out what the engine wants done, in the transaction of the event that caused it."""

from functools import partial
from typing import assert_never
from zoneinfo import ZoneInfoNotFoundError

import structlog
from msgspec import structs

from cratesync.engine.effects import (
    Abandon,
    CompareScans,
    DropCandidates,
    Effect,
    Enqueue,
    Finish,
    Hold,
    ReleaseHeld,
    Remove,
    Stamp,
    Survey,
    WeighRemovals,
)
from cratesync.engine.events import Event
from cratesync.engine.provider import Provider
from cratesync.engine.requests import Request, priority_of
from cratesync.engine.schedule import Schedule, after_sync
from cratesync.engine.sync import SyncStatus, advance
from cratesync.engine.tasks import Task
from cratesync.protocol.messages import Summary
from cratesync.server.ids import new_ids
from cratesync.server.reports import terminal_message
from cratesync.server.store import requests, scans, schedules, sides
from cratesync.server.store.syncs import StoredSync
from cratesync.server.transaction import UserTransaction
from cratesync.server.webhooks.announcing import announce_end

_log = structlog.stdlib.get_logger(__name__)


class Carrier:
    """Moves a sync on by an event, and does what follows from it until nothing does."""

    def __init__(self, provider: Provider, usual_schedule: Schedule) -> None:
        self._provider = provider
        self._usual_schedule = usual_schedule

    async def move(self, transaction: UserTransaction, stored: StoredSync, *events: Event) -> StoredSync:
        """The sync after these events, saved. Raises `IllegalMoveError`."""
        waiting = list(events)
        while waiting:
            sync, effects = advance(stored.sync, waiting.pop(0))
            stored = structs.replace(stored, sync=sync)
            stored, answers = await self.carry_out(transaction, stored, effects)
            waiting.extend(answers)
        await transaction.save_sync(stored)
        transaction.rings = True
        return stored

    async def carry_out(
        self, transaction: UserTransaction, stored: StoredSync, effects: tuple[Effect, ...]
    ) -> tuple[StoredSync, list[Event]]:
        """Do these, in order. Some are questions: their answers are events."""
        answers: list[Event] = []
        if any(not isinstance(effect, Enqueue) for effect in effects):
            await transaction.flush()
        for effect in effects:
            if isinstance(effect, Finish):
                stored = await self._finish(transaction, stored)
            elif (answer := await self._carry_out(transaction, stored, effect)) is not None:
                answers.append(answer)
        return stored, answers

    async def enqueue(
        self, transaction: UserTransaction, stored: StoredSync, tasks: tuple[Task, ...]
    ) -> None:
        """New requests of a sync."""
        sync = stored.sync
        new = []
        for made in zip(new_ids(len(tasks)), tasks, strict=True):
            id_, task = made
            call = self._provider.build(sync.kind, task, sync.account)
            new.append(
                requests.NewRequest(id_, Request(str(id_), task), call.url, call.headers, priority_of(task))
            )
        await requests.create(transaction.connection, stored.user_id, stored.id, new, now=transaction.now)

    async def _carry_out(
        self, transaction: UserTransaction, stored: StoredSync, effect: Effect
    ) -> Event | None:
        connection, user_id, kind = transaction.connection, stored.user_id, stored.sync.kind
        match effect:
            case Enqueue(tasks=tasks):
                await self.enqueue(transaction, stored, tasks)
            case Survey(scan=scan):
                return await scans.survey(
                    connection, user_id, stored.id, kind, scan=scan, now=transaction.steady
                )
            case WeighRemovals():
                return await scans.weigh(connection, user_id, kind)
            case CompareScans(first=first, second=second):
                agrees = await scans.compare(connection, user_id, stored.id, kind, first=first, second=second)
                return structs.replace(await scans.weigh(connection, user_id, kind), agrees=agrees)
            case Remove():
                change_seq = await scans.remove_absent(
                    connection,
                    user_id,
                    kind,
                    sync_id=stored.id,
                    change_seq=transaction.ledger.change_seq,
                    now=transaction.now,
                )
                transaction.ledger = structs.replace(transaction.ledger, change_seq=change_seq)
            case Hold():
                await scans.hold_absent(connection, user_id, kind, sync_id=stored.id)
            case ReleaseHeld():
                await scans.release_held(connection, user_id, kind)
            case DropCandidates():
                await scans.drop_candidates(connection, user_id, kind)
            case Abandon(code=code):
                await requests.abandon(connection, stored.id, code=code, now=transaction.now)
            case Stamp(full=full, verified=verified):
                await sides.stamp(
                    connection, user_id, kind, full=full, verified=verified, now=transaction.now
                )
            case Finish():
                pass
            case _:
                assert_never(effect)
        return None

    async def _finish(self, transaction: UserTransaction, stored: StoredSync) -> StoredSync:
        plan = stored.sync.plan
        summary = Summary(
            added=plan.added,
            updated=plan.updated,
            removed=plan.removed,
            unchanged=plan.unchanged,
            requests=stored.calls,
            seconds=round((transaction.now - stored.started_at).total_seconds(), 3),
            verified=plan.verified and stored.sync.status is SyncStatus.COMPLETED,
            held_removals=plan.held,
            warnings=plan.notices,
        )
        stored = structs.replace(stored, summary=summary, completed_at=transaction.now)
        if stored.sync.status is not SyncStatus.FAILED:
            # A failed sync may be retried, and goes on with what its scan has seen.
            await scans.forget_pages(transaction.connection, stored.user_id, stored.id)
        await self._reschedule(transaction, stored)
        await announce_end(transaction, stored)
        revision = transaction.ledger.revision + 1
        message = terminal_message(stored, revision, now=transaction.now)
        if message is not None:
            transaction.ledger = structs.replace(transaction.ledger, revision=revision)
            transaction.messages.append(message)
        return stored

    async def _reschedule(self, transaction: UserTransaction, stored: StoredSync) -> None:
        connection, user_id, kind = transaction.connection, stored.user_id, stored.sync.kind
        mirror = await sides.mirror(connection, user_id, kind)
        after = partial(
            after_sync,
            due=mirror.due,
            status=stored.sync.status,
            scheduled=stored.origin == "schedule",
            ended_at=transaction.now,
        )
        try:
            due = after(await schedules.find(connection, user_id) or self._usual_schedule)
        except ZoneInfoNotFoundError as error:
            # Another machine knew it. A sync must be able to end here all the same.
            _log.warning("time_zone_unknown", user_id=str(user_id), zone=str(error))
            due = after(self._usual_schedule)
        if due != mirror.due:
            await schedules.save_due(connection, user_id, kind, due)
