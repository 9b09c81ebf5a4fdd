"""Calls leave the same time apart, however quick the answers are."""

from cratesync.client.discogs_check.pace import LOW_PAUSE_SECONDS, PAUSE_SECONDS, Pace
from unit.client.discogs_check.hands import Hands


async def test_the_first_call_leaves_at_once_and_the_next_after_a_pause():
    hands = Hands()
    pace = Pace(monotonic=hands.clock.monotonic, sleep=hands.sleep)

    await pace.turn()
    hands.seconds += 0.5
    await pace.turn()

    assert hands.waits == [PAUSE_SECONDS - 0.5]


async def test_a_slow_answer_is_pause_enough():
    hands = Hands()
    pace = Pace(monotonic=hands.clock.monotonic, sleep=hands.sleep)

    await pace.turn()
    hands.seconds += 5
    await pace.turn()

    assert hands.waits == []


async def test_a_quota_that_is_nearly_used_is_left_to_others():
    hands = Hands()
    pace = Pace(monotonic=hands.clock.monotonic, sleep=hands.sleep)

    for remaining in (11, 10, None):
        await pace.turn()
        pace.see(remaining)
    await pace.turn()

    assert hands.waits == [PAUSE_SECONDS, LOW_PAUSE_SECONDS, PAUSE_SECONDS]
