"""What everybody may expect of the page: nobody is kept out, and it loads quickly."""

import gzip
import re
from pathlib import Path

import pytest

from e2e.page.visiting import TOKEN, make_an_account, save_the_token, show, sync_first

ROOT = Path(__file__).parents[3]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "cratesync" / "server" / "page" / "built"
SCRIPT_BYTES_MAX = 150 * 1024
PAGES = ("Collection", "Wantlist", "Own it?", "Sync", "Insights", "Settings")
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}


def found_by_axe(page):
    """What an automatic look finds fault with, in a form that tells where."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(world, opened, colours):
    world.simulate(f"ada:{TOKEN}:130:20")
    world.serve()
    page = opened(world.url, color_scheme=colours, reduced_motion="reduce").page
    page.get_by_role("main").wait_for()
    assert found_by_axe(page) == []
    make_an_account(page)
    assert found_by_axe(page) == []
    save_the_token(page)
    sync_first(page)
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        for name in PAGES:
            show(page, name)
            assert found_by_axe(page) == [], f"on the page {name}, {width} px wide"


def test_the_first_load_is_small():
    """Whatever the document asks for, and whatever those ask for at once."""
    waiting = re.findall(r"assets/[\w.-]+\.js", (BUILT / "index.html").read_text())
    loaded = {}
    while waiting:
        name = Path(waiting.pop()).name
        if name not in loaded:
            script = (BUILT / "assets" / name).read_text()
            loaded[name] = len(gzip.compress(script.encode()))
            waiting += re.findall(r'(?:^|[;}\s])import[^"\'()]*["\']\./([\w.-]+\.js)', script)
    assert 0 < sum(loaded.values()) <= SCRIPT_BYTES_MAX, loaded
