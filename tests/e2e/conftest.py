"""The programs as processes."""

import pytest

from e2e.processes import World
from e2e.programs import Programs


@pytest.fixture
def world(tmp_path):
    """A folder in which programs run; they end with the test."""
    world = World(tmp_path)
    yield world
    world.end()


@pytest.fixture
def programs(tmp_path):
    """The same, for stories told from outside."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()
