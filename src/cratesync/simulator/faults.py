"""What goes wrong on cue: at a rate, or for the next calls, everywhere or for some paths or one page."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

_SLOW_SECONDS = 5.0


class Kind(StrEnum):
    THROTTLED = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502-html"
    HTML = "html"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    SLOW = "slow"
    CUT = "cut"
    DRIFT_ADD = "drift-add"
    DRIFT_REMOVE = "drift-remove"
    DRIFT_BOTH = "drift-both"

    @property
    def drifts(self) -> bool:
        return self in (Kind.DRIFT_ADD, Kind.DRIFT_REMOVE, Kind.DRIFT_BOTH)


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong. Give it a `rate` (0 to 1) or a number of calls (`next`)."""

    kind: Kind
    rate: float = 1.0
    next: int | None = None
    """How many calls it still strikes; without it there is no end."""
    path: str = "*"
    """A pattern as in file names, for the path without its query: `/users/*/wants`."""
    page: int | None = None
    """Only calls for this page."""
    seconds: float = _SLOW_SECONDS
    """How long a slow call waits."""
    happened: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"The rate of fault {self.kind} is {self.rate:g}; it must be from 0 to 1.")
        if self.next is not None and self.next < 1:
            raise ValueError(
                f"Fault {self.kind} is to strike the next {self.next} calls; it must be at least 1."
            )
        if self.seconds < 0:
            raise ValueError(f"Fault {self.kind} waits {self.seconds:g} seconds; it cannot be negative.")

    def fits(self, path: str, page: int | None) -> bool:
        return fnmatchcase(path, self.path) and (self.page is None or self.page == page)


class Faults:
    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(tuple(self._faults))

    def set(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def clear(self, kind: Kind | None = None) -> None:
        """Forget all faults, or those of one kind."""
        self._faults = [fault for fault in self._faults if kind is not None and fault.kind is not kind]

    def strike(self, path: str, page: int | None, *, paged: bool) -> Fault | None:
        """The fault that this call suffers. Drift only strikes pages of items or wants."""
        for fault in self._faults:
            if not fault.fits(path, page) or (fault.kind.drifts and not paged):
                continue
            if fault.rate < 1 and self._random.random() >= fault.rate:
                continue
            fault.happened += 1
            if fault.next is not None:
                fault.next -= 1
                if fault.next == 0:
                    self._faults.remove(fault)
            return fault
        return None


def parse_fault(text: str) -> Fault:
    """`KIND:RATE` as given on the command line."""
    name, separator, rate = text.partition(":")
    try:
        kind = Kind(name)
    except ValueError:
        raise ValueError(f"There is no fault {name!r}; there are {', '.join(Kind)}.") from None
    try:
        share = float(rate) if separator else 1.0
    except ValueError:
        raise ValueError(f"{rate!r} is no rate; say for example {name}:0.05.") from None
    return Fault(kind, share)
