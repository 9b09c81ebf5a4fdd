"""What can happen to a sync. The list is closed: `advance` handles every one."""

from msgspec import Struct

from cratesync.engine.tasks import Page, Task


class RequestSent(Struct, frozen=True):
    """One of its requests left."""


class IdentityArrived(Struct, frozen=True):
    """The token is good and belongs to this account; `known` says that it is the account that the mirror is of."""

    account: str
    known: bool


class SideArrived(Struct, frozen=True):
    """Something small beside the records came and was stored."""


class PageArrived(Struct, frozen=True):
    """A page came and its records were stored, by `keys` in the order of the page: `fresh` of them were not in the mirror
    before."""

    task: Page
    pages: int | None
    items: int | None
    keys: tuple[int, ...]
    fresh: int
    order_shown: bool
    updated: int = 0
    next_cursor: str | None = None


class PageMissing(Struct, frozen=True):
    """There is no such page any more."""

    task: Page


class OrderRefused(Struct, frozen=True):
    """The source does not sort that list that way."""

    task: Page


class LookupArrived(Struct, frozen=True):
    """The copies of one release came, and the candidates among them were judged."""


class RequestFailed(Struct, frozen=True):
    """One of its requests failed for good; where that is `fatal`, nothing else can go well either."""

    task: Task
    code: str
    sentence: str
    fatal: bool = False


class AccountNotFound(Struct, frozen=True):
    """The source knows no such user; the request that found out is tried again."""


class ScanSurveyed(Struct, frozen=True):
    """What a whole scan showed: whether its pages `agree` among each other and with the ids they held, how many mirrored
    records it `missing`ed, their releases (at most one more than may be looked up), and which pages are too old to go by."""

    agrees: bool
    missing: int
    missing_releases: tuple[int, ...]
    stale_pages: tuple[int, ...]


class RemovalsWeighed(Struct, frozen=True):
    """How many records were shown `absent`, and of how many that could not be shown; where that was asked of a second pass,
    whether it `agrees` with the first."""

    absent: int
    unproven: int
    agrees: bool = True


class CancelAsked(Struct, frozen=True):
    """The user wants it ended."""


class PauseAsked(Struct, frozen=True):
    """The user wants it to wait."""


class ResumeAsked(Struct, frozen=True):
    """The user wants it to go on."""


class RetryAsked(Struct, frozen=True):
    """The user wants an ended one to go on with what failed: so many requests were revived. `mirrored` and `held` are as a plan
    has them, but of now: others may have come between."""

    essential: int
    sides: int
    mirrored: int
    held: int


class Ended(Struct, frozen=True):
    """Something outside ends it as failed."""

    code: str
    sentence: str


Event = (
    RequestSent
    | IdentityArrived
    | SideArrived
    | PageArrived
    | PageMissing
    | OrderRefused
    | LookupArrived
    | RequestFailed
    | AccountNotFound
    | ScanSurveyed
    | RemovalsWeighed
    | CancelAsked
    | PauseAsked
    | ResumeAsked
    | RetryAsked
    | Ended
)
