"""How each expectation is looked for. Pure."""

import re
from collections.abc import Callable
from typing import assert_never

from cratesync.client.discogs_check.asks import PAGE_SIZE
from cratesync.client.discogs_check.findings import (
    NOT_SEEN,
    Finding,
    Holds,
    Look,
    Seen,
    Tell,
    finding,
    keys,
    said,
)
from cratesync.client.discogs_check.listings import DateOrder, Listing
from cratesync.client.discogs_check.observations import NOT_FOUND, SUCCESS, UNPROCESSABLE, Observation
from cratesync.client.discogs_check.quota import Reading, Steps, steps
from cratesync.client.discogs_check.record_keys import VALIDATION

# In six recorded collections 98 to 100 % of neighbours stood in the order of their labels [4.2].
LABEL_ORDER_SHARE_MIN = 0.95
GZIP_BYTES_MIN = 1000


_ODD = frozenset(
    {"items-over-100", "items-negative", "items-zero", "unknown-sort", "page-beyond", "unknown-user"}
)
_WANTS_SORTED = frozenset({"wants-oldest", "wants-newest"})
_RATE_HEADERS = ("x-discogs-ratelimit", "x-discogs-ratelimit-used", "x-discogs-ratelimit-remaining")
_BEYOND = re.compile(r"Page [0-9]+ is outside of valid range \[1, [0-9]+\]\.")
_PACIFIC = frozenset({"-0700", "-0800"})

# --- which answers ------------------------------------------------------------------------------------------------------


def anything(_: Observation) -> bool:
    """Every answer."""
    return True


def preflights(o: Observation) -> bool:
    """A browser's question before a call."""
    return o.preflight


def by_discogs(o: Observation) -> bool:
    """Answered by Discogs and not by what stands before it."""
    return not o.preflight and o.body == "json"


def with_limit(o: Observation) -> bool:
    """A call with the user's own token whose answer names the limit."""
    return by_discogs(o) and o.ask.caller == "user" and o.rate.limit is not None


def for_page(o: Observation) -> bool:
    """A good answer to a call with an origin."""
    return o.good and o.ask.origin


def there(o: Observation) -> bool:
    """What should be answered 200. Odd numbers and refusals have expectations of their own, as has a wantlist's 422."""
    wants_422 = o.ask.name in _WANTS_SORTED and o.status == UNPROCESSABLE
    return o.ask.caller == "user" and o.ask.name not in _ODD and not wants_422


def named(*names: str) -> Holds:
    """The answers to these."""
    return lambda o: o.ask.name in names


# --- headers ------------------------------------------------------------------------------------------------------------


def header(name: str) -> Tell:
    """What it says."""
    return lambda o: f"{name}: {o.headers[name]}" if name in o.headers else f"no {name}"


def header_is(name: str, value: str | None) -> Holds:
    """Exactly this, or not there at all."""
    return lambda o: o.headers.get(name) == value


def listed(name: str, words: frozenset[str]) -> Holds:
    """A list of exactly these words."""
    return lambda o: o.words(name) == words


def json_type(o: Observation) -> bool:
    """`application/json`, with whatever parameters."""
    return o.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def cloudflare(o: Observation) -> bool:
    """The edge names itself."""
    return o.headers.get("server") == "cloudflare" and "cf-ray" in {name.lower() for name in o.header_names}


def compressed(o: Observation) -> Finding:
    """Whether gzip was used, and what it saved."""
    if o.body_bytes < GZIP_BYTES_MIN:
        return Finding("not_seen", f"{o.body_bytes} bytes are too few to say")
    seen = f"{header('content-encoding')(o)}; {o.body_bytes:,} bytes came as {o.wire_bytes:,}"
    return finding(holds=o.headers.get("content-encoding") == "gzip", seen=seen)


# --- the quota ----------------------------------------------------------------------------------------------------------


def rate(o: Observation) -> str:
    """The three numbers."""
    return f"limit {o.rate.limit}, used {o.rate.used}, remaining {o.rate.remaining}"


def rate_headers(o: Observation) -> bool:
    """All three are there."""
    return set(_RATE_HEADERS) <= set(o.headers)


def rate_headers_missing(o: Observation) -> str:
    """Which are not."""
    return "no " + ", ".join(name for name in _RATE_HEADERS if name not in o.headers)


def with_remaining(o: Observation) -> bool:
    """All three numbers are known."""
    return by_discogs(o) and None not in (o.rate.limit, o.rate.used, o.rate.remaining)


def remaining_adds_up(o: Observation) -> bool:
    """Remaining and used make the limit."""
    return o.rate.remaining == max(0, (o.rate.limit or 0) - (o.rate.used or 0))


def same_tier(seen: Seen) -> Finding:
    """The limit of a made-up token, beside the user's own."""
    own, made_up = seen.named("identity"), seen.named("made-up-token")
    if own is None or made_up is None or own.rate.limit is None or made_up.rate.limit is None:
        return NOT_SEEN
    seen_limits = f"{made_up.rate.limit}, and {own.rate.limit} with a token that counts"
    return finding(holds=own.rate.limit == made_up.rate.limit, seen=seen_limits)


