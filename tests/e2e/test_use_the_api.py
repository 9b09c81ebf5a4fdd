"""The page on the API is true: its commands, run in order as one script, print what it shows."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from foreign_programs import environment_of, need_program

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-api.md"
SERVER = "SERVER=http://127.0.0.1:8000\n"
SNIPPET = "records.py"
SECONDS_MAX = 120.0
TOKEN = "CanaryTokenThatNobodyMayKeep0123456789ab"
TYPED = ("correct horse battery staple", TOKEN)
"""What the page has people type, in order."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A block of commands, and what the page says that they print."""

    commands: str
    shown: str


def read_page(text: str) -> tuple[list[Step], str]:
    """The steps and the Python program. Each other block has to be what the commands before it print."""
    steps: list[Step] = []
    programs = []
    before = ""
    for language, code in _BLOCK.findall(text):
        if language == "sh":
            steps.append(Step(code, ""))
        elif language == "python":
            programs.append(code)
        else:
            assert (language in {"json", "text"}, before) == (True, "sh"), f"Nothing prints this:\n{code}"
            steps[-1] = steps[-1]._replace(shown=code)
        before = language
    (program,) = programs
    return steps, program


def pattern_of(shown: str) -> str:
    """`…` stands for the rest of a line, or, where it is alone, for any number of lines."""
    lines = (
        "(?:.*\n)*" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
        for line in shown.splitlines()
    )
    return "".join(lines)


def script_of(steps: Sequence[Step], server_url: str) -> str:
    """One script for all of them; the output of each goes to a file of its own."""
    parts = [f"exec >{number:02}.txt\n{step.commands}" for number, step in enumerate(steps)]
    text = "set -euo pipefail\n" + "".join(parts)
    assert text.count(SERVER) == 1
    return text.replace(SERVER, f"SERVER={server_url}\n")


@pytest.fixture
def paths(tmp_path):
    """Where `curl`, `jq` and our Python are, with the environment that they need."""
    found = [need_program(name) for name in ("bash", "curl", "jq")]
    environment = {}
    for program in found:
        environment |= environment_of(program, tmp_path)
    folders = [str(Path(program).parent) for program in (sys.executable, *found)]
    return environment | {"PATH": os.pathsep.join([*folders, os.environ["PATH"]])}


def test_the_page_on_the_api_does_what_it_says(world, paths):
    steps, program = read_page(PAGE.read_text("utf-8"))
    world.simulate(f"ada:{TOKEN}:1200:1000", latency_ms=1000)
    world.url = world.start("serve", "serve", "--port", "0", "--with-client").url()
    home = world.folder / "home"
    home.mkdir()
    (home / SNIPPET).write_text(program)

    done = subprocess.run(
        ["bash", "-c", script_of(steps, world.url)],
        cwd=home,
        env=paths,
        input="".join(f"{line}\n" for line in TYPED),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )

    printed = [file.read_text("utf-8") for file in sorted(home.glob("[0-9]*.txt"))]
    assert done.returncode == 0, f"{printed[-1]}{done.stderr}"
    for step, text in zip(steps, printed, strict=True):
        assert re.fullmatch(pattern_of(step.shown), text), f"{step.commands}\nprinted\n\n{text}"
    assert world.files_with(TOKEN) == []
