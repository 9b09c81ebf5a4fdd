"""A newcomer opens the page."""

import pytest
from playwright.sync_api import expect

from e2e.page.visiting import (
    TOKEN,
    follow,
    is_signed_in,
    link_of,
    make_an_account,
    save_the_token,
    show,
    sync_first,
)

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
ITEMS = 420


@pytest.mark.parametrize("machine", [{}, PHONE], ids=["laptop", "phone"])
def test_from_nothing_to_records_by_a_token_and_one_button(world, opened, machine):
    world.simulate(f"ada:{TOKEN}:{ITEMS}:30")
    world.serve()
    page = opened(world.url, **machine).page
    make_an_account(page)
    save_the_token(page)
    expect(page.get_by_text("You are ready to sync.")).to_be_visible()
    sync_first(page)

    show(page, "Collection")
    expect(page.get_by_text(f"{ITEMS} records")).to_be_visible()
    title = world.call("GET", "/api/collection?sort=added&order=desc&limit=1")["items"][0]["title"]
    expect(page.get_by_text(title).first).to_be_visible()
    page.get_by_role("searchbox").fill(title)
    expect(page.get_by_text(title).first).to_be_visible()
    for name in ("Wantlist", "Insights", "Settings"):
        show(page, name)
    page.reload()
    is_signed_in(page)


def test_a_link_from_the_server_signs_in_and_leaves_no_trace(world, opened):
    world.simulate(f"ada:{TOKEN}:5")
    server = world.serve()
    page = opened(link_of(server, world.url)).page
    follow(page)

    assert "code=" not in page.url
    assert (
        world.http("POST", "/api/auth/login", json={"username": "ada", "password": "x" * 12}).status_code
        == 401
    )


def test_a_token_that_discogs_does_not_know_is_told_at_once(world, opened):
    world.simulate(f"ada:{TOKEN}:5")
    world.serve()
    page = opened(world.url).page
    make_an_account(page)
    save_the_token(page, "some-other-token-0123456789")

    expect(page.get_by_text("Discogs does not accept this token.")).to_be_visible()
