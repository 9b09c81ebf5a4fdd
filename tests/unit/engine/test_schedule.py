"""Schedules: what is due when, after every kind of ending."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cratesync.engine.schedule import Daily, Due, Every, Off, after_change, after_sync, starts
from cratesync.engine.sync import SyncStatus

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOON = datetime(2030, 3, 4, 12, 0, tzinfo=UTC)
SIX_HOURLY = Every(6)
BERLIN = ZoneInfo("Europe/Berlin")


def starts_at(due, *, connected_for=timedelta(days=9), roll=0.0):
    """The first moment at which it starts, to the second."""
    moment = max(due.due_at, due.try_at or due.due_at) - HOUR
    while not starts(due, now=moment, connected_for=connected_for, roll=roll):
        moment += timedelta(seconds=1)
    return moment


def ended(schedule, due, at, status=SyncStatus.COMPLETED, *, scheduled=True):
    return after_sync(schedule, due, status, scheduled=scheduled, ended_at=at)


def test_the_first_sync_by_hand_starts_the_schedule():
    assert not starts(Due(), now=NOON, connected_for=HOUR, roll=0)
    assert ended(SIX_HOURLY, Due(), NOON, scheduled=False) == Due(due_at=NOON + 6 * HOUR)


def test_a_failed_or_cancelled_first_sync_does_not():
    for status in (SyncStatus.FAILED, SyncStatus.CANCELLED):
        assert ended(SIX_HOURLY, Due(), NOON, status, scheduled=False).due_at is None


def test_days_do_not_drift_by_the_time_that_syncs_take():
    due = Due(due_at=NOON)
    for _ in range(28):
        due = ended(SIX_HOURLY, due, due.due_at + 12 * MINUTE)
    assert due.due_at == NOON + timedelta(days=7)


def test_a_sync_by_hand_moves_the_next_one_back():
    assert ended(SIX_HOURLY, Due(due_at=NOON + HOUR), NOON, scheduled=False).due_at == NOON + 6 * HOUR


def test_what_was_missed_collapses_into_one():
    away_for_days = ended(SIX_HOURLY, Due(due_at=NOON), NOON + timedelta(days=3))
    assert away_for_days.due_at == NOON + timedelta(days=3) + 6 * HOUR


@given(
    hours=st.floats(0.5, 1000),
    late=st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_the_next_is_never_sooner_than_half_an_interval_nor_later_than_one(hours, late):
    schedule = Every(hours)
    at = NOON + late
    due = ended(schedule, Due(due_at=NOON), at).due_at
    assert schedule.interval / 2 <= due - at <= schedule.interval


def test_failures_hold_the_next_try_back_longer_and_longer_up_to_the_interval():
    due, waits = Due(due_at=NOON), []
    for _ in range(5):
        due = ended(SIX_HOURLY, due, NOON, SyncStatus.FAILED)
        waits.append((due.try_at - NOON) / HOUR)
    assert waits == [1, 2, 4, 6, 6]
    assert due.due_at == NOON
    assert starts_at(due) == NOON + 6 * HOUR
    assert ended(SIX_HOURLY, due, NOON + HOUR) == Due(due_at=NOON + 6 * HOUR)


@given(failures=st.integers(0, 10_000))
def test_no_failed_try_is_followed_by_another_within_an_hour(failures):
    for schedule in (Every(0.1), SIX_HOURLY, Daily(time(3), "UTC"), Off()):
        due = ended(schedule, Due(due_at=NOON, failures=failures), NOON, SyncStatus.FAILED)
        assert HOUR <= due.try_at - NOON <= timedelta(days=1)


def test_a_scheduled_sync_that_somebody_cancels_is_not_wanted_a_minute_later():
    assert ended(SIX_HOURLY, Due(due_at=NOON), NOON + MINUTE, SyncStatus.CANCELLED).due_at == (
        NOON + MINUTE + 6 * HOUR
    )
    by_hand = ended(SIX_HOURLY, Due(due_at=NOON), NOON, SyncStatus.CANCELLED, scheduled=False)
    assert by_hand == Due(due_at=NOON)


def test_it_is_off_until_it_is_on_again():
    due = ended(Off(), Due(due_at=NOON), NOON)
    assert due.due_at is None
    back = after_change(SIX_HOURLY, due, checked_at=NOON, now=NOON + HOUR)
    assert back.due_at == NOON + 6 * HOUR
    assert after_change(Off(), back, checked_at=NOON, now=NOON + HOUR).due_at is None


def test_a_new_schedule_takes_an_old_mirror_at_once_and_one_never_synced_not_at_all():
    later = NOON + timedelta(days=2)
    for schedule in (SIX_HOURLY, Daily(time(3), "Europe/Berlin")):
        assert after_change(schedule, Due(), checked_at=NOON, now=later).due_at == later
        assert after_change(schedule, Due(), checked_at=None, now=later).due_at is None
    in_ten_minutes = Daily(time(12, 10), "UTC")
    assert after_change(in_ten_minutes, Due(), checked_at=NOON - HOUR, now=NOON).due_at == NOON + 10 * MINUTE


def test_once_a_day_keeps_its_local_time_over_both_changes_of_the_clocks():
    schedule = Daily(time(2, 30), "Europe/Berlin")
    for start in (datetime(2030, 3, 28, 12, tzinfo=UTC), datetime(2030, 10, 24, 12, tzinfo=UTC)):
        due, seen = ended(schedule, Due(), start), []
        for _ in range(6):
            seen.append(due.due_at.astimezone(BERLIN))
            due = ended(schedule, due, due.due_at + 3 * MINUTE)
        assert len({moment.date() for moment in seen}) == 6
        leapt_over = datetime(2030, 3, 31, tzinfo=BERLIN).date()
        assert {moment.time() for moment in seen if moment.date() != leapt_over} == {time(2, 30)}
        assert [moment.time() for moment in seen if moment.date() == leapt_over] in ([], [time(3, 30)])


@given(
    at=st.times(),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"]),
    ended_at=st.timedeltas(timedelta(days=-3650), timedelta(days=3650)).map(lambda span: NOON + span),
)
def test_once_a_day_is_within_a_day_or_so_and_never_in_the_past(at, zone, ended_at):
    due = ended(Daily(at, zone), Due(), ended_at).due_at
    assert HOUR < due - ended_at <= timedelta(hours=50 if zone == "Pacific/Apia" else 26)


def test_a_due_sync_starts_within_a_minute_or_shortly_after_a_client_came():
    overdue = Due(due_at=NOON - timedelta(days=9))
    for roll in (0.0, 0.5, 0.999):
        assert NOON <= starts_at(Due(due_at=NOON), roll=roll) < NOON + MINUTE
        assert not starts(overdue, now=NOON, connected_for=timedelta(seconds=29), roll=roll)
        assert starts(overdue, now=NOON, connected_for=timedelta(seconds=45), roll=roll)


def test_what_was_due_stays_due_whatever_schedule_is_chosen():
    missed = Due(due_at=NOON, try_at=NOON + HOUR, failures=1)
    for schedule in (SIX_HOURLY, Daily(time(3), "Europe/Berlin")):
        assert after_change(schedule, missed, checked_at=NOON - 6 * HOUR, now=NOON + MINUTE) == missed
    assert after_change(Off(), missed, checked_at=NOON - 6 * HOUR, now=NOON + MINUTE).due_at is None


def test_a_mirror_is_overdue_a_while_after_it_was_due():
    assert not Due().is_overdue(NOON)
    assert not Due(due_at=NOON).is_overdue(NOON + MINUTE)
    assert Due(due_at=NOON, try_at=NOON + HOUR, failures=1).is_overdue(NOON + 11 * MINUTE)
