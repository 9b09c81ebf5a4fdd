"""A newcomer opens the page."""

from playwright.sync_api import expect

from e2e.processes import PASSWORD


def test_a_newcomer_makes_an_account_and_is_known_again_after_a_reload(world, opened):
    world.serve()
    page = opened(world.url).page
    page.get_by_role("button", name="Make an account").last.click()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_text("ada")).to_be_visible()

    page.reload()

    expect(page.get_by_text("ada")).to_be_visible()
