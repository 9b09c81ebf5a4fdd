"""Discogs' answers, made beforehand: collections of many people, of whose releases some are new to a database and most are known.

Everybody has the same number of pages, taken from a stock of pages by the simulator's catalogue. 70 of a page's 100 releases are
the same for everybody who has that page, so they are known once one of these people, or the bench beforehand, has stored them.
The other 30 are each person's alone: a number of ten digits stands in them (as the release's id and in its catalogue number),
and is written over in a copy of the page's bytes. So an answer costs a copy, and is of the size of a real one.
"""

import pickle
import re
from pathlib import Path

from msgspec import Struct, structs

from cratesync.simulator.catalog import Catalog
from cratesync.simulator.records import Label
from cratesync.simulator.users import Users

PAGE_SIZE = 100
NEW_OF_A_PAGE = 30
FIRST_NEW_RELEASE = 7_000_000_000
PLACEHOLDER = 6_999_999_000
DIGITS = 10

_PAGE_ASKED = re.compile(rb"[?&]page=(\d+)")


class Sheet(Struct, frozen=True):
    """The records of a page as JSON; where in them which of its new releases' numbers stand, and where its newest item's rating does."""

    records: bytes
    spots: tuple[tuple[int, int], ...]
    rating: int


class Stock(Struct, frozen=True):
    """Sheets in their order, and those that can be the newest page also with the newest record first."""

    sheets: list[Sheet]
    newest_first: dict[int, Sheet]
    pages_each: int

    def newest_of(self, person: int) -> Sheet:
        """The newest page of a person."""
        return self.newest_first[self._place(person, self.pages_each)]

    def page_of(self, person: int, number: int) -> Sheet:
        """A page of a person, oldest records first."""
        return self.sheets[self._place(person, number)]

    def _place(self, person: int, number: int) -> int:
        first = person * self.pages_each % len(self.sheets)
        return first + number - 1


def make_stock(sheets: int, pages_each: int) -> Stock:
    """So many sheets, a multiple of the pages that each person has."""
    assert sheets % pages_each == 0
    user = Users(Catalog(1), lambda: 0).add("stock", "stock-of-the-bench", items=sheets * PAGE_SIZE)
    keys = user.collection.instance_ids()
    made, newest_first = [], {}
    for start in range(0, len(keys), PAGE_SIZE):
        records = [
            _record(user.collection.item(key), slot)
            for slot, key in enumerate(keys[start : start + PAGE_SIZE])
        ]
        made.append(_sheet(records))
        if len(made) % pages_each == 0:
            newest_first[len(made) - 1] = _sheet(records[::-1], newest_first=True)
    return Stock(made, newest_first, pages_each)


def save(stock: Stock, path: Path) -> None:
    """Keep it for another process."""
    path.write_bytes(pickle.dumps(stock))


def load(path: Path) -> Stock:
    """What `save` kept."""
    return pickle.loads(path.read_bytes())  # noqa: S301 - our own file, of this run


def is_new(slot: int) -> bool:
    """Whether the release at this place of a page is its person's own."""
    return slot % 10 < 3


def discogs_name(person: int) -> str:
    """What a person is called at Discogs."""
    return f"bench-{person:06}"


def body(stock: Stock, person: int, url: bytes, edition: int = 0) -> tuple[bytes, bytes | bytearray, bytes]:
    """What Discogs says at this URL, in parts that follow each other. From one edition to the next, one item of a page is rated anew."""
    if b"/folders/0/releases" in url:
        return _page(stock, person, url, edition)
    name = discogs_name(person).encode()
    if url.endswith(b"/identity"):
        return b'{"id":%d,"username":"%b","consumer_name":"bench"}' % (person + 1, name), b"", b""
    if url.endswith(b"/folders"):
        return (
            b'{"folders":[{"id":0,"name":"All","count":1},{"id":1,"name":"Uncategorized","count":1}]}',
            b"",
            b"",
        )
    if url.endswith(b"/fields"):
        return (
            b'{"fields":[{"id":1,"name":"Media","type":"dropdown","position":1,"public":true,"options":["Mint (M)"]}]}',
            b"",
            b"",
        )
    if url.endswith(b"/value"):
        return b'{"minimum":"$10.00","median":"$20.00","maximum":"$30.00"}', b"", b""
    raise LookupError(url)


def page_asked(stock: Stock, url: bytes) -> int | None:
    """Which of a person's pages a URL asks for, by its number from the oldest on."""
    if b"/folders/0/releases" not in url:
        return None
    return stock.pages_each if b"sort_order=desc" in url else _number(url)


def _page(stock: Stock, person: int, url: bytes, edition: int) -> tuple[bytes, bytes | bytearray, bytes]:
    newest = b"sort_order=desc" in url
    number = stock.pages_each if newest else _number(url)
    sheet = stock.newest_of(person) if newest else stock.page_of(person, number)
    records = bytearray(sheet.records)
    first = FIRST_NEW_RELEASE + (person * stock.pages_each + number - 1) * NEW_OF_A_PAGE
    digits = [b"%d" % (first + slot) for slot in range(NEW_OF_A_PAGE)]
    for offset, slot in sheet.spots:
        records[offset : offset + DIGITS] = digits[slot]
    if edition:
        records[sheet.rating : sheet.rating + 1] = b"%d" % (edition % 6)
    head = (
        b'{"pagination":{"page":%d,"pages":%d,"per_page":100,"items":%d,"urls":{"last":"%b"}},"releases":['
        % (
            1 if newest else number,
            stock.pages_each,
            stock.pages_each * PAGE_SIZE,
            url,
        )
    )
    return head, records, b"]}"


def _number(url: bytes) -> int:
    found = _PAGE_ASKED.search(url)
    assert found is not None, url
    return int(found[1])


def _record(item, slot: int) -> bytes:
    """An item; one whose slot is below the number of new ones gets a release of its person's own."""
    if is_new(slot):
        mark = PLACEHOLDER + slot // 10 * 3 + slot % 10
        labels = [
            Label(name="Bench", catno=f"BEN {mark}", id=7, resource_url="http://simulator.invalid/labels/7")
        ]
        basic = structs.replace(item.basic, id=mark, labels=labels)
        item = structs.replace(item, release_id=mark, basic=basic)
    return item.wire(owner=True, public_fields=frozenset())


def _sheet(records: list[bytes], *, newest_first: bool = False) -> Sheet:
    joined = b",".join(records)
    spots = tuple(
        (found.start(), int(found[0]) - PLACEHOLDER) for found in re.finditer(rb"69999990\d\d", joined)
    )
    assert len(spots) == 3 * NEW_OF_A_PAGE, len(spots)
    mark = b'"rating":'
    return Sheet(joined, spots, (joined.index(mark) if newest_first else joined.rindex(mark)) + len(mark))
