from pathlib import Path

import pytest

from cratesync.simulator import Kind
from cratesync.simulator.commands import simulate
from cratesync.simulator.control import Change

REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "simulator.md").read_text("utf-8")


@pytest.mark.parametrize(
    "option", [name for option in simulate.params for name in (*option.opts, *option.secondary_opts)]
)
def test_every_option_is_documented(option):
    assert option in REFERENCE


@pytest.mark.parametrize("kind", list(Kind))
def test_every_fault_is_documented(kind):
    assert f"| `{kind}` |" in REFERENCE


@pytest.mark.parametrize("kind", Change.__annotations__["kind"].__args__)
def test_every_drift_is_documented(kind):
    assert f"`{kind}`" in REFERENCE


@pytest.mark.parametrize(
    "path", ["state", "users", "users/{u}", "users/{u}/drift", "faults", "journal", "quota"]
)
def test_every_control_path_is_documented(path):
    assert f"/_simulator/{path}`" in REFERENCE
