"""The programs as processes."""

import pytest

from e2e.programs import worlds


@pytest.fixture
def world(tmp_path):
    """A folder in which programs run; they end with the test."""
    yield from worlds(tmp_path)
