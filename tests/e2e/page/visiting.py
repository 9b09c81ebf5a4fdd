"""What a newcomer does: an account, a token, a first sync."""

import re

from playwright.sync_api import Page, expect

from e2e.processes import PASSWORD, Program

TOKEN = "pageTokenpageTokenpageToken1234567890abc"


def make_an_account(page: Page) -> None:
    page.get_by_role("button", name="Make an account").last.click()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    is_signed_in(page)


def link_of(server: Program, url: str) -> str:
    """The link that a server prints for its first account, for whoever knows the server by this address."""
    code = re.search(r"#code=\S+", server.said_when("#code="))[0]
    return f"{url}/{code}"


def follow(page: Page) -> None:
    """Come in by such a link."""
    page.get_by_label("Name").fill("ada")
    page.get_by_role("button", name="Go on").click()
    is_signed_in(page)


def is_signed_in(page: Page) -> None:
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def save_the_token(page: Page, token: str = TOKEN) -> None:
    page.get_by_label("Discogs token").fill(token)
    page.get_by_role("button", name="Save the token").click()


def sync_first(page: Page) -> None:
    """The collection's first sync, to its end."""
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Sync").click()
    page.get_by_role("button", name="First sync").first.click()
    expect(page.get_by_text("Completed")).to_be_visible(timeout=60_000)


def show(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
