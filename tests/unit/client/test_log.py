"""`run` writes a line a change of state."""

from msgspec.structs import replace

from cratesync.client.clock import Clock
from cratesync.client.events import Connected, Lost, Misunderstood, NotTaken, PinsChanged, Refused, Unanswered
from cratesync.client.log import Log
from unit.client.signed import NOW
from unit.client.test_watch import completed, failed, progress


def written(*events):
    lines = []
    log = Log(lines.append, Clock(lambda: 0.0, lambda: NOW))
    for event in events:
        log.observe(event)
    return [line.removeprefix("2026-11-22T08:00:00.000Z ") for line in lines]


def test_every_event_has_its_line():
    assert written(
        Connected("c-1", "u-1"),
        Lost('It said "no".', 1012, 0.449),
        Lost("Gone.", None, 2),
        PinsChanged(("a", "b"), first=True),
        Refused("r-1", "refused_url"),
        Unanswered("r-2", "timeout"),
        NotTaken("r-3"),
        Misunderstood("bad_json", "The frame is not valid JSON."),
        completed(9),
        failed(9),
    ) == [
        "connected connection_id=c-1 user_id=u-1",
        r'disconnected why="It said \"no\"." close_code=1012 retry_seconds=0.4',
        "disconnected why=Gone. retry_seconds=2",
        "keys_pinned key_ids=a,b first=True",
        "request_refused request_id=r-1 code=refused_url",
        "request_unanswered request_id=r-2 code=timeout",
        "request_not_taken request_id=r-3",
        'message_not_understood code=bad_json why="The frame is not valid JSON."',
        "sync_completed sync_id=sync-1 added=3 updated=0 removed=0",
        'sync_failed sync_id=sync-1 code=incomplete why="Some pages could not be read."',
    ]


def test_progress_has_a_line_only_when_the_state_changes():
    paused = progress(5, status="paused")
    paused = replace(
        paused, data=replace(paused.data, reason="rate_limit_exceeded", resume_at="2026-11-22T08:01:00Z")
    )

    assert written(progress(1), progress(2), paused, paused, progress(6)) == [
        "sync_in_progress sync_id=sync-1 sync_type=collection",
        "sync_paused sync_id=sync-1 sync_type=collection reason=rate_limit_exceeded resume_at=2026-11-22T08:01:00Z",
        "sync_in_progress sync_id=sync-1 sync_type=collection",
    ]


def test_nobody_forges_a_line():
    assert len(written(Lost("a\n2026 connected", 1000, 1.0))[0].splitlines()) == 1
