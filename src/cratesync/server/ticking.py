"""Doing something again and again until told to stop."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn
from uuid import UUID

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseBusyError

from cratesync.server.store.passing_faults import is_away
from cratesync.server.transaction import UserGoneError
from cratesync.server.uninterrupted import uninterrupted

_log = structlog.stdlib.get_logger(__name__)


# What concerns everybody: the database is away, or too busy.
_FOR_ALL = (OperationalError, InterfaceError, DatabaseBusyError, OSError)


@contextmanager
def sparing_the_others(what: str, user_id: UUID) -> Iterator[None]:
    """What goes wrong for one user is told, and whoever comes next is looked after all the same."""
    try:
        yield
    except UserGoneError:
        _log.info("user_gone", of=what, user_id=str(user_id))
    except _FOR_ALL:
        raise
    except Exception as error:
        if is_away(error):
            raise
        _log.exception("failed_for_user", of=what, user_id=str(user_id))


async def tick_for_ever(
    what: str,
    tick: Callable[[], Coroutine[object, object, None]],
    *,
    every: float,
    bell: asyncio.Event | None = None,
) -> NoReturn:
    """Tick until cancelled, never in the middle of a tick; at once where the bell is rung. Whatever goes wrong with
    one is told, and is no reason to die: the next one tries again."""
    bell = bell or asyncio.Event()
    while True:
        bell.clear()
        try:
            await uninterrupted(tick())
        except (SQLAlchemyError, OSError) as error:
            _log.warning("tick_failed", of=what, error=type(error).__name__)
        except Exception:  # noqa: BLE001 - it must outlive what nobody foresaw; the log has all of it
            _log.exception("tick_failed", of=what)
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await bell.wait()
