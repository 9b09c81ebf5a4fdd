"""Stages for syncs: every test runs on SQLite and on PostgreSQL."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from integration.sync.stage import Stage, staged


@pytest.fixture
def open_stage(database_url, tmp_path):
    """Opens a stage with options."""

    def open_(**options: Any) -> AbstractAsyncContextManager[Stage]:
        return staged(database_url, tmp_path, **options)

    return open_


@pytest.fixture
async def stage(open_stage):
    """A stage on defaults."""
    async with open_stage() as stage:
        yield stage
