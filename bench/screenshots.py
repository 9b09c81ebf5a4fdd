"""A picture of every page, in light and dark, on a laptop, on a phone and on a large screen, and of what is rarely seen.

    python bench/screenshots.py [--folder screenshots] [--items 6500]

Real programs on loopback: an invented collection is synced by the page itself, large enough to have to wait for the quota, and then
every page is looked at. Look at all of the pictures before a change of the page is called done.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import Page, expect, sync_playwright

from e2e.page.conftest import OPTIONS
from e2e.page.visiting import TOKEN, make_an_account, save_the_token, show
from e2e.processes import World
from foreign_programs import find_chromium

PAGES = ("Collection", "Wantlist", "Own it?", "Sync", "Insights", "Settings")
SIZES = {"laptop": (1440, 900), "phone": (390, 844), "wide": (1920, 1200)}
COLOURS = ("light", "dark")
# Covers come one by one, and plots are drawn in a moment.
SETTLED_MS = 1500
WINDOW_SECONDS = 20
SYNC_MS = 90_000


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, default=Path("screenshots"))
    options.add_argument("--items", type=int, default=6500)
    chosen = options.parse_args()
    chosen.folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        world = World(Path(folder), window=WINDOW_SECONDS)
        try:
            world.simulate(f"ada:{TOKEN}:{chosen.items}:{chosen.items // 10}", latency_ms=150)
            world.serve()
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(OPTIONS))
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page.goto(world.url)
            Album(page, world, chosen.folder).fill()
            browser.close()
        finally:
            world.end()
    print(f"{len(list(chosen.folder.glob('*.png')))} pictures in {chosen.folder}")


class Album:
    """The pictures of one visit."""

    def __init__(self, page: Page, world: World, folder: Path) -> None:
        self._page, self._world, self._folder = page, world, folder

    def fill(self) -> None:
        """The way of a newcomer, every page, and what is rarely seen."""
        self._newcomer()
        self._under_way()
        for colours in COLOURS:
            self._page.emulate_media(color_scheme=colours)
            for size in SIZES:
                for name in PAGES:
                    self._to(name, size)
                    self._take(f"{name.rstrip('?').replace(' ', '-').lower()}-{colours}-{size}")
        for colours in COLOURS:
            self._page.emulate_media(color_scheme=colours)
            self._records(colours)
        self._page.emulate_media(color_scheme="light")
        self._whole_pages()
        self._trouble()

    def _newcomer(self) -> None:
        for size in SIZES:
            self._take("first-visit", size)
        make_an_account(self._page)
        for size in SIZES:
            self._take("token", size)
        save_the_token(self._page)
        for size in ("laptop", "phone"):
            for name in ("Collection", "Sync", "Insights"):
                self._to(name, size)
                self._take(f"empty-{name.lower()}", size)

    def _under_way(self) -> None:
        """The first sync, at work and waiting for the quota."""
        self._to("Sync", "laptop")
        self._page.get_by_role("button", name="First sync").first.click()
        expect(self._page.get_by_text("calls").first).to_be_visible()
        self._take("sync-under-way", "laptop")
        expect(self._page.get_by_text("Waiting for Discogs").first).to_be_visible(timeout=SYNC_MS)
        for size in ("laptop", "phone"):
            self._take("sync-waits", size)
        self._to("Collection", "laptop")
        self._take("collection-while-it-comes")
        self._to("Sync", "laptop")
        expect(self._page.get_by_text("Completed")).to_be_visible(timeout=SYNC_MS)

    def _records(self, colours: str) -> None:
        """A record and the table, on a phone and on a laptop."""
        for size in ("laptop", "phone"):
            self._to("Collection", size)
            self._page.locator("button.card").first.click()
            self._take(f"record-{colours}-{size}")
            self._page.keyboard.press("Escape")
            self._page.get_by_role("button", name="Table").click()
            self._take(f"table-{colours}-{size}")
            self._page.get_by_role("button", name="Covers").click()
        self._page.get_by_role("button", name="Filters").click()
        self._take(f"filters-{colours}-phone")
        self._page.keyboard.press("Escape")

    def _whole_pages(self) -> None:
        for size in ("laptop", "phone"):
            for name in ("Insights", "Settings"):
                self._to(name, size)
                self._take(f"whole-{name.lower()}", size, whole=True)
            self._to("Collection", size)
            self._page.get_by_role("searchbox").fill("nothing like this")
            self._take("no-hits", size)
            self._page.get_by_role("searchbox").fill("")
            self._to("Own it?", size)
            self._page.get_by_role("searchbox").fill("night")
            self._take("own-it-found", size)
            self._page.evaluate("location.hash = '#/nowhere'")
            self._take("nowhere", size)

    def _trouble(self) -> None:
        """Removals that somebody has to confirm, a sync that fails, and a server that is away."""
        self._to("Sync", "laptop")
        self._sync_wantlist("First sync", 2)
        self._world.control("POST", "/users/ada/drift", {"kind": "unwant", "count": 400})
        self._sync_wantlist("Full sync", 3)
        self._sync_wantlist("Full sync", 4)
        self._world.control("POST", "/users/ada", {"token": None})
        self._page.get_by_role("button", name="Full sync").last.click()
        expect(self._page.get_by_text("Failed", exact=True)).to_be_visible(timeout=SYNC_MS)
        for size in ("laptop", "phone"):
            self._take("trouble", size, whole=True)
        self._page.route("**/api/**", lambda route: route.abort())
        for size in ("laptop", "phone"):
            self._to("Wantlist", size)
            self._take("server-away", size)
            self._to("Collection", size)

    def _sync_wantlist(self, button: str, times: int) -> None:
        """To the end of the sync that makes it so many completed ones."""
        self._page.get_by_role("button", name=button).last.click()
        expect(self._page.get_by_text("Completed")).to_have_count(times, timeout=SYNC_MS)

    def _to(self, name: str, size: str) -> None:
        width, height = SIZES[size]
        self._page.set_viewport_size({"width": width, "height": height})
        show(self._page, name)

    def _take(self, name: str, size: str = "", *, whole: bool = False) -> None:
        if size:
            width, height = SIZES[size]
            self._page.set_viewport_size({"width": width, "height": height})
        self._page.wait_for_timeout(SETTLED_MS)
        self._page.screenshot(path=self._folder / f"{name}{size and f'-{size}'}.png", full_page=whole)


if __name__ == "__main__":
    main()
