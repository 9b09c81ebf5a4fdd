"""What the how-to says is sent is what is sent."""

import re
from pathlib import Path

from cratesync.client.discogs_check.asks import PLAN
from cratesync.client.discogs_check.expectations import EXPECTATIONS

HOW_TO = (Path(__file__).parents[4] / "docs" / "how-to" / "check-discogs.md").read_text("utf-8")
SENT = HOW_TO.partition("## What it sends")[2].partition("\n## ")[0]


def test_every_call_is_documented_and_no_other():
    documented = set(re.findall(r"`((?:GET|OPTIONS) /[^`]+)`", SENT))
    # "`OPTIONS …`, then `GET`" is the same address once more.
    documented |= {f"GET {path}" for path in re.findall(r"`OPTIONS (/[^`]+)`, then `GET`", SENT)}

    assert documented == {ask.shown for ask in PLAN}


def test_the_example_shows_expectations_as_they_are():
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| (.+?) \|", HOW_TO, re.MULTILINE))

    assert shown
    assert shown.items() <= {expectation.id: expectation.sentence for expectation in EXPECTATIONS}.items()
