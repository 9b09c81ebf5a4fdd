"""Numbers that look random and are the same on every run, on every machine and with every Python."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Option = TypeVar("Option")

_MASK = (1 << 64) - 1
_SPENT = 1 << 64
"""Fewer bits than this would favour some draws."""


def mix(salt: int, index: int) -> int:
    """64 well-mixed bits for one index: splitmix64, cheap enough to be asked 600,000 times in a row.

    https://prng.di.unimi.it/splitmix64.c
    """
    bits = (salt + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


def salt_of(*key: str | int) -> int:
    """A salt for `mix` that belongs to this key alone."""
    return int.from_bytes(blake2b(_joined(key), digest_size=8).digest(), "big")


class Dice:
    """A stream of draws that belongs to one key, such as (seed, release id, "title")."""

    __slots__ = ("_bits", "_key", "_rounds")

    def __init__(self, *key: str | int) -> None:
        self._key = _joined(key)
        self._rounds = 0
        self._bits = int.from_bytes(blake2b(self._key).digest(), "big")

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        if self._bits < _SPENT:
            self._refill()
        self._bits, drawn = divmod(self._bits, count)
        return drawn

    def chance(self, per_10000: int) -> bool:
        if self._bits < _SPENT:
            self._refill()
        self._bits, drawn = divmod(self._bits, 10_000)
        return drawn < per_10000

    def pick(self, options: Sequence[Option]) -> Option:
        if self._bits < _SPENT:
            self._refill()
        self._bits, drawn = divmod(self._bits, len(options))
        return options[drawn]

    def _refill(self) -> None:
        self._rounds += 1
        digest = blake2b(self._key, salt=self._rounds.to_bytes(8, "big")).digest()
        self._bits = int.from_bytes(digest, "big")


def _joined(key: tuple[str | int, ...]) -> bytes:
    return "\x1f".join(map(str, key)).encode()
