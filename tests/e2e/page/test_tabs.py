"""Tabs of a browser that has no shared worker: each has a worker of its own, and one of them fetches."""

import pytest
from playwright.sync_api import expect

from e2e.page.syncing import answered_twice, calls
from e2e.page.visiting import TOKEN, follow, is_signed_in, link_of, save_the_token, show
from e2e.processes import eventually

ITEMS = 6000
AT_ONCE_MAX = 12
FETCHES = "This browser asks Discogs for you"
STANDS_BY = "Connected, and ready to ask Discogs for you"


@pytest.fixture(params=["with Web Locks", "without Web Locks"])
def tabs(request, world, opened):
    """A tab and its twin, which goes by the same name. Only on this machine itself do browsers give Web Locks."""
    secure = request.param == "with Web Locks"
    host = "127.0.0.1" if secure else request.getfixturevalue("own_address")
    world.window = 2.0
    world.simulate(f"ada:{TOKEN}:{ITEMS}", latency_ms=150, more=("--host", host))
    window = opened(link_of(world.serve(HOST=host), world.url), without=("SharedWorker",))
    first = window.page
    follow(first)
    assert first.evaluate("typeof navigator.locks === 'object'") == secure
    save_the_token(first)
    expect(first.get_by_text("You are ready to sync.")).to_be_visible()
    show(first, "Sync")
    second = window.twin_of(first)
    is_signed_in(second)
    expect(second.get_by_text(STANDS_BY)).to_be_visible()
    return first, second


def test_one_of_two_tabs_fetches_and_the_other_takes_over(world, tabs):
    first, second = tabs
    first.get_by_role("button", name="First sync").first.click()
    eventually(lambda: len(calls(world)) >= AT_ONCE_MAX, what="a few calls")
    one = eventually(
        lambda: next((t for t in tabs if t.get_by_text(FETCHES).is_visible()), None),
        what="a tab that fetches",
    )
    other = second if one is first else first
    expect(other.get_by_text(STANDS_BY)).to_be_visible()
    other.reload()
    expect(other.get_by_text(STANDS_BY)).to_be_visible()
    assert one.get_by_text(FETCHES).is_visible()
    assert answered_twice(world) == set()
    accepted = world.accepted()
    one.close()

    expect(other.get_by_text(FETCHES)).to_be_visible()
    expect(other.get_by_text("Completed")).to_be_visible(timeout=60_000)
    assert accepted
    assert answered_twice(world) & accepted == set()
    assert len(answered_twice(world)) <= AT_ONCE_MAX
