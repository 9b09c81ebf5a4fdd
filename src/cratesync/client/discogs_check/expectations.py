"""What we believe of Discogs, as the simulator plays it: one table, each line with its fact in docs/reference/discogs.md. Pure."""

from msgspec import Struct

from cratesync.client.discogs_check import looks
from cratesync.client.discogs_check import record_keys as known
from cratesync.client.discogs_check.findings import (
    Check,
    Finding,
    Seen,
    at,
    content,
    every,
    first_content,
    keys,
    nothing_else,
    refusal,
)

LIMIT = 60

_BAD_TOKEN = "Invalid consumer token. Please register an app before making requests."  # noqa: S105 - a sentence
_NO_USER = "User does not exist or may have been deleted."
_ALLOWED_HEADERS = frozenset(
    {"content-type", "authorization", "user-agent", "private-auth-secret", "discogs-uid"}
)
_ALLOWS_ALL = looks.header_is("access-control-allow-origin", "*")
_WANTS_READ = ("wants-oldest", "wants-unsorted")
_REFUSALS = frozenset({401, 404, 422})


class Expectation(Struct, frozen=True):
    """One belief: a stable id, a sentence, the fact it rests on, and how to see whether it is true."""

    id: str
    sentence: str
    fact: str
    check: Check


def judge(seen: Seen) -> list[tuple[Expectation, Finding]]:
    """Every expectation with what became of it."""
    return [(expectation, expectation.check(seen)) for expectation in EXPECTATIONS]


