"""What the answers say of the quota: the numbers of one, and what they tell in a row. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)
_PLAIN_STEPS_MIN = 3

Verdict = Literal["counts", "free", "unclear", "not_seen"]


class Rate(Struct, frozen=True):
    """The three numbers of one answer, each where it was there and a number."""

    limit: int | None = None
    used: int | None = None
    remaining: int | None = None


def rate_of(headers: Mapping[str, str]) -> Rate:
    """Read lower-case headers; `…-limit` is the other spelling that programs have been written for."""
    return Rate(
        limit=_count(headers.get("x-discogs-ratelimit", headers.get("x-discogs-ratelimit-limit"))),
        used=_count(headers.get("x-discogs-ratelimit-used")),
        remaining=_count(headers.get("x-discogs-ratelimit-remaining")),
    )


def _count(value: str | None) -> int | None:
    return int(value) if value is not None and _COUNT.fullmatch(value.strip()) else None


class Reading(Struct, frozen=True):
    """`Used` as one answer told it."""

    used: int | None
    preflight: bool


class Steps(Struct, frozen=True):
    """By how much `Used` grew from call to call: with nothing in between, and with one preflight."""

    plain: tuple[int, ...]
    over_preflight: tuple[int, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether a preflight uses a slot. `Used` lags and jumps [1.9], so only a clean row of ones says anything."""
        if not self.over_preflight or len(self.plain) < _PLAIN_STEPS_MIN:
            return "not_seen"
        if set(self.plain) == {1} and set(self.over_preflight) == {2}:
            return "counts"
        if set(self.plain) == {1} and set(self.over_preflight) == {1}:
            return "free"
        return "unclear"


def steps(readings: Sequence[Reading]) -> Steps:
    """A call without the number ends one row and begins another."""
    plain, over_preflight = [], []
    for before, after, preflights in _neighbours(readings):
        if before.used is None or after.used is None:
            continue
        if preflights == 0:
            plain.append(after.used - before.used)
        elif preflights == 1:
            over_preflight.append(after.used - before.used)
    return Steps(tuple(plain), tuple(over_preflight))


def _neighbours(readings: Sequence[Reading]) -> Iterable[tuple[Reading, Reading, int]]:
    calls = [place for place, reading in enumerate(readings) if not reading.preflight]
    for before, after in pairwise(calls):
        yield readings[before], readings[after], after - before - 1
