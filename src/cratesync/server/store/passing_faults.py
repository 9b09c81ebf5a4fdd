"""Faults of the database that pass by themselves, and what is tried again because of them."""

from collections.abc import Callable, Coroutine
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

TRIES_MAX = 3
# https://www.postgresql.org/docs/current/errcodes-appendix.html: serialization_failure, deadlock_detected.
_ROLLED_BACK = frozenset({"40001", "40P01"})
# too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now.
_AWAY = frozenset({"53300", "57P01", "57P02", "57P03"})
_CONNECTION = "08"  # the class of them

T = TypeVar("T")


def is_rolled_back(error: BaseException) -> bool:
    """Whether PostgreSQL gave this transaction up for another one's sake. It has left nothing, and may well succeed when tried again."""
    return _state(error) in _ROLLED_BACK


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be reached: the connection was cut, or none could be made. Then it was refused, nobody answered, or a local
    socket is not there (of files that are not there the name is told)."""
    state = _state(error)
    if state is not None:
        return state in _AWAY or state.startswith(_CONNECTION)
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    unnamed = isinstance(error, FileNotFoundError) and error.filename is None
    return unnamed or isinstance(error, ConnectionError | TimeoutError)


async def tried_again(work: Callable[[], Coroutine[object, object, T]]) -> T:
    """Do this, and again where it was rolled back. It has to be whole in one transaction."""
    for _ in range(TRIES_MAX - 1):
        try:
            return await work()
        except Exception as error:
            if not is_rolled_back(error):
                raise
    return await work()


def _state(error: BaseException) -> str | None:
    """PostgreSQL's code: the driver's error has it, whether SQLAlchemy stood in between or not."""
    said: object = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    return said if isinstance(said, str) else None
