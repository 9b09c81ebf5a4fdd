"""A collection that Discogs does not show to the token's account."""

import pytest
from playwright.sync_api import expect

from e2e.page.syncing import answered_twice, completes
from e2e.page.visiting import TOKEN, make_an_account, save_the_token, show

ITEMS = 450
OF_BERTA = "berta"


@pytest.fixture
def refused(world, opened):
    """A sync that was turned away. An owner sees what is theirs, private or not; this token is another's by now."""
    world.simulate(f"ada:{TOKEN}:{ITEMS}", f"{OF_BERTA}:{'b' * 20}:1")
    world.serve()
    page = opened(world.url).page
    make_an_account(page)
    save_the_token(page)
    expect(page.get_by_text("You are ready to sync.")).to_be_visible()
    world.control("POST", "/users/ada", {"token": None, "private_collection": True})
    world.control("POST", f"/users/{OF_BERTA}", {"token": TOKEN})
    show(page, "Sync")
    page.get_by_role("button", name="First sync").first.click()
    expect(page.get_by_text("Failed", exact=True)).to_be_visible()
    return page


def test_what_to_switch_on_is_told_and_what_failed_can_be_tried_again(world, refused):
    page = refused
    expect(page.get_by_text("At discogs.com/settings/privacy switch on")).to_be_visible()
    world.control("POST", "/users/ada", {"private_collection": False})
    page.get_by_role("button", name="Try what failed again").click()

    expect(page.get_by_text("Completed")).to_be_visible(timeout=60_000)
    completes(world, ITEMS)
    assert answered_twice(world) == set()
