"""What a sync means to read, and how far it has come."""

from enum import StrEnum

from msgspec import Struct

from cratesync.engine.provider import Profile
from cratesync.engine.tasks import Order
from cratesync.protocol.messages import Notice, SyncType

SMALL_MIRROR_PAGES = 5
# No more calls than these are ever believed to be under way when an account turns out to have a new name.
OLD_NAME_ANSWERS_MAX = 16


class Phase(StrEnum):
    """Which part of the work is under way.

    `PROBE` reads the newest page, `WALK` the newest pages up to a known record, `SCAN` all pages, between a look at the newest
    page before it (`OPENING`) and another one after it (`CLOSING`); `REREAD` reads pages of a scan that grew old, `LOOKUP` asks
    for single releases, and `RECHECK` reads all pages a second time.
    """

    IDENTITY = "identity"
    PROBE = "probe"
    WALK = "walk"
    OPENING = "opening"
    SCAN = "scan"
    CLOSING = "closing"
    REREAD = "reread"
    LOOKUP = "lookup"
    RECHECK = "recheck"
    DONE = "done"


class AccountCheck(StrEnum):
    """Whether the account was asked for again because its name led nowhere."""

    NOT_NEEDED = "not_needed"
    ASKED = "asked"
    CONFIRMED = "confirmed"


class Plan(Struct, frozen=True):
    """What is read, of which `provider` and how: `page_size`, `looks_up` and `by_cursor` are as its profile says.

    `mirrored` is how many records the mirror held when the sync began, or was retried, less the `held_before` for removal. Of the requests
    still open, `essential_open` are not just a side matter; where one of these failed for good the plan is `broken`, and `cause`
    is the sentence on the first. `scan` numbers the newest pass over the pages; `pages` is how many
    it has, once that is known. `opening` is a digest of what the newest page showed before the scan, empty where that tells nothing;
    `in_order` says that every page of the scan stood in the order asked for, and `proven` that the list was at one moment what the
    scan read. So many answers as `old_name_answers` may still come that know no user because they were asked
    for by the old name.
    """

    provider: str
    page_size: int
    looks_up: bool
    by_cursor: bool
    full: bool
    sides: tuple[str, ...]
    page_limit: int | None = None
    mirrored: int = 0
    held_before: int = 0
    phase: Phase = Phase.IDENTITY
    order: Order = Order.OLDEST
    essential_open: int = 0
    broken: bool = False
    cause: str = ""
    account_check: AccountCheck = AccountCheck.NOT_NEEDED
    old_name_answers: int = 0
    scan: int = 0
    scans_made: int = 0
    compared_scan: int = 0
    rereads_made: int = 0
    drifted: bool = False
    opening: str = ""
    in_order: bool = True
    proven: bool = False
    pages: int | None = None
    items: int | None = None
    last_page: int = 0
    items_read: int = 0
    walked_fresh: int = 0
    walked_known: int = 0
    read_everything: bool = False
    verified: bool = False
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    held: int = 0
    notices: tuple[Notice, ...] = ()


def make_plan(
    profile: Profile,
    kind: SyncType,
    *,
    full_asked: bool,
    full_due: bool,
    mirrored: int,
    page_limit: int | None,
    held: int,
) -> Plan:
    """A mirror of few pages is read whole rather than probed, and so is one whose last full scan is too old. A probe goes by
    the counts that a page tells, so a list by cursor is always read whole."""
    few = mirrored <= SMALL_MIRROR_PAGES * profile.page_size
    return Plan(
        provider=profile.name,
        page_size=profile.page_size,
        looks_up=kind in profile.lookups,
        by_cursor=profile.by_cursor,
        full=full_asked or full_due or few or profile.by_cursor,
        sides=profile.sides.get(kind, ()),
        page_limit=page_limit,
        mirrored=mirrored,
        held_before=held,
    )
