"""The wheel is all that a machine with Python needs: the page is in it, and no Node."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import httpx

from e2e.processes import eventually

ROOT = Path(__file__).parents[2]


def test_an_installed_wheel_serves_the_page(tmp_path, world):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True
    )
    (wheel,) = tmp_path.glob("cratesync-*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    # What it depends on is taken from here; what is ours is not, since a folder named like this runs no editable hooks.
    packages = next((environment / "lib").glob("python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))

    program = world.start_command(
        "installed", [str(python), "-I", "-m", "cratesync", "serve", "--port", "0"], PATH=""
    )
    url = program.url()

    ours = subprocess.check_output(
        [python, "-I", "-c", "import cratesync; print(cratesync.__file__)"], text=True
    )
    assert ours.startswith(str(environment))
    page = eventually(lambda: httpx.get(url), what="the page")
    assert '<div id="page">' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
