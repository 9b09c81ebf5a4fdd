"""Nobody looks: the tab stands still, or is closed, or the whole browser is."""

import time

from playwright.sync_api import expect

from e2e.page.pass_through import PassThrough
from e2e.page.syncing import answered_twice, calls, completes, save_a_token, start_a_sync, sync
from e2e.page.visiting import TOKEN, is_signed_in, make_an_account, show
from e2e.processes import eventually

BEFORE = 8
AT_ONCE_MAX = 12
LATENCY_MS = 150
QUIET_SECONDS = 1.0

ANSWERS_KEPT = """async () => {
  const [{ name }] = await indexedDB.databases();
  const ask = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await ask(indexedDB.open(name));
  const count = await ask(database.transaction("answers").objectStore("answers").count());
  database.close();
  return count;
}"""


def begun(world, open_):
    """The sync's page, while the first pages come in."""
    window = open_(world.url)
    make_an_account(window.page)
    save_a_token(world)
    start_a_sync(world)
    show(window.page, "Sync")
    eventually(lambda: len(calls(world)) >= BEFORE, what="a few calls")
    return window


def waits_for_a_client(world):
    eventually(lambda: sync(world)["reason"] == "client_disconnected", what="a sync without a client")


def not_taken(world):
    """What Discogs has answered and the server does not know; nothing while calls are still being made."""
    if time.monotonic() - max(call["monotonic"] for call in world.journal()) < QUIET_SECONDS:
        return set()
    return {call["path"] for call in calls(world) if call["status"] == 200} - world.accepted()


def lies_in(page, answers):
    """The answers, once the browser has laid as many by; some more are those that were taken, but not acknowledged any more."""
    return answers if 0 < len(answers) <= page.evaluate(ANSWERS_KEPT) else None


def test_a_tab_that_stands_still_is_fetched_for(world, opened):
    """As one that its browser froze behind others; Playwright keeps every tab in front, so a debugger stops this one."""
    world.window = 2.0
    world.simulate(f"ada:{TOKEN}:2000", latency_ms=LATENCY_MS)
    world.serve()
    window = begun(world, opened)
    debugger = window.context.new_cdp_session(window.page)
    debugger.send("Debugger.enable")
    debugger.send("Debugger.pause")
    completes(world, 2000)

    debugger.send("Debugger.resume")  # which fails where nothing was stopped
    debugger.send("Debugger.disable")
    expect(window.page.get_by_text("Completed")).to_be_visible()
    assert answered_twice(world) == set()


def test_a_sync_whose_last_tab_is_closed_waits_and_goes_on_in_the_next_one(world, opened):
    world.window = 8.0
    world.simulate(f"ada:{TOKEN}:6000", latency_ms=LATENCY_MS)
    world.serve()
    window = begun(world, opened)
    window.page.close()
    waits_for_a_client(world)
    before = len(calls(world))

    page = window.tab()
    is_signed_in(page)
    eventually(lambda: len(calls(world)) > before, what="a call after the pause")
    assert answered_twice(world) == set()


def test_a_browser_that_is_closed_loses_what_was_under_way_and_nothing_else(world, lasting):
    world.window = 2.0
    world.simulate(f"ada:{TOKEN}:3000", latency_ms=LATENCY_MS)
    world.serve()
    begun(world, lasting).close()
    waits_for_a_client(world)
    accepted = world.accepted()

    is_signed_in(lasting(world.url).page)
    completes(world, 3000)
    assert accepted
    assert answered_twice(world) & accepted == set()
    assert len(answered_twice(world)) <= AT_ONCE_MAX


def test_answers_that_the_server_has_not_taken_outlive_the_browser(world, lasting):
    world.window = 2.0
    world.simulate(f"ada:{TOKEN}:3000", latency_ms=LATENCY_MS)
    world.serve()
    way = PassThrough(world.url)
    direct, world.url = world.url, way.url
    window = begun(world, lasting)
    world.url = direct
    way.cut()
    waits_for_a_client(world)
    kept = eventually(
        lambda: lies_in(window.page, not_taken(world)), what="answers that are kept, and no call under way"
    )
    window.close()
    way.mend()

    is_signed_in(lasting(way.url).page)
    completes(world, 3000)
    assert kept & world.accepted() == kept
    assert answered_twice(world) == set()
    way.cut()
