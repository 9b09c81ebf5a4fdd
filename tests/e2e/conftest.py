"""The programs as processes."""

import pytest

from e2e.processes import World


@pytest.fixture
def world(tmp_path):
    """A folder in which programs run; they end with the test."""
    world = World(tmp_path)
    yield world
    world.end()
