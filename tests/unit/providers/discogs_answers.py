"""What the tests of the Discogs provider say in its own words."""

import json
from pathlib import Path

from cratesync.engine.provider import Answer
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side
from cratesync.providers.discogs.provider import DiscogsProvider

FIXTURES = Path(__file__).parents[2] / "fixtures" / "discogs"
ACCOUNT = "shelf.keeper"
DISCOGS = DiscogsProvider()

FIRST_PAGE = Page(number=1, scan=1, order=Order.OLDEST)
LATER_PAGE = Page(number=3, scan=1, order=Order.OLDEST)
LOOKUP = Lookup(release_id=900101)
RELEASE = Release(release_id=900101)
FOLDERS = Side("folders")
EVERY_TASK = (
    Identity(),
    FOLDERS,
    Side("fields"),
    Side("value"),
    FIRST_PAGE,
    LATER_PAGE,
    Page(number=1, scan=1, order=Order.UNSORTED),
    LOOKUP,
    RELEASE,
)


def sent(name):
    """An answer's JSON as our own fixture has it, to be changed at will."""
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def encoded(body):
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def read(task, body=b"", *, kind="collection", account=ACCOUNT, status=200, headers=None, error=None):
    answer = Answer(status=status, headers=headers or {}, body=encoded(body), error=error)
    return DISCOGS.read(kind, task, account, answer)


def read_page(body, **circumstances):
    return read(FIRST_PAGE, body, **circumstances)


def read_wants(body, **circumstances):
    return read(FIRST_PAGE, body, kind="wantlist", **circumstances)


def page_with(**changes):
    """A page of one item, of which these top-level fields are changed."""
    page = sent("collection_page")
    page["releases"] = [page["releases"][0] | changes]
    return page


def page_with_basics(**changes):
    """A page of one item, of whose `basic_information` these fields are changed."""
    basic = sent("collection_page")["releases"][0]["basic_information"]
    return page_with(basic_information=basic | changes)


def only_item(body):
    (item,) = read_page(body).records
    return item
