"""What is asked, in this order. Pure data.

The preflights stand between calls of the same kind, so that what they cost shows in `Used`. A call with an `Origin` is what
a page would make. Numbers in brackets are facts in docs/reference/discogs.md.
"""

from typing import Literal
from urllib.parse import quote, urlencode

from msgspec import Struct

# As the page of a Cratesync server would say it; the name resolves nowhere.
ORIGIN = "https://cratesync.invalid"
STRANGER = "no-such-user-of-cratesync-check"
MADE_UP_TOKEN = "madeupbycratesynccheckdiscogsisnotatoken"  # noqa: S105 - nobody's
PAGE_SIZE = 100
# Nearly ten million items at a hundred a page: the largest collection known holds 634,000 [6].
PAGE_BEYOND = 99_999

Method = Literal["GET", "OPTIONS"]
Query = tuple[tuple[str, str], ...]


class Ask(Struct, frozen=True):
    """One call, with the user's token, with one that nobody has, or without any. In `path` `USER` and `RELEASE` stand for what only the answers tell; the report shows it like that."""

    name: str
    path: str
    query: Query = ()
    method: Method = "GET"
    caller: Literal["user", "stranger"] | None = "user"
    origin: bool = False
    wants_sort_refused: bool | None = None
    """Asked only where Discogs refused to sort the wantlist, or only where it did not."""

    def target(self, username: str | None, release_id: int | None) -> str | None:
        """Path and query below the base URL; nothing where what it needs is not known."""
        path = self.path
        if "USER" in path:
            if username is None:
                return None
            path = path.replace("USER", quote(username, safe=""))
        if path.endswith("/RELEASE"):
            if release_id is None:
                return None
            path = path.removesuffix("RELEASE") + str(release_id)
        return f"{path}?{urlencode(self.query)}" if self.query else path

    @property
    def shown(self) -> str:
        """As a report may show it."""
        return f"{self.method} {self.path}" + (f"?{urlencode(self.query)}" if self.query else "")


_COLLECTION = "/users/USER/collection"
_ITEMS = f"{_COLLECTION}/folders/0/releases"
_WANTS = "/users/USER/wants"
_HUNDRED = ("per_page", str(PAGE_SIZE))
_OLDEST: Query = (_HUNDRED, ("page", "1"), ("sort", "added"), ("sort_order", "asc"))
_NEWEST: Query = (_HUNDRED, ("page", "1"), ("sort", "added"), ("sort_order", "desc"))


def _preflight(name: str, path: str) -> Ask:
    return Ask(name, path, method="OPTIONS", caller=None, origin=True)


PLAN = (
    Ask("identity", "/oauth/identity"),
    Ask("folders", f"{_COLLECTION}/folders"),
    Ask("folders-origin", f"{_COLLECTION}/folders", origin=True),
    _preflight("preflight-fields", f"{_COLLECTION}/fields"),
    Ask("fields", f"{_COLLECTION}/fields", origin=True),
    _preflight("preflight-value", f"{_COLLECTION}/value"),
    Ask("value", f"{_COLLECTION}/value", origin=True),
    Ask("items-oldest", _ITEMS, _OLDEST),
    Ask("items-newest", _ITEMS, _NEWEST),
    Ask("items-over-100", _ITEMS, (("per_page", "250"),)),
    Ask("items-negative", _ITEMS, (("per_page", "-1"),)),
    Ask("items-zero", _ITEMS, (("per_page", "0"),)),
    Ask("copies", f"{_COLLECTION}/releases/RELEASE", (_HUNDRED,)),
    Ask("wants-oldest", _WANTS, _OLDEST),
    Ask("wants-newest", _WANTS, _NEWEST, wants_sort_refused=False),
    Ask("wants-unsorted", _WANTS, (_HUNDRED, ("page", "1")), wants_sort_refused=True),
    Ask("unknown-sort", _ITEMS, (("sort", "no-such-order"),), origin=True),
    Ask("page-beyond", _ITEMS, (_HUNDRED, ("page", str(PAGE_BEYOND))), origin=True),
    Ask("unknown-user", f"/users/{STRANGER}/collection/folders/0/releases", origin=True),
    Ask("made-up-token", "/oauth/identity", caller="stranger", origin=True),
    Ask("made-up-token-folders", f"{_COLLECTION}/folders", caller="stranger", origin=True),
)
