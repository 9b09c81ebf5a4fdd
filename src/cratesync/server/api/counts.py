"""Counts as they are shown: the largest first, or in the order of numbers and months."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated

from litestar.params import Parameter

from cratesync.server.bodies import Shape
from cratesync.server.store.tallies import Name

VALUES_SHOWN = 50
VALUES_SHOWN_MAX = 500
NUMBERS_SHOWN_MAX = 1200
"""Decades, ratings, folders and months (a hundred years of them): there are few, unless somebody means mischief."""

Top = Annotated[
    int,
    Parameter(
        ge=1,
        le=VALUES_SHOWN_MAX,
        description="Values for each of genres, styles, formats, labels and artists.",
    ),
]


class NameCount(Shape, frozen=True, kw_only=True):
    """So many records have this."""

    value: str
    count: int


class NumberCount(Shape, frozen=True, kw_only=True):
    """So many records have this; 0 stands for what is unknown."""

    value: int
    count: int


class MonthCount(Shape, frozen=True, kw_only=True):
    """So many records were added in this month, such as `2024-05`."""

    month: str
    count: int


class FolderCount(Shape, frozen=True, kw_only=True):
    """So many records lie in this folder; its name is null where the folders have not been read since it was made."""

    value: int
    name: str | None
    count: int


def names(counts: Counter[Name], *, top: int, chosen: Collection[str] = ()) -> Sequence[NameCount]:
    """The largest counts, and those of what was chosen."""
    by_size = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
    rest = [each for each in by_size[top:] if each[0] in chosen]
    return [NameCount(value=str(value), count=count) for value, count in [*by_size[:top], *rest]]


def numbers(counts: Counter[Name]) -> Sequence[NumberCount]:
    """By number."""
    return [NumberCount(value=int(value), count=count) for value, count in _first(counts)]


def folders(counts: Counter[Name], named: dict[int, str]) -> Sequence[FolderCount]:
    """By folder."""
    return [
        FolderCount(value=int(value), name=named.get(int(value)), count=count)
        for value, count in _first(counts)
    ]


def months(counts: Counter[Name]) -> Sequence[MonthCount]:
    """By month."""
    return [MonthCount(month=str(month), count=count) for month, count in _first(counts)]


def _first(counts: Counter[Name]) -> Sequence[tuple[Name, int]]:
    return sorted(counts.most_common(NUMBERS_SHOWN_MAX))