def used_steps(seen: Seen) -> Steps:
    """How `Used` grew over the whole check."""
    return steps([Reading(o.rate.used, o.preflight) for o in seen.all])


def one_a_call(seen: Seen) -> Finding:
    """Whether every step was one."""
    plain = used_steps(seen).plain
    return finding(holds=set(plain) == {1}, seen=growth(plain)) if plain else NOT_SEEN


def preflight_cost(seen: Seen) -> Finding:
    """What a preflight adds to the step it stands in."""
    found = used_steps(seen)
    told = f"over a preflight {growth(found.over_preflight)}; otherwise {growth(found.plain)}"
    match found.verdict:
        case "counts":
            return Finding("as_expected", told)
        case "free":
            return Finding("different", f"it uses none: {told}")
        case "unclear":
            return Finding("not_seen", f"the numbers allow no verdict: {told}")
        case "not_seen":
            return NOT_SEEN
    assert_never(found.verdict)


def growth(found: tuple[int, ...]) -> str:
    """`+1 +1 +2`."""
    return " ".join(f"{step:+}" for step in found) or "nothing"


# --- refusals -----------------------------------------------------------------------------------------------------------


def refused_beyond(o: Observation) -> Finding:
    """404 with the range of pages there are."""
    return finding(holds=o.status == NOT_FOUND and bool(_BEYOND.fullmatch(o.message or "")), seen=said(o))


def refused_sort(o: Observation) -> Finding:
    """422."""
    return finding(holds=o.status == UNPROCESSABLE, seen=said(o))


def validation(o: Observation) -> Finding:
    """The shape of a 422."""
    return keys("", VALIDATION)(o) if o.status == UNPROCESSABLE else Finding("not_seen", said(o))


def sort_taken(o: Observation) -> Finding:
    """Whether the wantlist can be sorted at all."""
    if o.status not in {SUCCESS, UNPROCESSABLE}:
        return NOT_SEEN
    return finding(holds=o.status == SUCCESS, seen=f"answered {o.status}")


# --- pages --------------------------------------------------------------------------------------------------------------


def listing(look: Callable[[Listing], Finding]) -> Look:
    """Look at a page's counts."""

    def check(o: Observation) -> Finding:
        return NOT_SEEN if o.listing is None else look(o.listing)

    return check


def yes(pick: Callable[[Listing], bool | None]) -> Look:
    """Yes or no; not seen where there was nothing to tell by."""

    def look(found: Listing) -> Finding:
        holds = pick(found)
        return NOT_SEEN if holds is None else finding(holds=holds, seen="yes" if holds else "no")

    return listing(look)


def of_records(pick: Callable[[Listing], bool]) -> Look:
    """Yes or no, provided that there are records."""
    return yes(lambda found: pick(found) if found.records else None)


def ordered(wanted: DateOrder) -> Look:
    """By date."""

    def look(found: Listing) -> Finding:
        if found.by_date == "unknown":
            return Finding("not_seen", f"{found.records} records show no order")
        seen = f"{found.records} records, {found.by_date.replace('_', ' ')}"
        return finding(holds=found.by_date == wanted, seen=seen)

    return listing(look)


def per_page(wanted: int) -> Look:
    """What became of an odd size."""

    def look(o: Observation) -> Finding:
        if not o.good or o.listing is None:
            return finding(holds=False, seen=said(o))
        seen = f"per_page {o.listing.per_page}, {o.listing.records} records"
        return finding(holds=o.listing.per_page == wanted, seen=seen)

    return look


def by_label(found: Listing) -> Finding:
    """Whether neighbours stand in the order of their first labels."""
    if not found.label_neighbours:
        return Finding("not_seen", "too few labels")
    share = found.label_neighbours_in_order / found.label_neighbours
    seen = f"{found.label_neighbours_in_order} of {found.label_neighbours} neighbours in order"
    return finding(holds=share >= LABEL_ORDER_SHARE_MIN, seen=seen)


def full_page(found: Listing) -> Finding:
    """As many records and pages as the number of items says."""
    if found.items is None or found.pages is None:
        return NOT_SEEN
    holds = found.records == min(found.items, PAGE_SIZE) and found.pages == max(
        1, -(-found.items // PAGE_SIZE)
    )
    return finding(holds=holds, seen=f"{found.records} of {found.items} records on page 1 of {found.pages}")


def first_page_urls(found: Listing) -> Finding:
    """Which other pages are named."""
    wanted = ("last", "next") if found.pages is not None and found.pages > 1 else ()
    return finding(holds=found.url_names == wanted, seen=", ".join(found.url_names) or "none")


def pacific_dates(found: Listing) -> Finding:
    """The offsets there are."""
    if not found.records:
        return NOT_SEEN
    seen = ", ".join(found.zones) + ("" if found.dates_readable else "; not all can be read")
    return finding(holds=found.dates_readable and _PACIFIC.issuperset(found.zones), seen=seen)


def folder_order(o: Observation) -> Finding:
    """“All” first, then by name."""
    if o.folders is None or not o.folders.count:
        return NOT_SEEN
    first, others = o.folders.all_first, o.folders.by_name
    seen = f"{o.folders.count} folders, {'“All”' if first else 'another'} first, the others {'' if others else 'not '}by name"
    return finding(holds=first and others, seen=seen)
