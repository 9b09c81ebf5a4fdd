"""What can be asked of a provider, in no provider's own words."""

from enum import StrEnum

from msgspec import Struct


class Order(StrEnum):
    """The order in which pages are asked for, by the time a record was added. `UNSORTED`: whatever comes."""

    OLDEST = "oldest"
    NEWEST = "newest"
    UNSORTED = "unsorted"


class Identity(Struct, frozen=True, tag="identity"):
    """Whose token is it?"""


class Side(Struct, frozen=True, tag="side"):
    """Something small beside the records, by the provider's own name for it: its failure is only a warning."""

    name: str


class Page(Struct, frozen=True, tag="page", omit_defaults=True):
    """One page of records. `scan` numbers the pass over all pages that it belongs to. `cursor` is what the page before named
    as the way to this one, where pages lead from one to the next."""

    number: int
    scan: int
    order: Order
    cursor: str | None = None


class Lookup(Struct, frozen=True, tag="lookup"):
    """Which copies of this release are owned right now?"""

    release_id: int


class Release(Struct, frozen=True, tag="release"):
    """What is there to be told of this one release? It belongs to no sync: a person asks for it."""

    release_id: int


Task = Identity | Side | Page | Lookup | Release