_ANSWERS = (
    Expectation(
        "answers",
        "What is there is answered 200, with JSON.",
        "4",
        every(looks.there, lambda o: o.good, lambda o: f"{o.status} ({o.body})"),
    ),
    Expectation(
        "content-type",
        "JSON comes as `application/json`.",
        "5.4",
        every(looks.by_discogs, looks.json_type, looks.header("content-type")),
    ),
    Expectation(
        "cloudflare",
        "`Server` is `cloudflare` on every answer, and there is a `CF-RAY`.",
        "5.4",
        every(looks.anything, looks.cloudflare, looks.header("server")),
    ),
    Expectation(
        "gzip",
        "A page of records is packed where gzip is asked for.",
        "5.5",
        content("items-oldest", looks.compressed),
    ),
)
_QUOTA = (
    Expectation(
        "rate-headers",
        "Every answer has `X-Discogs-Ratelimit`, `-Used` and `-Remaining`.",
        "1.3",
        every(looks.by_discogs, looks.rate_headers, looks.rate_headers_missing),
    ),
    Expectation(
        "rate-limit",
        f"The limit with a token is {LIMIT}.",
        "1.1",
        every(looks.with_limit, lambda o: o.rate.limit == LIMIT, looks.rate),
    ),
    Expectation(
        "rate-remaining",
        "`Remaining` is the limit less `Used`.",
        "1.2",
        every(looks.with_remaining, looks.remaining_adds_up, looks.rate),
    ),
    Expectation("rate-steps", "`Used` grows by one from call to call.", "1.9", looks.one_a_call),
    Expectation("rate-made-up-token", "A token that nobody has gets the same limit.", "1.6", looks.same_tier),
    Expectation(
        "no-retry-after",
        "No answer has a `Retry-After`.",
        "1.11",
        every(looks.anything, looks.header_is("retry-after", None), looks.header("retry-after")),
    ),
)
_PAGES_OF_OTHER_ORIGINS = (
    Expectation("preflight-cost", "A preflight uses one slot of the quota.", "1.8", looks.preflight_cost),
    Expectation(
        "preflight-status",
        "A preflight that names `authorization` is answered 204.",
        "2.5",
        every(looks.preflights, lambda o: o.status == 204, lambda o: str(o.status)),
    ),
    Expectation(
        "preflight-headers",
        "It allows `Content-Type`, `authorization`, `User-Agent`, `Private-Auth-Secret` and `Discogs-UID`.",
        "2.2",
        every(
            looks.preflights,
            looks.listed("access-control-allow-headers", _ALLOWED_HEADERS),
            looks.header("access-control-allow-headers"),
        ),
    ),
    Expectation(
        "preflight-methods",
        "It allows `GET`.",
        "2.3",
        every(
            looks.preflights,
            lambda o: "get" in o.words("access-control-allow-methods"),
            looks.header("access-control-allow-methods"),
        ),
    ),
    Expectation(
        "preflight-max-age",
        "It does not say how long it may be remembered.",
        "2.4",
        every(
            looks.preflights,
            looks.header_is("access-control-max-age", None),
            looks.header("access-control-max-age"),
        ),
    ),
    Expectation(
        "cors-older-backend",
        "`/oauth/identity` allows every origin, also where the call names none.",
        "2",
        every(looks.named("identity"), _ALLOWS_ALL, looks.header("access-control-allow-origin")),
    ),
    Expectation(
        "cors-newer-backend",
        "The collection says nothing of origins where the call names none.",
        "2",
        every(
            looks.named("folders", "items-oldest"),
            looks.header_is("access-control-allow-origin", None),
            looks.header("access-control-allow-origin"),
        ),
    ),
    Expectation(
        "cors-origin",
        "A page of any origin may read an answer.",
        "2.1",
        every(looks.for_page, _ALLOWS_ALL, looks.header("access-control-allow-origin")),
    ),
    Expectation(
        "cors-exposed",
        "Only `Location` is exposed: a page cannot read the rate headers.",
        "2.4",
        every(
            looks.for_page,
            looks.listed("access-control-expose-headers", frozenset({"location"})),
            looks.header("access-control-expose-headers"),
        ),
    ),
    Expectation(
        "cors-refusals",
        "A page may read a 401, 404 or 422 too.",
        "8",
        every(
            lambda o: looks.by_discogs(o) and o.ask.origin and o.status in _REFUSALS,
            _ALLOWS_ALL,
            looks.header("access-control-allow-origin"),
        ),
    ),
)
_REFUSED = (
    Expectation(
        "made-up-token",
        "A made-up token is a 401 at `/oauth/identity`.",
        "3.5",
        at("made-up-token", refusal(401, _BAD_TOKEN)),
    ),
    Expectation(
        "made-up-token-folders",
        "A made-up token is the same 401 at the collection.",
        "3.5",
        at("made-up-token-folders", refusal(401, _BAD_TOKEN)),
    ),
    Expectation(
        "unknown-user",
        "An unknown user's collection is a 404.",
        "3.5",
        at("unknown-user", refusal(404, _NO_USER)),
    ),
    Expectation(
        "page-beyond",
        "A page beyond the last is a 404 that names the range.",
        "4.1",
        at("page-beyond", looks.refused_beyond),
    ),
    Expectation("unknown-sort", "An unknown sort is a 422.", "4.2", at("unknown-sort", looks.refused_sort)),
    Expectation(
        "unknown-sort-keys",
        "A 422 has `message` and a list `detail`.",
        "5.1",
        at("unknown-sort", looks.validation),
    ),
)
_PAGES = (
    Expectation(
        "per-page-over-100",
        "A `per_page` over 100 is cut to 100.",
        "4.1",
        at("items-over-100", looks.per_page(100)),
    ),
    Expectation(
        "per-page-negative",
        "A negative `per_page` counts as 1.",
        "4.1",
        at("items-negative", looks.per_page(1)),
    ),
    Expectation("per-page-zero", "`per_page=0` counts as 1.", "8", at("items-zero", looks.per_page(1))),
    Expectation(
        "pagination",
        "`pagination` has page, pages, per_page, items and urls.",
        "4.1",
        content("items-oldest", keys("pagination.", known.PAGINATION)),
    ),
    Expectation(
        "pagination-more",
        "`pagination` has nothing else.",
        "4.1",
        content("items-oldest", nothing_else("pagination.", known.PAGINATION)),
    ),
    Expectation(
        "pagination-urls",
        "The first page of several names next and last, an only page none.",
        "4.1",
        content("items-oldest", looks.listing(looks.first_page_urls)),
    ),
    Expectation(
        "pagination-echo",
        "They echo the whole query.",
        "4.1",
        content("items-oldest", looks.yes(lambda page: page.urls_echo)),
    ),
    Expectation(
        "pagination-host",
        "They begin with the address that was asked.",
        "4.1",
        content("items-oldest", looks.yes(lambda page: page.urls_here)),
    ),
    Expectation(
        "page-size",
        "A page holds a hundred records, or all there are.",
        "4.1",
        content("items-oldest", looks.listing(looks.full_page)),
    ),
)
_COLLECTION = (
    Expectation(
        "identity",
        "The identity has id, username, resource_url and consumer_name.",
        "3.4",
        content("identity", keys("", known.IDENTITY)),
    ),
    Expectation(
        "folders",
        "A folder has id, name, count and resource_url.",
        "4.2",
        content("folders", keys("folders[].", known.FOLDER)),
    ),
    Expectation(
        "folders-order",
        "“All” is the first folder, the others follow by name.",
        "4.2",
        content("folders", looks.folder_order),
    ),
    Expectation(
        "fields",
        "A custom field has id, name, type, position and public.",
        "4.2",
        content("fields", keys("fields[].", known.FIELD)),
    ),
    Expectation(
        "value",
        "The value is three texts: maximum, median and minimum.",
        "4.2",
        content("value", keys("", known.VALUE)),
    ),
    Expectation(
        "items-oldest",
        "`sort=added&sort_order=asc` gives the oldest first.",
        "4.2",
        content("items-oldest", looks.ordered("oldest_first")),
    ),
    Expectation(
        "items-newest",
        "`sort=added&sort_order=desc` gives the newest first.",
        "4.2",
        content("items-newest", looks.ordered("newest_first")),
    ),
    Expectation(
        "items-unsorted",
        "Without a sort the first label's name decides.",
        "4.2",
        content("items-over-100", looks.listing(looks.by_label)),
    ),
    Expectation(
        "item-keys",
        "An item has the keys that we read, each of its kind.",
        "4.2",
        content("items-oldest", keys("releases[].", known.ITEM)),
    ),
    Expectation(
        "item-more",
        "An item has nothing else.",
        "4.2",
        content("items-oldest", nothing_else("releases[].", known.ITEM)),
    ),
    Expectation(
        "item-ids",
        "Every `instance_id` is there once.",
        "4.2",
        content("items-oldest", looks.of_records(lambda page: page.distinct)),
    ),
    Expectation(
        "item-ratings",
        "Ratings go from 0 to 5.",
        "4.2",
        content("items-oldest", looks.of_records(lambda page: page.ratings_in_range)),
    ),
    Expectation(
        "item-dates",
        "`date_added` is ISO 8601 with the Pacific offset.",
        "5.8",
        content("items-oldest", looks.listing(looks.pacific_dates)),
    ),
    Expectation(
        "copies",
        "A release asked for by itself lists its copies, and nothing else.",
        "4.2",
        content("copies", looks.yes(lambda page: page.of_subject)),
    ),
)
_WANTLIST = (
    Expectation("wants-sort", "The wantlist takes `sort=added`.", "8", at("wants-oldest", looks.sort_taken)),
    Expectation(
        "wants-oldest",
        "With it the oldest wants come first.",
        "8",
        content("wants-oldest", looks.ordered("oldest_first")),
    ),
    Expectation(
        "wants-newest",
        "With `sort_order=desc` the newest wants come first.",
        "8",
        content("wants-newest", looks.ordered("newest_first")),
    ),
    Expectation(
        "want-keys",
        "A want has the keys that we read, each of its kind.",
        "4.3",
        first_content(_WANTS_READ, keys("wants[].", known.WANT)),
    ),
    Expectation(
        "want-more",
        "A want has nothing else.",
        "4.3",
        first_content(_WANTS_READ, nothing_else("wants[].", known.WANT)),
    ),
    Expectation(
        "want-ids",
        "A release is wanted at most once.",
        "4.3",
        first_content(_WANTS_READ, looks.of_records(lambda page: page.distinct)),
    ),
)
EXPECTATIONS = (*_ANSWERS, *_QUOTA, *_PAGES_OF_OTHER_ORIGINS, *_REFUSED, *_PAGES, *_COLLECTION, *_WANTLIST)
