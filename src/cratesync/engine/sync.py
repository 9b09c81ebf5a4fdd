"""One run that copies a list: `advance(sync, event) -> (sync, effects)`.

Rule 1: every legal move of a sync stands in `SYNC_MOVES`; the diagram in the docs is drawn from it.
Rule 2: nothing here knows the time, a database or a socket.
Rule 3: an active sync always has an open request, so there is always something that moves it on.
"""

from enum import StrEnum
from typing import assert_never

from msgspec import Struct, structs

from cratesync.engine import scan
from cratesync.engine.effects import (
    Abandon,
    DropCandidates,
    Effect,
    Enqueue,
    Finish,
    Hold,
    ReleaseHeld,
    Remove,
    Stamp,
)
from cratesync.engine.events import (
    AccountNotFound,
    CancelAsked,
    Ended,
    Event,
    IdentityArrived,
    LookupArrived,
    OrderRefused,
    PageArrived,
    PageMissing,
    PauseAsked,
    RemovalsWeighed,
    RequestFailed,
    RequestSent,
    ResumeAsked,
    RetryAsked,
    ScanSurveyed,
    SideArrived,
)
from cratesync.engine.plan import OLD_NAME_ANSWERS_MAX, AccountCheck, Phase, Plan
from cratesync.engine.removals import is_suspicious
from cratesync.engine.requests import is_side
from cratesync.engine.sentences import mismatched
from cratesync.engine.tasks import Identity, Lookup, Side, Task
from cratesync.protocol.messages import Notice, SyncType


class SyncStatus(StrEnum):
    """The design document's words, and the one it forgot."""

    INITIATED = "initiated"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SyncMove(StrEnum):
    """What can happen to a sync's status."""

    BEGIN = "begin"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    RETRY = "retry"


SYNC_MOVES: dict[SyncMove, dict[SyncStatus, SyncStatus]] = {
    SyncMove.BEGIN: {SyncStatus.INITIATED: SyncStatus.IN_PROGRESS},
    SyncMove.PAUSE: {SyncStatus.INITIATED: SyncStatus.PAUSED, SyncStatus.IN_PROGRESS: SyncStatus.PAUSED},
    SyncMove.RESUME: {SyncStatus.PAUSED: SyncStatus.IN_PROGRESS},
    # Answers in flight are applied during a pause too, and the last of them may be the end.
    SyncMove.COMPLETE: {
        SyncStatus.INITIATED: SyncStatus.COMPLETED,
        SyncStatus.IN_PROGRESS: SyncStatus.COMPLETED,
        SyncStatus.PAUSED: SyncStatus.COMPLETED,
    },
    SyncMove.FAIL: {
        SyncStatus.INITIATED: SyncStatus.FAILED,
        SyncStatus.IN_PROGRESS: SyncStatus.FAILED,
        SyncStatus.PAUSED: SyncStatus.FAILED,
    },
    SyncMove.CANCEL: {
        SyncStatus.INITIATED: SyncStatus.CANCELLED,
        SyncStatus.IN_PROGRESS: SyncStatus.CANCELLED,
        SyncStatus.PAUSED: SyncStatus.CANCELLED,
    },
    SyncMove.RETRY: {SyncStatus.FAILED: SyncStatus.IN_PROGRESS},
}

ENDED = frozenset({SyncStatus.COMPLETED, SyncStatus.FAILED, SyncStatus.CANCELLED})


class IllegalMoveError(Exception):
    """The sync is in no state in which this can be asked of it. The text is for a person."""


