"""Discogs writes its time stamps in Pacific time, -08:00 or -07:00 by daylight saving.

The rule is spelled out instead of asked of `zoneinfo`: a small container has no time zone data.
"""

from calendar import timegm
from datetime import datetime
from functools import cache
from time import gmtime

_HOUR = 3600
_DAY = 24 * _HOUR


def pacific(epoch: int) -> str:
    """Seconds since 1970 as Discogs writes them: `2026-05-25T04:16:33-07:00`."""
    begins, ends = _daylight_saving(gmtime(epoch).tm_year)
    hours = 7 if begins <= epoch < ends else 8
    at = gmtime(epoch - hours * _HOUR)
    return (
        f"{at.tm_year}-{at.tm_mon:02}-{at.tm_mday:02}"
        f"T{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}-0{hours}:00"
    )


def epoch_of(stamp: str) -> float:
    """The instant a recorded stamp means; 0 for one that cannot be read."""
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return 0.0


@cache
def _daylight_saving(year: int) -> tuple[int, int]:
    """From the second Sunday of March, 2:00 PST, to the first Sunday of November, 2:00 PDT."""
    return (
        _first_sunday(year, 3) + 7 * _DAY + 10 * _HOUR,
        _first_sunday(year, 11) + 9 * _HOUR,
    )


def _first_sunday(year: int, month: int) -> int:
    first = timegm((year, month, 1, 0, 0, 0, 0, 1, 0))
    weekday = gmtime(first).tm_wday
    return first + (6 - weekday) % 7 * _DAY
