"""What an answer's headers say of the quota. A browser reads none of them: Discogs does not expose them [2.4]."""

import re
from collections.abc import Mapping

from cratesync.engine.provider import RateLimit

RETRY_AFTER_SECONDS_MAX = 3600.0
QUOTA_MAX = 1_000_000

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """https://www.discogs.com/developers/#page:home,header:home-rate-limiting; `…-limit` is the design document's name.

    The numbers lag by a call and are not monotonic [1.9]: a hint, no ledger.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    limit = _count(lower.get("x-discogs-ratelimit", lower.get("x-discogs-ratelimit-limit")))
    used = _count(lower.get("x-discogs-ratelimit-used"))
    remaining = _count(lower.get("x-discogs-ratelimit-remaining"))
    if limit == 0:
        limit = None
    if limit is None and used is None and remaining is None:
        return None
    return RateLimit(limit=limit, used=used, remaining=remaining)


def _count(value: str | None) -> int | None:
    if value is None or not _COUNT.fullmatch(value.strip()):
        return None
    count = int(value.strip())
    return count if count <= QUOTA_MAX else None


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds only: a date would need a clock. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after"""
    for name, value in headers.items():
        if name.lower() == "retry-after" and _SECONDS.fullmatch(value.strip()):
            return min(float(value.strip()), RETRY_AFTER_SECONDS_MAX)
    return None
