"""What a page of a collection or a wantlist shows of itself, without its records. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from cratesync.client.discogs_check.asks import Query
from cratesync.client.discogs_check.bodies import Body, Subject, fields_of, members_of, number_in

DateOrder = Literal["oldest_first", "newest_first", "neither", "unknown"]
RATING_MAX = 5
_URL_NAMES = frozenset({"first", "prev", "next", "last"})
# Which page it is, and a page size that was cut, differ from what was asked.
_NOT_ECHOED = frozenset({"page", "per_page"})
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Listing(Struct, frozen=True):
    """Counts and yes or no. `None` where nothing could be seen, as with the order of a single record."""

    page: int | None
    pages: int | None
    per_page: int | None
    items: int | None
    records: int
    url_names: tuple[str, ...]
    urls_echo: bool | None
    urls_here: bool | None
    by_date: DateOrder
    label_neighbours: int
    label_neighbours_in_order: int
    distinct: bool
    zones: tuple[str, ...]
    dates_readable: bool
    ratings_in_range: bool
    of_subject: bool | None


def listing_of(body: Body, *, base_url: str, query: Query, subject: Subject | None) -> Listing | None:
    """Nothing where the body is no page."""
    top = fields_of(body.json)
    key = next((name for name in ("releases", "wants") if isinstance(top.get(name), list)), None)
    if key is None:
        return None
    records = members_of(top[key])
    pagination = top.get("pagination")
    urls = _urls(fields_of(pagination).get("urls"))
    dates = [_instant(fields_of(record).get("date_added")) for record in records]
    labels = [_label(record) for record in records]
    neighbours = [(a, b) for a, b in pairwise(labels) if a is not None and b is not None]
    ids = [number_in(record, "instance_id" if key == "releases" else "id") for record in records]
    return Listing(
        page=number_in(pagination, "page"),
        pages=number_in(pagination, "pages"),
        per_page=number_in(pagination, "per_page"),
        items=number_in(pagination, "items"),
        records=len(records),
        url_names=tuple(sorted(urls)),
        urls_echo=all(_echoes(url, query) for url in urls.values()) if urls else None,
        urls_here=all(url.startswith(base_url + "/") for url in urls.values()) if urls else None,
        by_date=_order(dates),
        label_neighbours=len(neighbours),
        label_neighbours_in_order=sum(a <= b for a, b in neighbours),
        distinct=None not in ids and len(set(ids)) == len(ids),
        zones=tuple(sorted({f"{date:%z}" for date in dates if date is not None})),
        dates_readable=None not in dates,
        ratings_in_range=all(_rated(record) for record in records),
        of_subject=None if subject is None else _is_of(records, subject),
    )


def _urls(value: object) -> dict[str, str]:
    """Other names than the four are of no page, and may be anything."""
    return {
        name: url
        for name, url in fields_of(value).items()
        if isinstance(name, str) and name in _URL_NAMES and isinstance(url, str)
    }


def _echoes(url: str, query: Query) -> bool:
    try:
        echoed = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    except ValueError:
        return False
    return set(echoed) >= {name for name, _ in query} and all(
        echoed[name] == value for name, value in query if name not in _NOT_ECHOED
    )


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if instant.tzinfo is None else instant


def _order(dates: Sequence[datetime | None]) -> DateOrder:
    """By their instants: the offset changes with daylight saving [5.8]."""
    seconds = [(date - _EPOCH).total_seconds() for date in dates if date is not None]
    if len(seconds) < len(dates):
        return "neither"
    if len(set(seconds)) < 2:
        return "unknown"
    if all(a <= b for a, b in pairwise(seconds)):
        return "oldest_first"
    if all(a >= b for a, b in pairwise(seconds)):
        return "newest_first"
    return "neither"


def _label(record: object) -> str | None:
    basic: Mapping[object, object] = fields_of(fields_of(record).get("basic_information"))
    labels = members_of(basic.get("labels"))
    name = fields_of(labels[0]).get("name") if labels else None
    return name.casefold() if isinstance(name, str) else None


def _rated(record: object) -> bool:
    rating = number_in(record, "rating")
    return rating is not None and 0 <= rating <= RATING_MAX


def _is_of(records: Sequence[object], subject: Subject) -> bool:
    """Whether these are copies of one release, the one known copy among them."""
    return all(number_in(record, "id") == subject.release_id for record in records) and any(
        number_in(record, "instance_id") == subject.instance_id for record in records
    )
