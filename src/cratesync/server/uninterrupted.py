"""Letting a transaction finish although whoever asked for it is being cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def uninterrupted(work: Coroutine[object, object, T]) -> T:
    """Do this to its end. A cancellation is passed on afterwards.

    A transaction that is cut off in the middle costs its database connection, and on SQLite the lock that goes with it is
    only let go once the driver's thread notices. All such work is short and bounded by the database's own timeouts.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError:
                continue
        raise
