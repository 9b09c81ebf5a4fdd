"""Histories in the server's rooms: every test runs on SQLite and on PostgreSQL, in a loop of its own."""

import asyncio

import pytest

from integration.histories.history import History
from integration.histories.rooms import Rooms


@pytest.fixture
def new_history(database_url, tmp_path):
    """Makes a history of a collection or a wantlist, of somebody new each time."""
    with asyncio.Runner() as runner:
        rooms = Rooms(database_url, tmp_path)
        yield lambda kind: History(rooms, runner.run, kind)
        runner.run(rooms.close())
