"""Messages may be lost, repeated and reordered; what is known of a sync stays right."""

import itertools

import pytest
from msgspec.structs import replace

from cratesync.client.api import SyncStatus
from cratesync.client.watch import SYNCS_MAX, SyncWatch
from cratesync.protocol.messages import (
    Completion,
    Failure,
    Progress,
    Summary,
    SyncComplete,
    SyncError,
    SyncProgress,
)

SUMMARY = Summary(added=3)


def progress(revision, *, session_id="sync-1", status="in_progress"):
    return SyncProgress(
        id=f"m{revision}",
        data=Progress(
            session_id=session_id,
            sync_type="collection",
            status=status,
            revision=revision,
            total_requests=12,
            completed_requests=revision,
            failed_requests=0,
            percent_complete=revision * 8.0,
            items_done=revision * 100,
        ),
    )


def completed(revision, session_id="sync-1"):
    data = Completion(
        session_id=session_id, sync_type="collection", status="completed", revision=revision, summary=SUMMARY
    )
    return SyncComplete(id="done", data=data)


def failed(revision, code="incomplete"):
    data = Failure(
        session_id="sync-1",
        sync_type="collection",
        status="failed",
        revision=revision,
        code=code,
        message="Some pages could not be read.",
        retryable=True,
        summary=SUMMARY,
    )
    return SyncError(id="failed", data=data)


def seen(*messages):
    watch = SyncWatch()
    for message in messages:
        watch.see(message)
    return watch


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 2, 5])))
def test_the_highest_revision_stays_in_whatever_order_they_come(order):
    assert seen(*map(progress, order)).progress("sync-1").revision == 5


def test_the_end_is_the_end_even_if_an_older_snapshot_comes_after_it():
    watch = seen(progress(3), completed(7), progress(5))

    assert watch.outcome("sync-1").status == "completed"
    assert watch.outcome("sync-1").summary == SUMMARY


def test_a_failure_keeps_its_code_and_sentence():
    outcome = seen(failed(7, "token_rejected")).outcome("sync-1")

    assert (outcome.status, outcome.code) == ("failed", "token_rejected")
    assert outcome.message == "Some pages could not be read."


def test_a_cancelled_sync_ends_by_its_progress():
    assert seen(progress(4, status="cancelled")).outcome("sync-1").status == "cancelled"


def test_other_syncs_do_not_matter():
    assert seen(completed(7, "sync-0")).outcome("sync-1") is None


def test_a_retry_takes_an_ended_sync_up_again():
    watch = seen(failed(7), progress(8))
    assert watch.outcome("sync-1") is None

    watch.see(completed(12))
    assert watch.outcome("sync-1").status == "completed"


def test_the_rest_api_fills_in_for_a_lost_end_even_without_a_revision():
    watch = seen(progress(9))

    watch.see_status(SyncStatus(session_id="sync-1", status="completed", summary=SUMMARY))

    assert watch.outcome("sync-1").summary == SUMMARY


def test_the_rest_api_names_the_fault():
    watch = SyncWatch()
    status = SyncStatus(
        session_id="sync-1", status="failed", error_code="token_rejected", error_message="Rejected."
    )

    watch.see_status(status)

    assert (watch.outcome("sync-1").code, watch.outcome("sync-1").message) == ("token_rejected", "Rejected.")


def test_the_rest_api_shows_progress_only_until_a_message_does():
    status = SyncStatus(session_id="sync-1", status="in_progress", completed_requests=2)
    watch = SyncWatch()
    watch.see_status(status)
    assert watch.progress("sync-1").completed_requests == 2

    watch.see(progress(5))
    watch.see_status(replace(status, completed_requests=1))
    assert watch.progress("sync-1").completed_requests == 5


def test_what_is_remembered_is_bounded():
    watch = SyncWatch()
    for number in range(SYNCS_MAX + 50):
        watch.see(progress(1, session_id=f"sync-{number}"))

    assert watch.progress("sync-0") is None
    assert watch.progress(f"sync-{SYNCS_MAX + 49}") is not None
