"""Shelves, without a server and with one."""

import pytest

from integration.mirror.shelf import Shelf


@pytest.fixture
async def shelf(database):
    """Somebody's empty shelf."""
    return await Shelf.of_somebody_new(database)


@pytest.fixture
async def caller(server):
    """Somebody who is signed in."""
    return await server.register()


@pytest.fixture
def their_shelf(server, caller):
    """The shelf of the caller."""
    return Shelf.of_caller(server, caller)
