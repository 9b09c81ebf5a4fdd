"""Shelves, without a server and with one."""

import json
from base64 import urlsafe_b64decode
from uuid import UUID

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
    payload = caller.token.split(".")[1]
    user_id = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    return Shelf(server.server.database, UUID(user_id))
