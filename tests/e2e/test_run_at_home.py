"""docs/how-to/run-at-home.md, followed to the letter: its service, its commands, and then nobody does anything any more."""

import gzip
import json
import re
import shlex
import sqlite3
import subprocess
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path

import pytest

from e2e.processes import PROGRAM, eventually

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/run-at-home.md").read_text(encoding="utf-8")
TOKEN = "CanaryTokenThatNobodyMayKeep0123456789ab"
HOME = "/var/lib/cratesync"
CONFIGURATION = "/etc/cratesync.conf"
PROGRAM_THERE = "/opt/cratesync/.venv/bin/cratesync"
UNATTENDED_SECONDS_MAX = 90.0
"""A due sync is to start within a minute."""


def block(kind, having):
    """The one block of that kind that has these words."""
    (found,) = [text for text in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if having in text]
    return found


@pytest.fixture
def unit():
    """The unit that the page installs."""
    (path,) = re.findall(
        r"sudo install -m 644 (\S+) /etc/systemd/system/\n", block("sh", "cratesync.service /etc")
    )
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string((ROOT / path).read_text(encoding="utf-8"))
    return parser["Service"]


@pytest.fixture
def settings():
    """What the page puts into the file that the unit reads."""
    found = re.findall(r"^echo CRATESYNC_(\w+)=(\S+) \| sudo tee --append (\S+)", PAGE, re.MULTILINE)
    assert {path for _, _, path in found} == {CONFIGURATION}
    return {name: value for name, value, _ in found}


def start_service(world, unit, settings):
    """What systemd does: the unit's own command and environment, in another place."""
    assert unit["EnvironmentFile"].removeprefix("-") == CONFIGURATION
    name, _, value = unit["Environment"].partition("=")
    assert (name, value) == ("CRATESYNC_DATA_DIR", HOME)
    assert unit["StateDirectory"] == Path(HOME).name
    program, *arguments = shlex.split(unit["ExecStart"])
    assert program == PROGRAM_THERE
    return world.start("service", *arguments, PORT="0", **settings, SYNC_EVERY_HOURS="0.0005")


def type_(world, line, words=""):
    """A line of the page, typed by a person who has no settings at all."""
    command = [*PROGRAM, *shlex.split(line)[1:]]
    settings = {"SERVER_URL": world.url, "PASSWORD": ""}
    done = subprocess.run(
        command, env=world.environment(**settings), input=words, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, (line, done.stdout + done.stderr)
    return done.stdout


def test_a_new_user_follows_the_page_and_the_records_stay_fresh(world, unit, settings):
    world.simulate(f"ada:{TOKEN}:330:40")
    service = start_service(world, unit, settings)
    world.url = service.url()
    link = re.search(r"http://\S+#code=\S+", service.said_when("#code="))[0]
    steps = [line for line in block("sh", "client login").splitlines() if line.startswith("cratesync ")]
    assert len(steps) == 4
    for line in steps:
        type_(world, re.sub(r"'http://.*'", f"'{link}'", line), words=f"{TOKEN}\n")
    calls_by_hand = len(world.journal())
    world.control("POST", "/users/ada/drift", {"kind": "add", "count": 3})

    def fresh():
        with closing(sqlite3.connect(world.data / "cratesync.sqlite3")) as database:
            return database.execute("SELECT count(*) FROM collection_items").fetchone()[0] == 333

    eventually(fresh, seconds=UNATTENDED_SECONDS_MAX, what="a sync that nobody asked for")
    status = type_(world, next(line for line in block("sh", "client status").splitlines()).partition("#")[0])
    assert len(world.journal()) > calls_by_hand
    assert "Collection completed" in status
    assert "Wantlist   completed" in status
    assert "every 0.0005 hours" in status

    back_it_up(world)
    assert service.stop() == 0
    assert world.files_with(TOKEN) == []


def back_it_up(world):
    """The page's backup, while the server is running, and a look at what it holds."""
    (line,) = block("sh", "cratesync backup").splitlines()
    *_, program, command, path = shlex.split(line)
    assert (program, command) == (PROGRAM_THERE, "backup")
    type_(world, f"cratesync backup {shlex.quote(path.replace(HOME, str(world.data)))}")
    (backup,) = world.data.glob("*.backup")
    last = gzip.decompress(backup.read_bytes()).splitlines()[-1]
    rows = {counted["table"]: counted["rows"] for counted in json.loads(last)["tables"]}
    assert rows["collection_items"] >= 330
