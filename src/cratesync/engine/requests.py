"""One HTTP call that a client is asked to make: its states, its attempts, and what an answer does to it."""

from enum import StrEnum

from msgspec import Struct, structs

from cratesync.engine.outcomes import (
    AccountMissing,
    Forbidden,
    Outcome,
    Refused,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.retry import RetryPolicy, backoff_seconds
from cratesync.engine.tasks import Identity, Release, Side, Task


class RequestStatus(StrEnum):
    """The design document's words."""

    PENDING = "pending"
    SENT = "sent"
    COMPLETED = "completed"
    FAILED = "failed"
    RETRYING = "retrying"


class RequestMove(StrEnum):
    """What can happen to a request."""

    CLAIM = "claim"
    GIVE_BACK = "give_back"
    COMPLETE = "complete"
    RETRY = "retry"
    SPEND = "spend"
    ABANDON = "abandon"
    REVIVE = "revive"


REQUEST_MOVES: dict[RequestMove, dict[RequestStatus, RequestStatus]] = {
    RequestMove.CLAIM: {
        RequestStatus.PENDING: RequestStatus.SENT,
        RequestStatus.RETRYING: RequestStatus.SENT,
    },
    RequestMove.GIVE_BACK: {RequestStatus.SENT: RequestStatus.PENDING},
    # A good answer of any attempt counts, so one may come for a request that was given back meanwhile.
    RequestMove.COMPLETE: {
        RequestStatus.SENT: RequestStatus.COMPLETED,
        RequestStatus.PENDING: RequestStatus.COMPLETED,
        RequestStatus.RETRYING: RequestStatus.COMPLETED,
    },
    RequestMove.RETRY: {
        RequestStatus.SENT: RequestStatus.RETRYING,
        RequestStatus.PENDING: RequestStatus.RETRYING,
    },
    RequestMove.SPEND: {
        RequestStatus.SENT: RequestStatus.FAILED,
        RequestStatus.PENDING: RequestStatus.FAILED,
        RequestStatus.RETRYING: RequestStatus.FAILED,
    },
    RequestMove.ABANDON: {
        RequestStatus.SENT: RequestStatus.FAILED,
        RequestStatus.PENDING: RequestStatus.FAILED,
        RequestStatus.RETRYING: RequestStatus.FAILED,
    },
    RequestMove.REVIVE: {RequestStatus.FAILED: RequestStatus.PENDING},
}

# What a person waits for goes first, within the same budget.
PRIORITY_TOKEN_CHECK = 0
PRIORITY_IDENTITY = 1
PRIORITY_RELEASE = 2
PRIORITY_SYNC = 5


class Request(Struct, frozen=True):
    """`attempt` counts sends; `failures` those tries that count against the request."""

    request_id: str
    task: Task
    status: RequestStatus = RequestStatus.PENDING
    attempt: int = 0
    failures: int = 0
    due: float | None = None
    lease_until: float | None = None

    def is_open(self) -> bool:
        """Whether it still wants an answer."""
        return self.status not in (RequestStatus.COMPLETED, RequestStatus.FAILED)

    def key(self, attempt: int | None = None) -> str:
        """What one attempt of it is called in the pace's ledger."""
        return f"{self.request_id}:{self.attempt if attempt is None else attempt}"


class Verdict(Struct, frozen=True):
    """What becomes of a request, and why."""

    move: RequestMove | None
    due: float | None = None
    failures: int = 0
    code: str | None = None
    sentence: str | None = None


def priority_of(task: Task) -> int:
    """The place in the queue: smaller goes first. The check of a token that was just saved goes before all."""
    match task:
        case Identity():
            return PRIORITY_IDENTITY
        case Release():
            return PRIORITY_RELEASE
        case _:
            return PRIORITY_SYNC


def is_queued(task: Task) -> bool:
    """Whether it leaves a share of the quota to what a person waits for."""
    return priority_of(task) >= PRIORITY_SYNC


def is_side(task: Task) -> bool:
    """Whether its failure is only a warning."""
    return isinstance(task, Side)


def move(request: Request, by: RequestMove) -> Request:
    """The request after a move. Raises `KeyError` where the table knows no such move."""
    return structs.replace(request, status=REQUEST_MOVES[by][request.status])


def claim(request: Request, *, lease_until: float) -> Request:
    """It leaves: the next attempt, for a bounded time."""
    claimed = move(request, RequestMove.CLAIM)
    return structs.replace(claimed, attempt=request.attempt + 1, lease_until=lease_until, due=None)


def judge(
    request: Request, outcome: Outcome, *, attempt: int | None, policy: RetryPolicy, roll: float, now: float
) -> Verdict:
    """What an answer does to an open request. `roll` is a random number in [0, 1).

    A good answer of any attempt counts, a failure only of the newest: an older one has been judged already.
    """
    newest = attempt is None or attempt == request.attempt
    match outcome:
        case Throttled():
            back = newest and request.status is RequestStatus.SENT
            return Verdict(RequestMove.GIVE_BACK if back else None, failures=request.failures)
        case Transient() | AccountMissing() if not newest:
            return Verdict(None, failures=request.failures)
        case Refused() | Forbidden() | TokenRefused() if not newest:
            return Verdict(None, failures=request.failures)
        case Transient(code=code, sentence=sentence):
            return _try_again(request, code, sentence, policy, roll, now)
        case AccountMissing():
            return _try_again(request, "account_missing", "There is no such user.", policy, roll, now)
        case Refused(code=code, sentence=sentence):
            return Verdict(RequestMove.SPEND, failures=request.failures, code=code, sentence=sentence)
        case Forbidden(sentence=sentence):
            return Verdict(RequestMove.SPEND, failures=request.failures, code="forbidden", sentence=sentence)
        case TokenRefused():
            return Verdict(
                RequestMove.SPEND,
                failures=request.failures,
                code="token_rejected",
                sentence="The token was not accepted.",
            )
        case _:
            return Verdict(RequestMove.COMPLETE, failures=request.failures)


def _try_again(
    request: Request, code: str, sentence: str, policy: RetryPolicy, roll: float, now: float
) -> Verdict:
    if request.status is RequestStatus.RETRYING:
        # This attempt was counted when its lease ended.
        return Verdict(None, failures=request.failures)
    failures = request.failures + 1
    if failures >= policy.attempts_max:
        return Verdict(RequestMove.SPEND, failures=failures, code=code, sentence=sentence)
    due = now + backoff_seconds(policy, failures, roll)
    return Verdict(RequestMove.RETRY, due=due, failures=failures, code=code, sentence=sentence)