class Sync(Struct, frozen=True):
    """`completed` and `failed` count requests of `total`; requests left over at an early end are in neither."""

    kind: SyncType
    plan: Plan
    status: SyncStatus = SyncStatus.INITIATED
    account: str | None = None
    total: int = 0
    completed: int = 0
    failed: int = 0
    percent: float = 0.0
    code: str | None = None
    sentence: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it still wants something."""
        return self.status not in ENDED

    @property
    def open(self) -> int:
        """Requests that still want an answer, while it is active."""
        return self.total - self.completed - self.failed


Step = tuple[Sync, tuple[Effect, ...]]


def begin(kind: SyncType, plan: Plan, *, account: str | None, token_checked: bool) -> Step:
    """A new sync and its first requests. It begins with identity while the token is unchecked or the account unknown."""
    sync = Sync(kind=kind, plan=plan, account=account)
    if not token_checked or account is None:
        return _enqueue(sync, (Identity(),))
    return _enqueue_first(sync)


def advance(sync: Sync, event: Event) -> Step:
    """The sync after an event, and what is to be done. An ended sync takes nothing but a retry.

    Raises `IllegalMoveError` where the user asks for what the table does not allow.
    """
    moved, effects = _advance(sync, event)
    return structs.replace(moved, percent=_percent(moved)), effects


def _advance(sync: Sync, event: Event) -> Step:
    match event:
        case RetryAsked():
            return _retry(sync, event)
        case CancelAsked():
            return _finish(_move(sync, SyncMove.CANCEL), "cancelled")
        case PauseAsked():
            return _move(sync, SyncMove.PAUSE), ()
        case ResumeAsked():
            return _move(sync, SyncMove.RESUME), ()
        case _ if not sync.is_active:
            return sync, ()
        case Ended(code=code, sentence=sentence):
            return _fail(sync, code, sentence)
        case RequestSent():
            return (_move(sync, SyncMove.BEGIN) if sync.status is SyncStatus.INITIATED else sync), ()
        case ScanSurveyed():
            return _after_survey(sync, event)
        case RemovalsWeighed():
            return _after_weighing(sync, event)
        case AccountNotFound():
            return _account_not_found(sync)
        case _:
            moved, effects = _after_answer(sync, event)
            return _settle(moved, effects)


def _after_answer(
    sync: Sync,
    event: IdentityArrived
    | SideArrived
    | PageArrived
    | PageMissing
    | OrderRefused
    | LookupArrived
    | RequestFailed,
) -> Step:
    """One request is done with, well or badly."""
    if isinstance(event, RequestFailed):
        return _request_failed(sync, event)
    sync = structs.replace(sync, completed=sync.completed + 1)
    match event:
        case IdentityArrived():
            return _identified(sync, event)
        case SideArrived():
            return sync, ()
        case PageArrived() | PageMissing() | OrderRefused() | LookupArrived():
            plan, tasks, effects = scan.answered(sync.plan, event)
            sync, enqueued = _enqueue(structs.replace(sync, plan=plan), tasks)
            return sync, (*enqueued, *effects)
        case _:
            assert_never(event)


def _identified(sync: Sync, event: IdentityArrived) -> Step:
    if not event.known:
        return _fail(
            sync,
            "discogs_account_mismatch",
            mismatched(sync.plan.provider),
        )
    renamed = sync.account is not None and event.account != sync.account
    checked = structs.replace(
        sync.plan,
        essential_open=sync.plan.essential_open - 1,
        account_check=AccountCheck.CONFIRMED,
        old_name_answers=min(sync.open, OLD_NAME_ANSWERS_MAX) if renamed else 0,
    )
    sync = structs.replace(sync, account=event.account, plan=checked)
    return _enqueue_first(sync) if checked.phase is Phase.IDENTITY else (sync, ())


def _request_failed(sync: Sync, event: RequestFailed) -> Step:
    sync = structs.replace(sync, failed=sync.failed + 1)
    if event.fatal:
        return _fail(sync, event.code, event.sentence)
    plan = sync.plan
    if is_side(event.task):
        name = event.task.name if isinstance(event.task, Side) else ""
        notice = Notice(code=f"{name}_failed", message=f"The {name} could not be read: {event.sentence}")
        return structs.replace(sync, plan=scan.warned(plan, notice)), ()
    # What a look-up could not show is kept, and told as unproven: no reason to fail a scan that was read whole.
    plan = structs.replace(plan, essential_open=plan.essential_open - 1)
    if not isinstance(event.task, Lookup):
        plan = structs.replace(plan, broken=True, cause=plan.cause or event.sentence)
    return structs.replace(sync, plan=plan), ()


def _account_not_found(sync: Sync) -> Step:
    """A renamed account looks just like a missing one, so who the token belongs to is asked once more."""
    if sync.plan.old_name_answers > 0:
        fewer = structs.replace(sync.plan, old_name_answers=sync.plan.old_name_answers - 1)
        return structs.replace(sync, plan=fewer), ()
    if sync.plan.account_check is AccountCheck.CONFIRMED:
        return _fail(sync, "discogs_user_not_found", f"{sync.plan.provider} knows no user {sync.account}.")
    if sync.plan.account_check is AccountCheck.ASKED:
        return sync, ()
    asked = structs.replace(sync.plan, account_check=AccountCheck.ASKED)
    return _enqueue(structs.replace(sync, plan=asked), (Identity(),))


def _after_survey(sync: Sync, event: ScanSurveyed) -> Step:
    plan, tasks, effects = scan.surveyed(sync.plan, event)
    sync, enqueued = _enqueue(structs.replace(sync, plan=plan), tasks)
    return _settle(sync, (*enqueued, *effects))


def _after_weighing(sync: Sync, event: RemovalsWeighed) -> Step:
    plan = structs.replace(sync.plan, phase=Phase.DONE, verified=event.agrees and event.unproven == 0)
    if event.unproven:
        plan = scan.warned(
            plan,
            Notice(
                code="removals_unproven",
                message=f"{event.unproven} records seem to be gone but that could not be shown; they are kept.",
            ),
        )
    elif not event.agrees:
        plan = scan.unsettled(plan, "The list changed before it was read a second time.")
    change: tuple[Effect, ...] = ()
    if event.absent and _is_suspicious(plan, event.absent):
        plan, change = structs.replace(plan, held=event.absent), (Hold(),)
    elif event.absent or not event.unproven:
        plan, change = structs.replace(plan, removed=plan.removed + event.absent), (Remove(), ReleaseHeld())
    return _settle(structs.replace(sync, plan=plan), (*change, DropCandidates()))


def _is_suspicious(plan: Plan, absent: int) -> bool:
    return is_suspicious(absent=absent, mirrored=plan.mirrored + plan.held_before, added=plan.added)


def _settle(sync: Sync, effects: tuple[Effect, ...]) -> Step:
    """What follows once every request of a phase, or of the whole sync, is done with."""
    if not sync.is_active:
        return sync, effects
    plan = sync.plan
    if plan.essential_open == 0 and not plan.broken and plan.phase is not Phase.DONE:
        plan, tasks, questions = scan.phase_read(plan)
        sync, enqueued = _enqueue(structs.replace(sync, plan=plan), tasks)
        if enqueued or questions:
            return sync, (*effects, *enqueued, *questions)
    if sync.open > 0:
        return sync, effects
    if plan.broken:
        failed, end = _fail(
            sync,
            "incomplete",
            f"{sync.failed} of {sync.total} requests failed for good: {plan.cause} "
            "What was read is kept; nothing was removed.",
        )
        return failed, (*effects, *end)
    stamp = Stamp(full=plan.read_everything, verified=plan.verified)
    return _move(sync, SyncMove.COMPLETE), (*effects, stamp, Finish())


def _retry(sync: Sync, event: RetryAsked) -> Step:
    revived = event.essential + event.sides
    if sync.status is SyncStatus.FAILED and revived == 0:
        raise IllegalMoveError("Nothing of this sync is left to be tried again.")
    phase = sync.plan.phase
    plan = structs.replace(
        sync.plan,
        # Its candidates for removal were dropped when it ended, so they have to be found again.
        phase=Phase.REREAD if phase in (Phase.LOOKUP, Phase.RECHECK) else phase,
        mirrored=event.mirrored,
        held_before=event.held,
        walked_fresh=0,
        proven=False,
        broken=False,
        cause="",
        essential_open=event.essential,
        account_check=AccountCheck.NOT_NEEDED,
        old_name_answers=0,
    )
    sync = structs.replace(_move(sync, SyncMove.RETRY), plan=plan, failed=0, code=None, sentence=None)
    return structs.replace(sync, total=sync.completed + revived), ()


def _fail(sync: Sync, code: str, sentence: str) -> Step:
    failed = structs.replace(_move(sync, SyncMove.FAIL), code=code, sentence=sentence)
    return _finish(failed, code)


def _finish(sync: Sync, code: str) -> Step:
    return sync, (Abandon(code), DropCandidates(), Finish())


def _enqueue_first(sync: Sync) -> Step:
    plan, tasks = scan.first(sync.plan)
    return _enqueue(structs.replace(sync, plan=plan), tasks)


def _enqueue(sync: Sync, tasks: tuple[Task, ...]) -> Step:
    if not tasks:
        return sync, ()
    essential = sum(1 for task in tasks if not is_side(task))
    plan = structs.replace(sync.plan, essential_open=sync.plan.essential_open + essential)
    return structs.replace(sync, plan=plan, total=sync.total + len(tasks)), (Enqueue(tasks),)


def _move(sync: Sync, move: SyncMove) -> Sync:
    try:
        return structs.replace(sync, status=SYNC_MOVES[move][sync.status])
    except KeyError:
        raise IllegalMoveError(f"A sync that is {sync.status.value} cannot {move.value}.") from None


def _percent(sync: Sync) -> float:
    """The share of requests that are done: 0 until it is known how many there are, and never falling."""
    if sync.status is SyncStatus.COMPLETED:
        return 100.0
    if sync.plan.pages is None:
        return sync.percent
    undecided = sync.plan.phase in (Phase.PROBE, Phase.WALK, Phase.OPENING)
    expected = sync.total + (sync.plan.pages or 0 if undecided else 0)
    return max(sync.percent, round(min(99.9, 100 * sync.completed / expected), 2))
