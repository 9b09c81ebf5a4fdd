"""Doing something again and again until told to stop."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cratesync.server.transaction import UserGoneError
from cratesync.server.uninterrupted import uninterrupted

_log = structlog.stdlib.get_logger(__name__)


async def tick_for_ever(
    what: str, tick: Callable[[], Coroutine[object, object, None]], *, every: float
) -> NoReturn:
    """Tick until cancelled, never in the middle of a tick. Whatever goes wrong with one is told, and is no reason to die:
    the next one tries again."""
    while True:
        try:
            await uninterrupted(tick())
        except (SQLAlchemyError, OSError, UserGoneError) as error:
            _log.warning("tick_failed", of=what, error=type(error).__name__)
        except Exception:  # noqa: BLE001 - it must outlive what nobody foresaw; the log has all of it
            _log.exception("tick_failed", of=what)
        await asyncio.sleep(every)
