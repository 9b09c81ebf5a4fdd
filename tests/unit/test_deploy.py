"""What is in deploy/ names what there is. Nothing of it is run here: there are no containers where the tests are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from cratesync.server.settings import fields

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").iterdir())
PROGRAM = "/opt/cratesync/.venv/bin/cratesync"

NODES = ("node-1", "node-2", "node-3")

_SETTING = re.compile(r"\bCRATESYNC_[A-Z0-9_]*[A-Z0-9]\b")
_INTERPOLATED = re.compile(r"(?<!\$)\$\{(\w+)([^}]*)\}")


def named(path):
    return str(path.relative_to(DEPLOY))


@pytest.fixture
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_setting_that_is_named_exists(path):
    known = {field.variable for field in fields()}

    assert set(_SETTING.findall(path.read_text("utf-8"))) <= known


def test_no_secret_has_a_default(compose):
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    secrets = {name: rest for name, rest in _INTERPOLATED.findall(text) if "PASSWORD" in name}

    assert set(secrets) == {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert all(rest.startswith(":?") for rest in secrets.values())


def test_every_container_of_ours_can_do_as_little_as_it_needs(compose):
    for name in NODES:
        node = compose["services"][name]
        assert node["read_only"] is True
        assert node["cap_drop"] == ["ALL"]
        assert node["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in node
    assert compose["networks"]["inside"]["internal"] is True


def test_every_image_has_a_version(compose):
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE)

    assert all(re.search(r":v?\d", image) for image in images if image != "cratesync")


def test_what_is_measured_is_what_runs(compose):
    (scraped,) = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))["scrape_configs"]

    assert scraped["static_configs"][0]["targets"] == [f"{name}:8000" for name in NODES]
    assert set(NODES) <= set(compose["services"])


def test_what_the_image_is_built_from_is_there():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)]
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        top = source.rstrip("/") if source.startswith("requirements") else source.split("/")[0]
        assert any(f"!{top}" in line for line in ignored), source


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_the_units(tmp_path):
    for unit in UNITS:
        text = unit.read_text("utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / unit.name.replace("@", "@8001")).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(path) for path in sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_unit_locks_down_as_much_as_the_next():
    sections = [unit.read_text("utf-8") for unit in UNITS if unit.suffix == ".service"]
    hardening = [
        re.search(r"^UMask=.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)[0].strip() for text in sections
    ]

    assert len(set(hardening)) == 1
    assert len(hardening[0].splitlines()) > 20
