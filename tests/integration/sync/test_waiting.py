"""Every second of waiting has a reason on the wire, and the time left is about right."""

import pytest

from cratesync.simulator import Fault, Kind

# These wait for real, and what they are about lies before any database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

REASONS = {"pacing", "rate_limit_exceeded", "waiting_for_answer", "retrying", "client_disconnected", "user"}


def unexplained(told, calls, end, longest):
    """The stretches of more than so many seconds without a call whose last snapshot before gave no reason."""
    moments = [call.monotonic for call in calls]
    found = []
    for left, right in zip(moments, [*moments[1:], end], strict=True):
        if right - left <= longest:
            continue
        # A wait is explained by the newest snapshot at any moment of it, a short while after it began.
        said = [data for at, data in told if at <= left + longest]
        if not said or said[-1].reason not in REASONS:
            found.append((left, right, said[-1] if said else None))
    return found


async def watched(stage, ada, **options):
    async with ada.client(**options) as client:
        session = await ada.start()
        end = await client.told_the_end(session)
        at = next(at for at, event in client.events if event is end)
    return client.progress(session), at


async def test_a_sync_that_waits_for_its_quota_says_so_and_until_when(open_stage):
    async with open_stage(window=1.5, simulated={"limit": 8}) as stage:
        ada = await stage.person(items=900)
        told, end = await watched(stage, ada)

        assert unexplained(told, stage.calls(), end, longest=0.3) == []
        waiting = [data for _, data in told if data.reason == "pacing"]
        assert waiting
        assert all(data.resume_at and data.status == "in_progress" for data in waiting)
        assert all("rate limit" in data.current_action for data in waiting)
        stage.assert_paced()


async def test_waiting_for_a_slow_answer_has_a_reason(stage):
    ada = await stage.person(items=130)
    stage.simulator.faults.set(Fault(Kind.SLOW, path="*/releases", page=2, seconds=0.7))
    told, end = await watched(stage, ada)
    assert unexplained(told, stage.calls(), end, longest=0.3) == []
    assert "waiting_for_answer" in {data.reason for _, data in told}


async def test_waiting_to_try_again_has_a_reason(stage):
    ada = await stage.person(items=130)
    stage.simulator.faults.set(Fault(Kind.SERVER_ERROR, path="*/releases", page=2, next=2))
    told, end = await watched(stage, ada)
    assert unexplained(told, stage.calls(), end, longest=0.6) == []


async def test_a_rest_that_discogs_asks_for_is_a_pause_with_an_end(open_stage):
    async with open_stage(window=5.5) as stage:
        ada = await stage.person(items=330)
        stage.simulator.faults.set(Fault(Kind.THROTTLED, path="*/releases", next=2))
        async with ada.client(in_flight=1) as client:
            session = await ada.start()
            status = await ada.until(session, lambda status: status["reason"] == "rate_limit_exceeded")
            assert status["status"] == "paused"
            assert status["resumeAt"]
            assert "rest" in status["currentAction"]
            assert (await ada.ended(session))["status"] == "completed"
        assert (
            unexplained(client.progress(session), stage.calls()[:-1], stage.calls()[-1].monotonic, 0.6) == []
        )


async def test_the_time_left_is_about_right_from_the_first_tenth_on(open_stage):
    # A machine that is busy with other tests adds to every call what no model knows: hence the half second.
    async with open_stage(window=3.0, simulated={"limit": 14, "latency_ms": 60}) as stage:
        ada = await stage.person(items=3200)
        told, end = await watched(stage, ada)

    judged = [
        (end - at, data.estimated_seconds_left)
        for at, data in told
        if 10 <= data.percent_complete <= 80 and data.estimated_seconds_left is not None
    ]
    good = [abs(said - left) <= 0.2 * left + 0.5 for left, said in judged]
    assert len(judged) >= 10
    assert sum(good) >= 0.9 * len(good), [(round(left, 2), said) for left, said in judged]
