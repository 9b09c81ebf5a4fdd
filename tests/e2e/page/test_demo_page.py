"""The demo as a newcomer walks it: one link, one press, and the records come."""

import re

import pytest
from playwright.sync_api import expect

from e2e.page.visiting import show
from e2e.processes import eventually
from e2e.test_demo import STARTED_WITHIN_SECONDS

ITEMS = 450
SHARES = "bars => bars.map(bar => bar.value)"
WIDTHS = "images => images.map(image => image.naturalWidth)"


@pytest.fixture
def demo(world, monkeypatch):
    """Ended as a person would, so that it ends its programs."""
    monkeypatch.setenv("BROWSER", "true")  # the program of that name: it opens nothing
    demo = world.start("demo", "demo", "--page", "--items", str(ITEMS))
    yield demo
    demo.stop()


def test_one_press_and_the_records_come(demo, opened):
    said = demo.said_when("Ctrl-C ends the demo", seconds=STARTED_WITHIN_SECONDS)
    link = re.search(r"http://\S+#code=\S+", said)[0]
    window = opened("about:blank")
    page, answers = window.page, []
    window.context.on("response", lambda answer: answers.append((answer.status, answer.url)))
    page.goto(link)
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_role("heading", level=1, name="Sync")).to_be_visible()
    progress = page.get_by_role("main").get_by_role("progressbar", name="Progress of the sync")
    expect(progress).to_be_visible()
    shares = set()
    eventually(
        lambda: shares.update(progress.evaluate_all(SHARES)) or len(shares) >= 3, what="a progress that moves"
    )
    assert page.get_by_text("This browser asks Discogs for you").is_visible()
    expect(page.get_by_text("Completed")).to_be_visible(timeout=60_000)

    show(page, "Collection")
    expect(page.get_by_text(f"{ITEMS} records")).to_be_visible()
    covers = page.get_by_role("list", name="Covers").locator("img")
    eventually(lambda: any(width > 0 for width in covers.evaluate_all(WIDTHS)), what="a cover")
    first = page.get_by_role("list", name="Covers").get_by_role("button").first
    title = first.locator(".card-title").inner_text()
    first.click()
    expect(page.get_by_role("dialog")).to_contain_text(title)

    assert [answer for answer in answers if answer[0] >= 400] == []
