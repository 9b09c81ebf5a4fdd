"""What Discogs' headers say of the quota."""

import pytest

from cratesync.engine.outcomes import Throttled
from cratesync.engine.provider import RateLimit
from unit.providers.discogs_answers import DISCOGS, FIRST_PAGE, read


@pytest.mark.parametrize(
    "headers",
    [
        {
            "x-discogs-ratelimit": "60",
            "x-discogs-ratelimit-used": "12",
            "x-discogs-ratelimit-remaining": "48",
        },
        {
            "X-Discogs-Ratelimit": "60",
            "X-Discogs-Ratelimit-Used": "12",
            "X-Discogs-Ratelimit-Remaining": "48",
        },
        {
            "x-discogs-ratelimit-limit": " 60 ",
            "x-discogs-ratelimit-used": "12",
            "X-DISCOGS-RATELIMIT-REMAINING": "48",
        },
    ],
)
def test_both_spellings_are_read_in_any_case(headers):
    assert DISCOGS.rate_limit(headers) == RateLimit(limit=60, used=12, remaining=48)


def test_a_browser_reads_none_of_them():
    assert DISCOGS.rate_limit({}) is None
    assert DISCOGS.rate_limit({"content-type": "application/json"}) is None


def test_any_part_may_be_missing():
    assert DISCOGS.rate_limit({"x-discogs-ratelimit-remaining": "0"}) == RateLimit(remaining=0)
    assert DISCOGS.rate_limit({"x-discogs-ratelimit": "25"}) == RateLimit(limit=25)


@pytest.mark.parametrize("value", ["", "many", "-1", "6e1", "60.0", "1000001", "9" * 30, "٦٠", "0x3c"])
def test_a_number_that_cannot_be_meant_is_ignored(value):
    headers = {"x-discogs-ratelimit": value, "x-discogs-ratelimit-used": "3"}
    assert DISCOGS.rate_limit(headers) == RateLimit(used=3)


def test_a_limit_of_nothing_is_ignored():
    assert DISCOGS.rate_limit({"x-discogs-ratelimit": "0"}) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("86400", 3600.0),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e3", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_honoured_in_seconds_and_within_an_hour(value, seconds):
    outcome = read(FIRST_PAGE, status=429, headers={"retry-after": value})
    assert outcome == Throttled(heard=True, retry_after_seconds=seconds)
