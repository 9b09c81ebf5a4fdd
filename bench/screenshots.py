"""A picture of every page, in light and dark, on a laptop and on a phone.

    python bench/screenshots.py [--folder screenshots] [--items 1500]

Real programs on loopback: an invented collection is synced by the page itself, and then every page is looked at. Look at all of the
pictures before a change of the page is called done.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import Page, sync_playwright

from e2e.page.conftest import OPTIONS
from e2e.page.visiting import TOKEN, make_an_account, save_the_token, show, sync_first
from e2e.processes import World
from foreign_programs import find_chromium

PAGES = ("Collection", "Wantlist", "Own it?", "Sync", "Insights", "Settings")
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}
# Covers come one by one, and plots are drawn in a moment.
SETTLED_MS = 2500


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, default=Path("screenshots"))
    options.add_argument("--items", type=int, default=1500)
    chosen = options.parse_args()
    chosen.folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        world = World(Path(folder), window=20)
        try:
            world.simulate(f"ada:{TOKEN}:{chosen.items}:{chosen.items // 10}", latency_ms=150)
            world.serve()
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(OPTIONS))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(world.url)
            look(page, chosen.folder)
            browser.close()
        finally:
            world.end()
    print(f"{len(list(chosen.folder.glob('*.png')))} pictures in {chosen.folder}")


def look(page: Page, folder: Path) -> None:
    """The way of a newcomer, and then every page."""
    page.screenshot(path=folder / "first-visit.png")
    make_an_account(page)
    page.screenshot(path=folder / "token.png")
    save_the_token(page)
    sync_first(page)
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for name in PAGES:
                show(page, name)
                page.wait_for_timeout(SETTLED_MS)
                page.screenshot(
                    path=folder / f"{name.rstrip('?').replace(' ', '-').lower()}-{colours}-{size}.png"
                )
    record(page, folder)


def record(page: Page, folder: Path) -> None:
    """One record, opened on a phone and on a laptop."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        show(page, "Collection")
        page.locator("button.card").first.click()
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=folder / f"record-dark-{size}.png")
        page.keyboard.press("Escape")


if __name__ == "__main__":
    main()
