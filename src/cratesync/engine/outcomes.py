"""What a provider read in an answer. The list is closed: whoever reads an outcome handles every one."""

from msgspec import Struct

from cratesync.engine.records import Record, ReleaseDetails, SideRecord


class IdentityRead(Struct, frozen=True):
    """The token is good, and belongs to this account."""

    username: str
    account_id: int | None = None


class SideRead(Struct, frozen=True):
    """Folders, custom fields or a value."""

    record: SideRecord


class PageRead(Struct, frozen=True):
    """One page. `pages` and `items` are what the source says of the whole list, where it says it; `order_shown` tells whether
    the records stand in the order asked for. `next_cursor` leads to the next page, where pages lead from one to the next."""

    number: int
    pages: int | None
    items: int | None
    records: tuple[Record, ...]
    order_shown: bool
    next_cursor: str | None = None


class LookupRead(Struct, frozen=True):
    """The copies of one release. `complete` is false where there are more than one answer holds."""

    instance_ids: frozenset[int]
    complete: bool


class ReleaseRead(Struct, frozen=True):
    """One release with all that the source tells of it."""

    details: ReleaseDetails


class BeyondTheEnd(Struct, frozen=True):
    """There is no such page (any more)."""


class OrderRefused(Struct, frozen=True):
    """The source does not sort that list that way."""


class Throttled(Struct, frozen=True):
    """Too many calls, or a failure that may hide that. `heard` is false where no HTTP answer was seen."""

    heard: bool
    retry_after_seconds: float | None = None


class Transient(Struct, frozen=True):
    """Something broke that may work the next time."""

    code: str
    sentence: str


RELEASE_NOT_FOUND = "release_not_found"
"""The code of a `Refused` release that the source does not know, which is an answer like any other."""


class Refused(Struct, frozen=True):
    """This request will never work, whatever happens; others may."""

    code: str
    sentence: str


class TokenRefused(Struct, frozen=True):
    """The token is not good (any more)."""


class Forbidden(Struct, frozen=True):
    """The token is good, and yet the list may not be seen. The sentence says what to do about it."""

    sentence: str


class AccountMissing(Struct, frozen=True):
    """No such user."""


Outcome = (
    IdentityRead
    | SideRead
    | PageRead
    | LookupRead
    | ReleaseRead
    | BeyondTheEnd
    | OrderRefused
    | Throttled
    | Transient
    | Refused
    | TokenRefused
    | Forbidden
    | AccountMissing
)
