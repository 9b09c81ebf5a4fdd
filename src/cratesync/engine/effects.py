"""What a sync wants done. Whoever carries them out does so in the transaction of the event that caused them."""

from msgspec import Struct

from cratesync.engine.tasks import Task


class Enqueue(Struct, frozen=True):
    """New requests, in this order."""

    tasks: tuple[Task, ...]


class Survey(Struct, frozen=True):
    """Look at a whole scan; answered by `ScanSurveyed`."""

    scan: int


class WeighRemovals(Struct, frozen=True):
    """Count what the look-ups showed; answered by `RemovalsWeighed`."""


class CompareScans(Struct, frozen=True):
    """Candidates are absent if both scans read the same ids page for page; answered by `RemovalsWeighed`."""

    first: int
    second: int


class Remove(Struct, frozen=True):
    """Take the records that were shown absent out of the mirror."""


class Hold(Struct, frozen=True):
    """Keep the records that were shown absent until the user confirms: they are suspiciously many. They replace whatever
    was held before."""


class DropCandidates(Struct, frozen=True):
    """Forget which records a scan missed."""


class ReleaseHeld(Struct, frozen=True):
    """Whatever an earlier sync held for removal is held no more: this one has seen for itself."""


class Abandon(Struct, frozen=True):
    """Whatever request is still open ends with this code, uncounted."""

    code: str


class Stamp(Struct, frozen=True):
    """The mirror was checked just now; `full` where every page was read, `verified` where that proved it right."""

    full: bool
    verified: bool


class Finish(Struct, frozen=True):
    """The sync has ended: say so, once."""


Effect = (
    Enqueue
    | Survey
    | WeighRemovals
    | CompareScans
    | Remove
    | Hold
    | ReleaseHeld
    | DropCandidates
    | Abandon
    | Stamp
    | Finish
)
