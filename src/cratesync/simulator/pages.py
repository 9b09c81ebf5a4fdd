"""Pages: which part of a list was asked for, and what Discogs says about the rest of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from msgspec import Struct, json

from cratesync.simulator.answers import Answer, invalid, refused
from cratesync.simulator.call import Call
from cratesync.simulator.listing import SORTS

PER_PAGE_DEFAULT = 50
PER_PAGE_MAX = 100


class Pagination(Struct, frozen=True):
    page: int
    pages: int
    per_page: int
    items: int
    urls: dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query asks for. Discogs corrects numbers out of range, and refuses orders it does not know."""

    page: int
    per_page: int
    sort: str
    descending: bool

    @property
    def start(self) -> int:
        return (self.page - 1) * self.per_page


def asked_by(call: Call) -> Asked:
    sort = call.parameter("sort") or "label"
    if sort not in SORTS:
        raise invalid(f"Invalid sort: must be one of {', '.join(SORTS)}.", ["query", "sort"])
    order = (call.parameter("sort_order") or "asc").lower()
    if order not in ("asc", "desc"):
        raise invalid("Invalid sort_order: must be asc or desc.", ["query", "sort_order"])
    return Asked(
        page=max(1, _number(call, "page", 1)),
        per_page=min(PER_PAGE_MAX, max(1, _number(call, "per_page", PER_PAGE_DEFAULT))),
        sort=sort,
        descending=order == "desc",
    )


def paginate(call: Call, asked: Asked, items: int) -> Pagination:
    """The position of a page in its list. A page beyond the end is refused."""
    pages = max(1, -(-items // asked.per_page))
    if asked.page > pages:
        raise refused(404, f"Page {asked.page} is outside of valid range [1, {pages}].")
    targets: dict[str, int] = {}
    if asked.page > 1:
        targets |= {"first": 1, "prev": asked.page - 1}
    if asked.page < pages:
        targets |= {"next": asked.page + 1, "last": pages}
    urls = {name: _url(call, page, asked.per_page) for name, page in targets.items()}
    return Pagination(asked.page, pages, asked.per_page, items, urls)


def page_answer(pagination: Pagination, name: str, entries: Sequence[bytes]) -> Answer:
    """The page with its entries, which are JSON already."""
    body = b'{"pagination":%b,"%b":[%b]}' % (json.encode(pagination), name.encode(), b",".join(entries))
    link = ", ".join(f'<{url}>; rel="{relation}"' for relation, url in pagination.urls.items())
    return Answer(200, body, headers=(("Link", link),) if link else ())


def _url(call: Call, page: int, per_page: int) -> str:
    """The address of another page: every parameter of this call in its place, the token among them."""
    parameters = dict(call.parameters) | {"page": str(page), "per_page": str(per_page)}
    return f"{call.base}{call.raw_path}?{urlencode(parameters)}"


def _number(call: Call, name: str, default: int) -> int:
    text = call.parameter(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise invalid(f"Invalid {name}: must be a whole number.", ["query", name]) from None
