"""What is kept of an answer: shapes, counts, and a few headers. Bodies are looked at here and dropped. Pure."""

from msgspec import Struct

from cratesync.client.discogs_check.asks import Ask
from cratesync.client.discogs_check.bodies import (
    Body,
    BodyKind,
    Subject,
    fields_of,
    members_of,
    number_in,
    text_in,
)
from cratesync.client.discogs_check.calls import Answer
from cratesync.client.discogs_check.listings import Listing, listing_of
from cratesync.client.discogs_check.quota import Rate, rate_of
from cratesync.client.discogs_check.shapes import Shape, shape_of

TEXT_CHARACTERS_MAX = 1000
HEADERS_MAX = 60
SUCCESS, NOT_FOUND, UNPROCESSABLE = 200, 404, 422

# Whose values say something and are nobody's. Of all others the name is kept, of cookies and addresses no more than that.
_KEPT_HEADERS = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-max-age",
        "cache-control",
        "content-encoding",
        "content-type",
        "retry-after",
        "server",
        "vary",
        "x-discogs-media-type",
        "x-discogs-ratelimit",
        "x-discogs-ratelimit-limit",
        "x-discogs-ratelimit-remaining",
        "x-discogs-ratelimit-used",
    }
)


class Folders(Struct, frozen=True):
    """How the list of folders is ordered."""

    count: int
    all_first: bool
    by_name: bool


class Observation(Struct, frozen=True):
    """One call and what came. `message` and the headers' values are Discogs' own texts, not yet redacted."""

    ask: Ask
    status: int
    seconds: float
    wire_bytes: int
    body_bytes: int
    header_names: tuple[str, ...]
    headers: dict[str, str]
    rate: Rate
    body: BodyKind
    shape: Shape
    message: str | None
    listing: Listing | None
    folders: Folders | None

    def __repr__(self) -> str:
        return f"Observation({self.ask.name!r}, status={self.status})"

    @property
    def good(self) -> bool:
        """Answered as something that is there."""
        return self.status == SUCCESS and self.body == "json"

    @property
    def preflight(self) -> bool:
        """Whether a browser's question before the call."""
        return self.ask.method == "OPTIONS"

    def words(self, header: str) -> frozenset[str]:
        """A header that is a list, in lower case."""
        words = (word.strip().lower() for word in self.headers.get(header, "").split(","))
        return frozenset(word for word in words if word)


def observe(ask: Ask, answer: Answer, body: Body, *, base_url: str, subject: Subject | None) -> Observation:
    """Never raises, whatever came. `subject` is the copy that was asked for, where one was."""
    headers = {name.lower(): value for name, value in answer.headers}
    message = text_in(body, "message")
    return Observation(
        ask=ask,
        status=answer.status,
        seconds=answer.seconds,
        wire_bytes=answer.wire_bytes,
        body_bytes=len(answer.body or b""),
        header_names=tuple(dict.fromkeys(name for name, _ in answer.headers))[:HEADERS_MAX],
        headers={name: _clipped(value) for name, value in headers.items() if name in _KEPT_HEADERS},
        rate=rate_of(headers),
        body=body.kind,
        shape=shape_of(body.json),
        message=None if message is None else _clipped(message),
        listing=listing_of(body, base_url=base_url, query=ask.query, subject=subject),
        folders=_folders_of(body),
    )


def _clipped(text: str) -> str:
    """Cut between words: half a name or token would not be recognised as one."""
    return text if len(text) <= TEXT_CHARACTERS_MAX else text[:TEXT_CHARACTERS_MAX].rpartition(" ")[0]


def _folders_of(body: Body) -> Folders | None:
    found = fields_of(body.json).get("folders")
    if not isinstance(found, list):
        return None
    folders = members_of(found)
    names = [fields_of(folder).get("name") for folder in folders[1:]]
    texts = [name.casefold() for name in names if isinstance(name, str)]
    return Folders(
        count=len(folders),
        all_first=bool(folders) and number_in(folders[0], "id") == 0,
        by_name=len(texts) == len(names) and texts == sorted(texts),
    )
