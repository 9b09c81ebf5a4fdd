"""Programs that tests run and Python's index does not have: this machine's own, or Debian's packages, unpacked beside the virtual
environment. `python tests/foreign_programs.py` brings them where there is apt; no root is needed. Chromium alone wants to be installed:
by apt where this is root, else by Playwright in its own folder."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("nginx", "haproxy", "caddy", "curl", "jq")
CHROMIUM = "chromium"
FOLDER = Path(sys.prefix) / "programs"
_ON_THE_WAY = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
_UNPACKED = os.pathsep.join([str(FOLDER / "usr/sbin"), str(FOLDER / "usr/bin")])


def find_program(name: str) -> str | None:
    """Where a program is, if it is anywhere."""
    return shutil.which(name, path=_ON_THE_WAY) or shutil.which(name, path=_UNPACKED)


def need_program(name: str) -> str:
    """Where it is. Where it is not, the test is skipped; on the machine that judges changes it fails."""
    program = find_program(name)
    if program is None:
        why = f"{name} is not here; `.venv/bin/python tests/foreign_programs.py` says why"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return program


def environment_of(program: str, home: Path) -> dict[str, str]:
    """What a program may know: no setting of ours, files in the test's folder, and the libraries that came with it."""
    known = {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    if program.startswith(str(FOLDER)):
        known["LD_LIBRARY_PATH"] = os.pathsep.join(map(str, FOLDER.glob("usr/lib/*-linux-gnu*")))
    return known


def bring() -> str:
    """Unpack what is missing: a sentence on how it went."""
    missing = [name for name in NAMES if find_program(name) is None]
    if not missing:
        return "All programs for the tests are there."
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return _told(missing, "there is no apt")
    try:
        _unpack(missing)
    except subprocess.CalledProcessError as error:
        return _told(missing, error.stderr.strip().partition("\n")[0] or str(error))
    return f"Unpacked into {FOLDER}: {', '.join(missing)}."


def bring_chromium() -> str:
    """Install what the tests of the page look at it with: a sentence on how it went."""
    if find_chromium() is not None:
        return "Chromium is there."
    try:
        if os.geteuid() == 0 and shutil.which("apt-get") is not None:
            _run("apt-get", "-qq", "update")
            _run("apt-get", "-qq", "install", "--yes", "--no-install-recommends", CHROMIUM)
        else:
            _run(sys.executable, "-m", "playwright", "install", CHROMIUM)
    except subprocess.CalledProcessError as error:
        return _told([CHROMIUM], error.stderr.strip().rpartition("\n")[2] or str(error))
    return "Chromium was installed."


def find_chromium() -> str | None:
    """The machine's own, or the one that Playwright keeps."""
    if (program := find_program(CHROMIUM)) is not None:
        return program
    with sync_playwright() as playwright:
        kept = playwright.chromium.executable_path
    return kept if Path(kept).exists() else None


def _told(missing: list[str], why: str) -> str:
    return f"Not there: {', '.join(missing)} ({why}). The tests that need them are skipped."


def _unpack(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _download(names, folder)
        except subprocess.CalledProcessError:
            if os.geteuid() != 0:
                raise
            _run("apt-get", "-qq", "update")  # fresh images have no lists, old ones have stale lists
            _download(names, folder)
        for package in Path(folder).glob("*.deb"):
            _run("dpkg", "-x", str(package), str(FOLDER))


def _download(names: list[str], folder: str) -> None:
    planned = _run("apt-get", "--simulate", "--no-install-recommends", "install", *names)
    packages = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
    wanted = [package for package in packages if package in names or package.startswith("lib")]
    _run("apt-get", "-qq", "download", *wanted, cwd=folder)


def _run(*command: str, cwd: str | None = None) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    print(bring(), bring_chromium(), sep="\n")  # noqa: T201 - it is a command
