"""Waiting for one thing unless another happens first."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; nothing, and `work` cancelled, where `event` is set before it is done."""
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(event.wait())
        job = tasks.create_task(_outcome(work))
        await asyncio.wait({watch, job}, return_when=asyncio.FIRST_COMPLETED)
        watch.cancel()
        job.cancel()
    if job.cancelled():
        return None
    outcome = job.result()
    if isinstance(outcome, _Failed):
        raise outcome.fault
    return outcome


class _Failed:
    def __init__(self, fault: Exception) -> None:
        self.fault = fault


async def _outcome(work: Coroutine[Any, Any, T]) -> T | _Failed:
    """Carry a fault out of the task group without the group's wrapping."""
    try:
        return await work
    except Exception as fault:  # noqa: BLE001 - raised again by `unless`
        return _Failed(fault)
