"""What a 2xx answer holds: JSON bytes in, an outcome or an `AnswerError` out.

Numbers in brackets are sections of our fact sheet, docs/reference/discogs.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Annotated, assert_never

from msgspec import Meta, Raw, Struct, ValidationError, field, json

from cratesync.engine.outcomes import (
    IdentityRead,
    LookupRead,
    Outcome,
    PageRead,
    Refused,
    ReleaseRead,
    SideRead,
)
from cratesync.engine.records import Record, SideRecord
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side, Task
from cratesync.protocol.messages import SyncType
from cratesync.providers.discogs import records
from cratesync.providers.discogs.oddities import identifier, without_unstorable
from cratesync.providers.discogs.records import AnswerError, not_this_shape
from cratesync.providers.discogs.release_details import release_details
from cratesync.providers.discogs.requests import PAGE_SIZE, username_segment

# The largest collection known holds 634,000 items [6], which are 6,340 pages. Each page that is believed in becomes a request.
ITEMS_MAX = 1_000_000_000
PAGES_MAX = 20_000


class _Pagination(Struct, gc=False):
    """https://www.discogs.com/developers/#page:home,header:home-pagination; an empty list has one page of no items."""

    page: Annotated[int, Meta(ge=1, le=ITEMS_MAX)]
    pages: Annotated[int, Meta(ge=1, le=PAGES_MAX)]
    items: Annotated[int, Meta(ge=0, le=ITEMS_MAX)]
    urls: object = None


_Sources = Annotated[list[Raw], Meta(max_length=PAGE_SIZE)]


class _List(Struct):
    pagination: _Pagination


class _CollectionPage(_List):
    records: _Sources = field(name="releases")


class _WantlistPage(_List):
    records: _Sources = field(name="wants")


class _Identity(Struct):
    """https://www.discogs.com/developers/#page:user-identity"""

    username: str
    id: object = None


_COLLECTION_PAGE = json.Decoder(_CollectionPage)
_WANTLIST_PAGE = json.Decoder(_WantlistPage)
_IDENTITY = json.Decoder(_Identity)
_SIDES: dict[str, Callable[[bytes, str | None], SideRecord]] = {
    "folders": records.folders,
    "fields": records.custom_fields,
    "value": records.value,
}


def content(kind: SyncType, task: Task, account: str | None, body: bytes) -> Outcome:
    """The outcome of a 2xx answer, or an `AnswerError`.

    Where a body holds what cannot be stored, the digest of a record is that of its mended bytes: equal bytes received still
    give equal digests.
    """
    if b"\\u0000" in body:
        body = without_unstorable(body)
    try:
        return _decoded(kind, task, account, body)
    except ValidationError as fault:
        raise what_is_wrong(body) from fault
    except (ValueError, RecursionError) as fault:
        # A lone surrogate is no JSON to our decoder, and yet Discogs' own servers may send one.
        mended = without_unstorable(body)
        if mended == body:
            raise what_is_wrong(body) from fault
    try:
        return _decoded(kind, task, account, mended)
    except (ValueError, RecursionError) as fault:
        raise what_is_wrong(mended) from fault


def _decoded(kind: SyncType, task: Task, account: str | None, body: bytes) -> Outcome:
    match task:
        case Identity():
            return _identity(body)
        case Side(name=name):
            reader = _SIDES.get(name)
            if reader is None:
                return Refused("not_found", "Discogs has nothing of that name.")
            return SideRead(reader(body, account))
        case Page(number=number, order=order):
            sent, read_records = _list(kind, body, account, number)
            pagination = sent.pagination
            return PageRead(
                number=number,
                pages=pagination.pages,
                items=pagination.items,
                records=read_records,
                order_shown=_stand_in_order(read_records, order),
            )
        case Lookup(release_id=release_id):
            sent, read_records = _list("collection", body, account, 1)
            return LookupRead(
                instance_ids=frozenset(record.key for record in read_records),
                complete=sent.pagination.pages == 1
                and sent.pagination.items == len(read_records)
                and all(record.release_id == release_id for record in read_records),
            )
        case Release(release_id=release_id):
            return ReleaseRead(release_details(body, release_id))
    assert_never(task)


def _identity(body: bytes) -> Outcome:
    sent = _IDENTITY.decode(body)
    try:
        username_segment(sent.username)
    except ValueError as fault:
        raise not_this_shape("an identity") from fault
    account_id = identifier(sent.id)
    return IdentityRead(sent.username, account_id if isinstance(account_id, int) else None)


def _list(kind: SyncType, body: bytes, account: str | None, number: int) -> tuple[_List, tuple[Record, ...]]:
    """A page with its records, each once. Page numbers and counts are checked, the counts against one another too.

    Whose list it is stands in the links between its pages. Records name their owner as well, but a recorded list that is
    shown under another name keeps theirs.
    """
    read_record: Callable[[bytes], Record]
    sent: _CollectionPage | _WantlistPage
    if kind == "collection":
        sent, read_record = _COLLECTION_PAGE.decode(body), records.item
    else:
        sent, read_record = _WANTLIST_PAGE.decode(body), records.want
    pagination = sent.pagination
    if pagination.page != number:
        raise AnswerError("wrong_page", "The answer holds another page than the one asked for.")
    if pagination.page > pagination.pages or pagination.pages > max(1, pagination.items):
        raise not_this_shape("a page")
    if isinstance(pagination.urls, Mapping):
        for url in pagination.urls.values():
            records.check_owner(url, account)
    found: dict[int, Record] = {}
    for source in sent.records:
        record = read_record(bytes(source))
        found.setdefault(record.key, record)
    return sent, tuple(found.values())


def _stand_in_order(shown: tuple[Record, ...], order: Order) -> bool:
    """Whether the records stand as asked, by their instants; their offsets change with daylight saving [5.8]."""
    if order is Order.UNSORTED or len(shown) < 2:
        return True
    instants = [_instant(record) for record in shown]
    if order is Order.NEWEST:
        instants.reverse()
    return all(a is not None and b is not None and a <= b for a, b in pairwise(instants))


def _instant(record: Record) -> datetime | None:
    if record.date_added is None:
        return None
    try:
        instant = datetime.fromisoformat(record.date_added)
    except ValueError:
        return None
    return None if instant.tzinfo is None else instant


def what_is_wrong(body: bytes) -> AnswerError:
    """What is wrong with a body that is not what was asked for. A body that is missing may come as `null`."""
    start = body.strip()
    if start in {b"", b"null"}:
        return AnswerError("empty_body", "The answer was empty.")
    if start[:1] not in b'{["':
        return AnswerError("not_json", "The answer was a page for people, not data.")
    try:
        body.decode()
        json.decode(body, type=Raw)
    except (ValueError, RecursionError):
        return AnswerError("broken_json", "The answer was cut off or garbled on its way.")
    return not_this_shape("an answer")
