"""What an answer means: status, headers and body in, one outcome out.

An answer comes from somebody's machine: nothing in it is trusted, none of its words are repeated, and what cannot be read
becomes an outcome like any other. Sources: https://www.discogs.com/developers and recordings from 2014 to 2026; numbers in
brackets are sections of our fact sheet, docs/reference/discogs.md.
"""

import re

from msgspec import Struct, json

from cratesync.engine.outcomes import (
    RELEASE_NOT_FOUND,
    AccountMissing,
    BeyondTheEnd,
    Forbidden,
    OrderRefused,
    Outcome,
    Refused,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.provider import Answer
from cratesync.engine.tasks import Identity, Order, Page, Release, Task
from cratesync.engine.unanswered import unanswered
from cratesync.protocol.messages import SyncType
from cratesync.providers.discogs.bodies import content, what_is_wrong
from cratesync.providers.discogs.headers import retry_after_seconds
from cratesync.providers.discogs.records import AnswerError

# An error's message is a sentence; a longer one is not searched.
MESSAGE_CHARACTERS_MAX = 300

# Discogs says "Page 100 is outside of valid range [1, 48]."; the range itself has been seen wrong [4.1].
_PAGE_OUT_OF_RANGE = re.compile(r"page\b.*\boutside\b.*\brange", re.IGNORECASE)
# Discogs says "User does not exist or may have been deleted." [3.5].
_NO_SUCH_USER = re.compile(r"user\b.*\bdoes not exist", re.IGNORECASE)


class _Error(Struct):
    """Every error of Discogs' own has a `message` [5.1]; those of the network edge before it have not."""

    message: str


_ERROR = json.Decoder(_Error)


def read(kind: SyncType, task: Task, account: str | None, answer: Answer) -> Outcome:
    """What the answer means. Never raises."""
    status = answer.status
    if status == 0:
        # Discogs' 429 has no CORS headers, so a browser shows it as a network error [2.6].
        return unanswered(answer.error, "Discogs")
    if 200 <= status < 300:
        try:
            return content(kind, task, account, answer.body)
        except AnswerError as fault:
            return Transient(fault.code, fault.sentence)
    if status >= 400:
        return _failure(kind, task, answer)
    if 300 <= status < 400:
        # No endpoint of the API redirects, and a client never follows one.
        return Refused(f"http_{status}", "The answer was a redirect, which Cratesync never follows.")
    return Transient("client_error", "The client reported a status that no finished answer has.")


def _failure(kind: SyncType, task: Task, answer: Answer) -> Outcome:
    match answer.status:
        case 401:
            # Discogs says "Invalid consumer token." or "You must authenticate to access this resource." [3.5]
            return TokenRefused()
        case 403:
            return _forbidden(kind, task, answer.body)
        case 404:
            return _missing(task, answer.body)
        case 408:
            return Transient("timeout", "Discogs did not answer in time.")
        case 422:
            return _unprocessable(task)
        case 429:
            # With "You are making requests too quickly.", with an empty body, and without Retry-After [1.11].
            return Throttled(heard=True, retry_after_seconds=retry_after_seconds(answer.headers))
        case status if 500 <= status < 600:
            return Transient("server_error", "Discogs had a fault of its own.")
        case status if status < 500:
            return Refused(f"http_{status}", f"Discogs refused the call with status {status}.")
        case _:
            return Transient("client_error", "The client reported a status that no finished answer has.")


def _forbidden(kind: SyncType, task: Task, body: bytes) -> Outcome:
    if _message(body) is None:
        # Cloudflare's own page, in front of Discogs [1.14].
        return Transient("blocked", "Discogs' network edge blocked the call.")
    # Discogs says "You are not allowed to view this resource. Please authenticate as the owner …" [3.5]; the switch is
    # worded as at https://www.discogs.com/settings/privacy.
    if isinstance(task, Identity):
        return Forbidden(
            "Discogs does not let this token say whose it is: make a new one under Settings → Developers."
        )
    if isinstance(task, Release):
        return Forbidden("Discogs does not show this release to the token's account.")
    return Forbidden(
        f"Discogs does not show this {kind} to the token's account. At discogs.com/settings/privacy switch on "
        f"“Allow others to browse my {kind}”, or save a token of the account that owns it."
    )


def _missing(task: Task, body: bytes) -> Outcome:
    message = _message(body)
    if message is None:
        fault = what_is_wrong(body)
        return Transient(fault.code, fault.sentence)
    if isinstance(task, Release):
        # Discogs says "Release not found.", and "That release does not exist or may have been deleted." [4.4].
        return Refused(RELEASE_NOT_FOUND, "Discogs has no such release.")
    if _NO_SUCH_USER.match(message):
        return AccountMissing()
    if isinstance(task, Page):
        if task.number > 1 or _PAGE_OUT_OF_RANGE.match(message):
            return BeyondTheEnd()
        return AccountMissing()
    # Nothing is concluded from a lookup here: a release that is not owned is answered with an empty list [4.2].
    return Refused("not_found", "Discogs has nothing at this address.")


def _unprocessable(task: Task) -> Outcome:
    # A sort key that Discogs does not know [4.2]; those of the wantlist are undocumented [4.3].
    if isinstance(task, Page) and task.order is not Order.UNSORTED:
        return OrderRefused()
    return Refused("unprocessable", "Discogs did not understand the call.")


def _message(body: bytes) -> str | None:
    try:
        return _ERROR.decode(body).message[:MESSAGE_CHARACTERS_MAX]
    except (ValueError, RecursionError):
        return None
