"""How an HTTP answer becomes a message. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from cratesync.client.clock import format_instant
from cratesync.protocol.codec import encode
from cratesync.protocol.messages import ApiResponse, DiscogsApiResponse

_HEADERS = frozenset({"content-type", "retry-after"})
_HEADER_VALUE_CHARACTERS_MAX = 500
_HEADERS_MAX = 50


def spliced(body: bytes) -> Raw:
    """The body as it stands in a message: JSON as it was received, anything else as a JSON string.

    A frame is UTF-8, and the check of the JSON does not look into strings, so that is checked first.
    """
    try:
        return msgspec.json.decode(body.decode(), type=Raw).copy()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Raw(msgspec.json.encode(body.decode(errors="replace")))


def answered(
    request_id: str, status: int, headers: Iterable[tuple[str, str]], body: bytes, rate_header: str
) -> ApiResponse:
    """An HTTP answer, with the headers that steer a sync: what it is, and what is left of the quota."""
    kept = [
        (name.lower(), value[:_HEADER_VALUE_CHARACTERS_MAX])
        for name, value in headers
        if name.lower() in _HEADERS or rate_header in name.lower()
    ]
    return ApiResponse(
        request_id=request_id, status=status, headers=dict(kept[:_HEADERS_MAX]), body=spliced(body)
    )


def unanswered(request_id: str, error: str) -> ApiResponse:
    """No HTTP answer; `error` is `code: sentence`."""
    return ApiResponse(request_id=request_id, status=0, error=error)


def oversize(answer: ApiResponse) -> ApiResponse:
    """What is sent in the stead of an answer that fits in no frame."""
    sentence = "oversize: The answer is larger than what the server takes in one message."
    return replace(unanswered(answer.request_id, sentence), attempt=answer.attempt)


def answer_frame(answer: ApiResponse, *, now: datetime, frame_bytes_max: int) -> bytes:
    """The frame of one answer, never longer than the limit. The message is named after its request."""
    frame = _frame(answer, now)
    return frame if len(frame) <= frame_bytes_max else _frame(oversize(answer), now)


def _frame(answer: ApiResponse, now: datetime) -> bytes:
    return encode(DiscogsApiResponse(id=answer.request_id, timestamp=format_instant(now), data=answer))
