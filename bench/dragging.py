"""How long somebody waits who drags the scrollbar to the end of a large collection.

    python bench/dragging.py [--items 50000] [--rounds 5]

Real programs on loopback: an invented collection is synced by the headless client, and the page is opened in Chromium. Prints one
JSON object: milliseconds from the drag to the moment at which the records there are drawn, for covers and for the table.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import Page, expect, sync_playwright

from e2e.page.conftest import OPTIONS
from e2e.page.visiting import TOKEN, is_signed_in
from e2e.processes import PASSWORD, World
from foreign_programs import find_chromium

# What stands at a place before its record is there, in each view.
VIEWS = {"Covers": (".card.waiting", "button.card"), "Table": (".table-wait", ".table-body .table-title")}
SYNC_SECONDS = 300


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=50_000)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        world = World(Path(folder), window=0.5)
        try:
            world.simulate(f"ada:{TOKEN}:{chosen.items}:0")
            world.serve()
            world.register(TOKEN)
            assert world.client("sync").ends(seconds=SYNC_SECONDS) == 0
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(OPTIONS))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(world.url)
            page.get_by_label("Name").fill("ada")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            is_signed_in(page)
            found = {view: [waited(page, view) for _ in range(chosen.rounds)] for view in VIEWS}
            browser.close()
        finally:
            world.end()
    print(json.dumps({"items": chosen.items, "milliseconds": found}, indent=2))


def waited(page: Page, view: str) -> float:
    """The list anew, and then straight to its end."""
    waiting, there = VIEWS[view]
    page.reload()
    page.get_by_role("button", name=view).click()
    expect(page.locator(there).first).to_be_visible()
    began = time.perf_counter()
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function(
        "([waiting, there]) => scrollY > 10_000 && !document.querySelector(waiting)"
        " && [...document.querySelectorAll(there)].map((one) => one.getBoundingClientRect().top)"
        ".some((top) => 0 < top && top < innerHeight)",
        arg=[waiting, there],
        polling=10,
    )
    return round((time.perf_counter() - began) * 1000, 1)


if __name__ == "__main__":
    main()
