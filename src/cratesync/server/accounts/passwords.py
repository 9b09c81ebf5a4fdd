"""Passwords: argon2id, a few at a time, beside the event loop."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from cratesync.server.accounts.network import network_of
from cratesync.server.edge import too_many_requests
from cratesync.server.secret import Secret

HASHING_MAX = 2  # each takes 64 MiB and all the cores it finds
WAITING_MAX = 64
WAITING_OF_ONE_NETWORK_MAX = 16

R = TypeVar("R")

_SOMETHING = "a password that is nobody's"


class Passwords:
    """Hashes and checks. An account that does not exist takes as long as one that does."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._turns = asyncio.Semaphore(HASHING_MAX)
        self._waiting: Counter[str] = Counter()
        self._nobodys: str | None = None

    async def hash(self, password: Secret, *, address: str) -> str:
        """The text to store. Raises `ApiError` (429) where too many wait, in all or of those who come from there."""
        return await self._in_turn(password, self._hash, address)

    async def matches(self, password: Secret, stored: str | None, *, address: str) -> bool:
        """Whether this is the password; `stored` is None where there is no such account. Raises `ApiError` (429) as `hash`."""
        if stored is None and self._nobodys is None:
            self._nobodys = await self._in_turn(Secret(_SOMETHING), self._hash, address)
        against = stored or self._nobodys or ""
        is_it = await self._in_turn(password, lambda text: self._verify(text, against), address)
        return is_it and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _hash(self, text: str) -> str:
        return self._hasher.hash(text)

    def _verify(self, text: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, text)
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _in_turn(self, password: Secret, work: Callable[[str], R], address: str) -> R:
        network = network_of(address)
        if self._waiting.total() >= WAITING_MAX or self._waiting[network] >= WAITING_OF_ONE_NETWORK_MAX:
            raise too_many_requests("Too many people are signing in; try again in a moment.", 5)
        self._waiting[network] += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, password.reveal())
        finally:
            self._waiting[network] -= 1
            self._waiting += Counter()  # keeps those alone of whom somebody waits
