"""The network goes away in mid-sync, and comes back."""

import re

import pytest
from playwright.sync_api import expect

from e2e.page.pass_through import PassThrough
from e2e.page.syncing import answered_twice, calls, completes, save_a_token, start_a_sync
from e2e.page.visiting import TOKEN, make_an_account, show
from e2e.processes import eventually

ITEMS = 2000
BEFORE = 6


@pytest.fixture
def syncing(world, opened):
    """Somebody looks at the sync's page while the first pages come in; the way to the server can be cut, and that to Discogs."""
    world.window = 2.0
    world.simulate(f"ada:{TOKEN}:{ITEMS}", latency_ms=100)
    discogs = PassThrough(world.discogs_url)
    world.discogs_url = discogs.url
    world.serve()
    server = PassThrough(world.url)
    window = opened(server.url)
    make_an_account(window.page)
    save_a_token(world)
    start_a_sync(world)
    show(window.page, "Sync")
    eventually(lambda: len(calls(world)) >= BEFORE, what="a few calls")
    yield window, server, discogs
    server.cut()
    discogs.cut()


def test_a_server_that_cannot_be_reached_is_told_and_come_back_to(world, syncing):
    window, server, _ = syncing
    server.cut()
    expect(window.page.get_by_text("The connection was lost; trying again …")).to_be_visible()
    server.mend()

    expect(window.page.get_by_text("Completed")).to_be_visible(timeout=60_000)
    completes(world, ITEMS)
    assert answered_twice(world) == set()


def test_a_discogs_that_cannot_be_reached_is_told_and_come_back_to(world, syncing):
    window, _, discogs = syncing
    discogs.cut()
    expect(window.page.get_by_text("Discogs did not answer this browser")).to_be_visible()
    expect(window.page.get_by_text(re.compile(r"It goes on in \d+ seconds"))).to_be_visible()
    accepted = world.accepted()
    discogs.mend()

    expect(window.page.get_by_text("Completed")).to_be_visible(timeout=60_000)
    completes(world, ITEMS)
    # What was under way when the wire was cut is made again: nobody saw its answer.
    assert accepted
    assert answered_twice(world) & accepted == set()
