"""What is known of the user's syncs, from messages that may be lost, repeated and reordered. Pure."""

from msgspec import Struct

from cratesync.client.api import SyncStatus
from cratesync.protocol.messages import (
    Completion,
    Failure,
    Progress,
    Summary,
    SyncComplete,
    SyncError,
    SyncProgress,
)

SYNCS_MAX = 200


class Outcome(Struct, frozen=True, rename="camel"):
    """How a sync ended: `completed`, `failed` or `cancelled`."""

    session_id: str
    status: str
    summary: Summary | None = None
    code: str | None = None
    message: str | None = None
    revision: int = 0


class SyncWatch:
    """Keeps the newest snapshot and the outcome of each sync."""

    def __init__(self) -> None:
        self._progress: dict[str, Progress] = {}
        self._outcomes: dict[str, Outcome] = {}

    def progress(self, session_id: str) -> Progress | None:
        """The newest snapshot."""
        return self._progress.get(session_id)

    def outcome(self, session_id: str) -> Outcome | None:
        """How it ended, once it did. A retry takes an ended sync up again: a newer snapshot then counts."""
        outcome, progress = self._outcomes.get(session_id), self._progress.get(session_id)
        if outcome and progress and progress.revision > outcome.revision and not _is_over(progress.status):
            return None
        return outcome

    def see(self, message: SyncProgress | SyncComplete | SyncError) -> None:
        """A message of the socket."""
        match message.data:
            case Progress() as progress:
                self._see_progress(progress)
            case Completion(session_id=session_id, revision=revision, summary=summary):
                self._keep(Outcome(session_id, "completed", summary, revision=revision))
            case Failure() as failure:
                self._keep(
                    Outcome(
                        failure.session_id,
                        "failed",
                        failure.summary,
                        failure.code,
                        failure.message,
                        failure.revision,
                    )
                )

    def see_status(self, status: SyncStatus) -> None:
        """An answer of the REST API, asked for in case the last message was lost."""
        if _is_over(status.status):
            code = status.error_code
            sentence = status.error_message
            if status.status == "cancelled":
                code, sentence = "cancelled", sentence or "The sync was cancelled."
            # REST was asked after the newest snapshot came, so it is not older than that.
            known = self._progress.get(status.session_id)
            revision = max(status.revision, known.revision if known else 0)
            self._keep(Outcome(status.session_id, status.status, status.summary, code, sentence, revision))
        elif status.session_id not in self._progress:
            self._see_progress(_as_progress(status))

    def _see_progress(self, progress: Progress) -> None:
        before = self._progress.get(progress.session_id)
        if before is None or progress.revision >= before.revision:
            self._progress[progress.session_id] = progress
            _forget_oldest(self._progress)
        if progress.status == "cancelled":
            self._keep(
                Outcome(
                    progress.session_id,
                    "cancelled",
                    code="cancelled",
                    message="The sync was cancelled.",
                    revision=progress.revision,
                )
            )

    def _keep(self, outcome: Outcome) -> None:
        before = self._outcomes.get(outcome.session_id)
        if before is None or outcome.revision >= before.revision:
            self._outcomes[outcome.session_id] = outcome
            _forget_oldest(self._outcomes)


def _is_over(status: str) -> bool:
    return status in {"completed", "failed", "cancelled"}


def _forget_oldest(known: dict[str, Progress] | dict[str, Outcome]) -> None:
    while len(known) > SYNCS_MAX:
        del known[next(iter(known))]


def _as_progress(status: SyncStatus) -> Progress:
    return Progress(
        session_id=status.session_id,
        sync_type=status.sync_type,
        status=status.status,
        revision=status.revision,
        total_requests=status.total_requests,
        completed_requests=status.completed_requests,
        failed_requests=status.failed_requests,
        percent_complete=status.percent_complete,
        items_done=status.items_done,
        items_total=status.items_total,
        estimated_time_left=status.estimated_time_left,
        estimated_seconds_left=status.estimated_seconds_left,
        current_action=status.current_action,
        reason=status.reason,
        resume_at=status.resume_at,
    )
