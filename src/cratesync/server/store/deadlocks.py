"""Faults of PostgreSQL that pass: its victim was rolled back whole, and may simply try again."""

from collections.abc import Callable, Coroutine
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

TRIES_MAX = 3
# serialization_failure and deadlock_detected (https://www.postgresql.org/docs/current/errcodes-appendix.html)
_PASSING = frozenset({"40001", "40P01"})

T = TypeVar("T")


def is_passing(error: BaseException) -> bool:
    """Whether the same may well succeed when it is tried again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _PASSING


async def tried_again(work: Callable[[], Coroutine[object, object, T]]) -> T:
    """Do this, and once more where it was the victim of a deadlock. It has to be whole in one transaction."""
    for _ in range(TRIES_MAX - 1):
        try:
            return await work()
        except DBAPIError as error:
            if not is_passing(error):
                raise
    return await work()
