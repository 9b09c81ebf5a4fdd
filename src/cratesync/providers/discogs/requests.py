"""Which call stands for which task: paths, paging and headers.

Source: https://www.discogs.com/developers ("General Information", "User Identity", "User Collection", "User Wantlist",
"Database").
"""

from typing import assert_never
from urllib.parse import quote, urlencode

from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side, Task
from cratesync.protocol.messages import SyncType

# More than 100 is silently cut to 100 (https://www.discogs.com/developers/#page:home,header:home-pagination).
PAGE_SIZE = 100
# Without a version in `Accept` Discogs may change the answers' shape (same page, "Versioning and Media Types").
MEDIA_TYPE = "application/vnd.discogs.v2.discogs+json"
USERNAME_CHARACTERS_MAX = 100
# A URL parser may read an encoded slash as a way out of the path; U+FFFD stands where a name was damaged.
_IN_NO_USERNAME = frozenset("/\\\ufffd")

# Path and name of what is fetched beside the records, in the order in which a sync asks for it.
# https://www.discogs.com/developers/#page:user-collection
SIDES: dict[SyncType, tuple[str, ...]] = {"collection": ("folders", "fields", "value"), "wantlist": ()}
# Only a collection can be asked for the copies of one release (same page, "Collection Items By Release").
LOOKUPS: frozenset[SyncType] = frozenset({"collection"})

# Only `added` is a stable order: by default Discogs sorts by label, which database edits move, and the sort keys of the
# wantlist are undocumented, so that a 422 there means "without" (https://www.discogs.com/developers/#page:user-wantlist).
_SORTING: dict[Order, tuple[tuple[str, str], ...]] = {
    Order.OLDEST: (("sort", "added"), ("sort_order", "asc")),
    Order.NEWEST: (("sort", "added"), ("sort_order", "desc")),
    Order.UNSORTED: (),
}


def target(kind: SyncType, task: Task, account: str | None) -> str:
    """Path and query below the base URL. Raises `ValueError` for what cannot be asked."""
    match task:
        case Identity():
            return "/oauth/identity"
        case Side(name=name):
            if name not in SIDES[kind]:
                raise ValueError(f"Discogs has nothing called {name!r} beside a {kind}.")
            return f"/users/{_owner(account)}/collection/{name}"
        case Page(number=number, order=order):
            if number < 1:
                raise ValueError(f"Discogs counts pages from 1; there is no page {number}.")
            query = (("per_page", str(PAGE_SIZE)), ("page", str(number)), *_SORTING[order])
            # Folder 0 is "All" (https://www.discogs.com/developers/#page:user-collection).
            items = "wants" if kind == "wantlist" else "collection/folders/0/releases"
            return f"/users/{_owner(account)}/{items}?{urlencode(query)}"
        case Lookup(release_id=release_id):
            if kind not in LOOKUPS:
                raise ValueError("Only a collection can be asked for the copies of one release.")
            return f"/users/{_owner(account)}/collection/releases/{release_id}?per_page={PAGE_SIZE}"
        case Release(release_id=release_id):
            return f"/releases/{release_id}"
    assert_never(task)


def username_segment(username: str) -> str:
    """A username as one path segment. Raises `ValueError` for a name that cannot safely be one."""
    if (
        not 0 < len(username) <= USERNAME_CHARACTERS_MAX
        or username in {".", ".."}
        or not username.isprintable()
        or not _IN_NO_USERNAME.isdisjoint(username)
    ):
        raise ValueError("That is no Discogs username: it cannot be part of a URL.")
    return quote(username, safe="")


def _owner(account: str | None) -> str:
    if account is None:
        raise ValueError("This call needs a Discogs username, and none is known yet.")
    return username_segment(account)
