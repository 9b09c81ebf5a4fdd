"""The page by plain http from an address of the network, where browsers know no secure context."""

import pytest
from playwright.sync_api import expect

from e2e.page.pass_through import PassThrough
from e2e.page.syncing import answered_twice
from e2e.page.visiting import TOKEN, follow, link_of, save_the_token, show, sync_first

ITEMS = 300


@pytest.fixture
def discogs(world, own_address):
    """On the same address: browsers keep pages of the network away from what is on this machine alone."""
    world.simulate(f"ada:{TOKEN}:{ITEMS}", more=("--host", own_address))


def come_in(opened, server, url):
    page = opened(link_of(server, url)).page
    follow(page)
    assert page.evaluate("[isSecureContext, typeof navigator.locks, typeof crypto.subtle]") == [
        False,
        "undefined",
        "undefined",
    ]
    return page


def test_a_page_of_the_servers_own_machine_fetches(world, opened, own_address, discogs):
    server = world.serve(HOST=own_address)
    page = come_in(opened, server, world.url)
    save_the_token(page)
    expect(page.get_by_text("You are ready to sync.")).to_be_visible()
    sync_first(page)

    show(page, "Collection")
    expect(page.get_by_text(f"{ITEMS} records")).to_be_visible()


def test_a_page_of_another_machine_watches_until_that_is_allowed(world, opened, own_address, discogs):
    server = world.serve(TRUSTED_PROXIES="127.0.0.1")
    proxy = PassThrough(world.url, host=own_address, names=True)
    page = come_in(opened, server, proxy.url)
    save_the_token(page)
    expect(
        page.get_by_text("Discogs is asked about it as soon as a client of yours is connected.")
    ).to_be_visible()
    show(page, "Sync")
    expect(page.get_by_text("Your Discogs token never leaves the server that way")).to_be_visible()
    page.get_by_role("button", name="First sync").first.click()
    expect(page.get_by_text("No client of yours is connected to ask Discogs.")).to_be_visible()
    assert world.journal() == []

    server.stop()
    world.serve(ALLOW_INSECURE_LAN="1")
    expect(page.get_by_text("Completed")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Your Discogs token never leaves the server that way")).to_be_hidden()
    assert answered_twice(world) == set()
    proxy.cut()
