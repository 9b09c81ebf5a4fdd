"""The page fetches: a worker of the browser makes the calls, whatever becomes of its pages."""

import pytest

from e2e.page.syncing import answered_twice, completes, has_answers, save_a_token, start_a_sync
from e2e.page.visiting import TOKEN, is_signed_in, make_an_account

ITEMS = 5000
THROTTLES_MAX = 2

EVERYTHING_KEPT = """async () => {
  const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => resolve(opening.result);
    });
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store).getAll();
      kept.push(store, await new Promise((resolve) => { rows.onsuccess = () => resolve(JSON.stringify(rows.result)); }));
    }
    database.close();
  }
  return kept.join("\\n");
}"""


@pytest.fixture
def looking(world, opened):
    """Somebody looks at a page that has begun to sync a collection."""
    world.window = 3.0
    world.simulate(f"ada:{TOKEN}:{ITEMS}", latency_ms=60)
    server = world.serve()
    window = opened(world.url)
    make_an_account(window.page)
    save_a_token(world)
    start_a_sync(world)
    return window, server


def completes_without_a_call_too_many(world):
    completes(world, ITEMS)
    assert answered_twice(world) == set()
    assert sum(call["status"] == 429 for call in world.journal()) <= THROTTLES_MAX


def workers(world, window):
    """How many workers there are: each has one socket."""
    browser = window.context.browser
    targets = browser.new_browser_cdp_session().send("Target.getTargets")["targetInfos"]
    return [target["type"] for target in targets if target["url"].startswith(f"{world.url}/assets/")]


def test_reloads_and_tabs_that_come_and_go_cost_no_call_and_no_second_socket(world, looking):
    window, _ = looking
    has_answers(world, 5)
    window.page.reload()
    other = window.tab()
    is_signed_in(other)
    assert workers(world, window) == ["shared_worker"]
    window.page.close()
    has_answers(world, 15)
    other.reload()

    completes_without_a_call_too_many(world)


def test_a_server_that_restarts_is_waited_for_and_no_token_is_kept(world, looking):
    window, server = looking
    has_answers(world, 5)
    server.stop()
    world.serve()

    completes_without_a_call_too_many(world)
    kept = window.page.evaluate(EVERYTHING_KEPT)
    assert "clients" in kept
    assert TOKEN not in kept
    assert "Discogs token=" not in kept
    assert "eyJ" not in kept
