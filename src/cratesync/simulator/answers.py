"""What is answered: bodies, statuses and the sentences that Discogs says when it refuses."""

import json as plain_json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Self

import msgspec

from cratesync.simulator.records import BASE

JSON = "application/json"
HTML = "text/html; charset=UTF-8"


class Backend(Enum):
    """Discogs answers from two code bases behind one name, with different headers; the edge before them with few."""

    LEGACY = auto()
    MIGRATED = auto()
    EDGE = auto()
    IMAGES = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def at(self, base: str) -> Self:
        """With every invented URL beginning with the address the call was sent to."""
        return replace(self, body=self.body.replace(BASE.encode(), base.encode()))


class Refused(Exception):  # noqa: N818 - it is an answer, and reads as one
    """Raised by an endpoint to answer something other than success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def legacy(value: object, status: int = 200) -> Answer:
    """Spaced and in ASCII, as the old code base writes JSON."""
    return Answer(status, plain_json.dumps(msgspec.to_builtins(value)).encode())


def migrated(value: object, status: int = 200) -> Answer:
    """Compact and in UTF-8, as the new one does."""
    return Answer(status, msgspec.json.encode(value))


def refused(status: int, message: str) -> Refused:
    return Refused(message_answer(status, message))


def message_answer(status: int, message: str) -> Answer:
    return Answer(status, msgspec.json.encode({"message": message}))


def invalid(message: str, location: Sequence[str]) -> Refused:
    """A fault in what was asked for, as the new code base reports it."""
    detail: list[Mapping[str, object]] = [{"msg": message, "loc": location, "type": "value_error"}]
    return Refused(migrated({"detail": detail, "message": 'See "detail" for validation errors.'}, 422))


def not_authenticated() -> Refused:
    answer = message_answer(401, "You must authenticate to access this resource.")
    realm = ("WWW-Authenticate", 'OAuth realm="https://api.discogs.com"')
    return Refused(replace(answer, headers=(realm,)))


def bad_token() -> Refused:
    return refused(401, "Invalid consumer token. Please register an app before making requests.")


def not_allowed() -> Refused:
    return refused(
        403,
        "You are not allowed to view this resource. Please authenticate as the owner to view this content.",
    )


def no_such_user() -> Refused:
    return refused(404, "User does not exist or may have been deleted.")


def no_such_folder() -> Refused:
    return refused(404, "The requested folder does not exist.")


def no_such_item() -> Refused:
    return refused(404, "The requested collection item does not exist in this user's collection.")


def no_such_release() -> Refused:
    return refused(404, "That release does not exist or may have been deleted.")


def no_such_resource() -> Refused:
    return refused(404, "The requested resource was not found.")


def wrong_method(method: str) -> Refused:
    return refused(405, f"Method {method} is not allowed for this resource.")


def server_error(code: str) -> Answer:
    return message_answer(500, f"An internal server error occurred (code: {code}).")


def throttled(*, newline: bool) -> Answer:
    return Answer(429, b"\n") if newline else message_answer(429, "You are making requests too quickly.")


def edge_page(status: int, title: str) -> Answer:
    """A page for people, from what stands before the API."""
    page = (
        f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n"
        f"<body>\n<center><h1>{title}</h1></center>\n<hr><center>cloudflare</center>\n</body>\n</html>\n"
    )
    return Answer(status, page.encode(), HTML)
