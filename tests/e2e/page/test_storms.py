"""Discogs turns calls away, and says so in a way that a browser may not read."""

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from e2e.page.syncing import answered_twice, calls, completes, save_a_token, start_a_sync
from e2e.page.visiting import TOKEN, make_an_account, show
from e2e.processes import eventually

ITEMS = 1500
BEFORE = 6
AT_ONCE_MAX = 12
WINDOW_SECONDS = 2.0


@pytest.fixture
def storm(world, opened):
    """Somebody looks at the sync's page while Discogs begins to turn every call away."""
    world.window = WINDOW_SECONDS
    world.simulate(f"ada:{TOKEN}:{ITEMS}", latency_ms=100)
    world.serve()
    window = opened(world.url)
    make_an_account(window.page)
    save_a_token(world)
    show(window.page, "Sync")
    start_a_sync(world)
    eventually(lambda: len(calls(world)) >= BEFORE, what="a few calls")
    world.control("POST", "/faults", {"kind": "429"})
    return window


def turned_away(world):
    """The paths of the calls that were turned away, and how often each was."""
    return Counter(call["path"] for call in calls(world) if call["status"] == 429)


def test_a_storm_is_waited_out_and_not_fed(world, storm):
    expect(storm.page.get_by_text("Discogs did not answer this browser")).to_be_visible()
    # One of the calls that flew together, then the probe that follows at once, then one after a whole window.
    eventually(lambda: max(turned_away(world).values()) >= 3, what="a probe after a window")
    expect(storm.page.get_by_text(re.compile(r"It goes on in \d+ seconds"))).to_be_visible()
    world.control("DELETE", "/faults")
    expect(storm.page.get_by_text("Completed")).to_be_visible(timeout=60_000)

    completes(world, ITEMS)
    assert answered_twice(world) == set()
    [(probed, times)] = turned_away(world).most_common(1)
    _, first, second, answered = (call["monotonic"] for call in calls(world) if call["path"] == probed)
    assert times == 3
    assert turned_away(world).total() <= AT_ONCE_MAX + 2
    assert second - first >= WINDOW_SECONDS
    assert answered - second >= 2 * WINDOW_SECONDS
