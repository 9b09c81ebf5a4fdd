"""What a person is told."""

import pytest
from msgspec import structs

from cratesync.engine.learning import Learned
from cratesync.engine.pacing import Pace, Quota, arrive, depart, throttled
from cratesync.engine.plan import Phase
from cratesync.engine.progress import Outlook, Reason, in_words, records_word, seconds_left, standing
from cratesync.engine.sync import SyncStatus
from unit.engine.world import mirrored_world, small_world

QUOTA = Quota(10, 60.0, 2)
NOW = 100.0


def paced(*, sent=0, at=NOW, answered_after=None):
    pace = Pace()
    for key in range(sent):
        pace = depart(pace, QUOTA, key=str(key), lease_until=at + 90, now=at)
    for key in range(sent if answered_after is not None else 0):
        pace = arrive(pace, QUOTA, key=str(key), rate_limit=None, now=at + answered_after)
    return pace


def outlook(**options):
    usual = {
        "pace": Pace(),
        "quota": QUOTA,
        "learned": None,
        "has_fetcher": True,
        "in_flight_max": 4,
        "latency_seconds": 0.5,
        "waiting": 5,
        "flying": 0,
        "next_due": None,
        "now": NOW,
    }
    return Outlook(**(usual | options))


def sync_in(status=SyncStatus.IN_PROGRESS, **plan):
    world = small_world()
    world.start(full=True)
    sync = world.sync
    return structs.replace(sync, status=status, plan=structs.replace(sync.plan, **plan))


def told(status=SyncStatus.IN_PROGRESS, **options):
    return standing(sync_in(status), outlook(**options))


# --- reasons ---


def test_the_user_s_own_pause_comes_before_all_other_reasons():
    shown = told(SyncStatus.PAUSED, has_fetcher=False, pace=paced(sent=8, answered_after=0.1))

    assert (shown.status, shown.reason, shown.resume_at) == ("paused", Reason.USER, None)


def test_then_comes_the_missing_client():
    shown = told(has_fetcher=False, pace=paced(sent=8, answered_after=0.1))

    assert (shown.status, shown.reason) == ("paused", Reason.CLIENT_DISCONNECTED)


def test_a_long_wait_for_the_quota_is_shown_as_a_pause_with_its_end():
    shown = told(pace=paced(sent=8, answered_after=0.1))

    assert (shown.status, shown.reason) == ("paused", Reason.RATE_LIMIT_EXCEEDED)
    assert shown.resume_at == pytest.approx(160.1)
    assert shown.action == "Waiting 60 seconds for Discogs' rate limit"


def test_a_short_one_is_told_but_is_no_pause():
    shown = told(pace=paced(sent=8, at=NOW - 57, answered_after=0.1))

    assert (shown.status, shown.reason) == ("in_progress", Reason.PACING)


def test_a_throttle_is_told_in_its_own_words():
    pace, _ = throttled(
        paced(sent=1), QUOTA, key="0", heard=True, retry_after_seconds=30.0, roll=0.0, now=NOW
    )

    shown = told(pace=pace)

    assert (shown.status, shown.reason) == ("paused", Reason.RATE_LIMIT_EXCEEDED)
    assert shown.action == "Discogs asked for a rest; trying again in 30 seconds"


def test_while_the_probe_is_under_way_its_answer_is_awaited_and_not_its_lease():
    pace, _ = throttled(
        paced(sent=1, at=NOW - 9), QUOTA, key="0", heard=True, retry_after_seconds=None, roll=0.0, now=NOW - 8
    )
    pace = depart(pace, QUOTA, key="p", lease_until=NOW + 90, now=NOW)

    shown = told(pace=pace, flying=1)

    assert (shown.status, shown.reason) == ("in_progress", Reason.WAITING_FOR_ANSWER)
    assert shown.seconds_left < 70


def test_calls_under_way_are_a_reason_of_their_own():
    assert told(flying=2).reason is Reason.WAITING_FOR_ANSWER
    assert told(flying=2, waiting=0).status == "in_progress"


def test_a_request_that_waits_to_be_tried_again_is_one_too():
    shown = told(waiting=1, next_due=NOW + 20)

    assert (shown.reason, shown.resume_at) == (Reason.RETRYING, NOW + 20)
    assert shown.seconds_left >= 20


def test_with_nothing_in_the_way_there_is_no_reason():
    assert told().reason is None


def test_an_ended_sync_waits_for_nothing():
    done = mirrored_world().sync

    assert standing(done, outlook(has_fetcher=False)).action == "Done"
    failed = structs.replace(done, status=SyncStatus.FAILED, sentence="It broke.")
    assert standing(failed, outlook()).action == "It broke."
    cancelled = structs.replace(done, status=SyncStatus.CANCELLED)
    assert (standing(cancelled, outlook()).status, standing(cancelled, outlook()).reason) == (
        "cancelled",
        None,
    )


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.SCAN])
def test_every_phase_is_told_in_a_sentence(phase):
    assert standing(sync_in(phase=phase), outlook()).action


def test_a_scan_tells_its_page_and_a_second_one_begins_anew():
    def scanning(**plan):
        return standing(sync_in(phase=Phase.SCAN, **plan), outlook()).action

    assert scanning(pages=7, last_page=2) == "Processing page 3 of 7"
    assert scanning(pages=7, last_page=7) == "Reading your records"


# --- time left ---


def test_nothing_left_takes_no_time_and_the_last_answer_takes_one_call():
    assert seconds_left(outlook(waiting=0)) == 0.0
    assert seconds_left(outlook(waiting=0, flying=1)) == 0.5


def test_a_few_calls_take_as_long_as_the_in_flight_bound_makes_them():
    assert seconds_left(outlook(waiting=8, in_flight_max=1)) == pytest.approx(4.0)
    assert seconds_left(outlook(waiting=8, in_flight_max=8)) <= 1.0


def test_one_window_more_for_each_time_the_quota_is_spent():
    assert seconds_left(outlook(waiting=9)) == pytest.approx(61.0)
    assert seconds_left(outlook(waiting=17)) == pytest.approx(121.5)


def test_a_slow_first_round_delays_the_later_ones():
    """With one call at a time each round's last call leaves a round's length after its first."""
    assert seconds_left(outlook(waiting=16, in_flight_max=1, latency_seconds=4.0)) == pytest.approx(96, abs=5)


def test_calls_under_way_are_not_expected_to_take_until_their_leases_end():
    assert seconds_left(outlook(pace=paced(sent=8), waiting=1, flying=8)) == pytest.approx(61.0, abs=1)


def test_a_blind_client_s_budget_counts():
    assert seconds_left(outlook(waiting=9, learned=Learned(4))) == pytest.approx(121.5)


def test_without_a_measured_latency_half_a_second_is_assumed():
    assert seconds_left(outlook(waiting=1, latency_seconds=None)) == 0.5


# --- words ---


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "less than a second"),
        (1.2, "1 second"),
        (45.0, "45 seconds"),
        (89.4, "89 seconds"),
        (90.0, "2 minutes"),
        (420.0, "7 minutes"),
        (5_399.0, "90 minutes"),
        (5_400.0, "1 hour 30 minutes"),
        (7_200.0, "2 hours"),
        (10_860.0, "3 hours 1 minute"),
    ],
)
def test_durations_are_told_as_people_say_them(seconds, words):
    assert in_words(seconds) == words


def test_records_and_wants_have_their_own_word():
    assert (records_word("collection"), records_word("wantlist")) == ("records", "wants")
