"""The headers of an answer, as recorded in 2026 from each of the two backends."""

from email.utils import formatdate

from cratesync.simulator.answers import Answer, Backend
from cratesync.simulator.quota import Rate

ALLOWED_HEADERS = "Content-Type, authorization, User-Agent, Private-Auth-Secret, Discogs-UID"
EXPOSED_HEADERS = "Location"
"""So no script can read the rate headers, nor `Link`."""
READ_METHODS = "HEAD,OPTIONS,GET,OPTIONS"
MIGRATED_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

_FIXED_LENGTH = (201, 204, 422)

Headers = list[tuple[str, str]]


def headers_of(
    answer: Answer, backend: Backend, *, rate: Rate | None, methods: str, cross_origin: bool, ray: str
) -> Headers:
    """All headers but those of the transfer. `cross_origin` says whether the call had an Origin."""
    headers: Headers = [("Date", formatdate(usegmt=True))]
    if answer.status != 204:
        headers.append(("Content-Type", answer.content_type))
    if answer.status in _FIXED_LENGTH:
        if answer.status != 204:
            headers.append(("Content-Length", str(len(answer.body))))
    else:
        headers.append(("Vary", "Accept-Encoding"))
    throttled = answer.status == 429
    if not throttled and (backend is Backend.LEGACY or (backend is Backend.MIGRATED and cross_origin)):
        headers += cors(methods)
    if backend is Backend.LEGACY and not throttled:
        headers += [
            ("Cache-Control", "public, must-revalidate"),
            ("X-Content-Type-Options", "nosniff"),
            ("x-discogs-media-type", "discogs.v2"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("X-XSS-Protection", "1; mode=block"),
        ]
    if backend in (Backend.LEGACY, Backend.MIGRATED):
        headers.append(("Strict-Transport-Security", "max-age=15552000"))
    if rate is not None:
        headers += [
            ("x-discogs-ratelimit", str(rate.limit)),
            ("x-discogs-ratelimit-remaining", str(rate.remaining)),
            ("x-discogs-ratelimit-used", str(rate.used)),
        ]
    if backend is not Backend.EDGE:
        headers.append(("cf-cache-status", "DYNAMIC"))
    return [*headers, ("Server", "cloudflare"), ("CF-RAY", ray), ("Alt-Svc", 'h3=":443"'), *answer.headers]


def cors(methods: str) -> Headers:
    return [
        ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", EXPOSED_HEADERS),
    ]
