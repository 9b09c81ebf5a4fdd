"""Shelfside, an invented API for record shelves: all that Cratesync has to know of it.

It is as different from Discogs as an API may be: another form of Authorization, other names for everything, another quota,
and lists whose pages lead from one to the next by a cursor and tell no counts. docs/how-to/add-a-provider.md goes
through this file. Beside each rule of a real provider stands the address of the vendor's page.
"""

from collections.abc import Mapping
from typing import Annotated, assert_never

from msgspec import Meta, Raw, Struct, json

from cratesync.engine.outcomes import (
    AccountMissing,
    BeyondTheEnd,
    Forbidden,
    IdentityRead,
    Outcome,
    PageRead,
    Refused,
    SideRead,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.provider import Answer, Call, Profile, Provider, RateLimit
from cratesync.engine.records import Artist, Content, Folder, Folders, Format, Item, Record, Want, digest_of
from cratesync.engine.tasks import Identity, Lookup, Page, Side, Task
from cratesync.engine.tasks import Release as ReleaseTask
from cratesync.engine.unanswered import unanswered
from cratesync.protocol.allow_list import METHOD
from cratesync.protocol.messages import SyncType
from second_provider.allow_list import UPSTREAM

NAME = "Shelfside"
CALLS = 25
WINDOW_SECONDS = 10.0
PAGE_SIZE = 20
LISTS: dict[SyncType, str] = {"collection": "copies", "wantlist": "wishes"}

# --- what it sends ------------------------------------------------------------------------------------------------------
#
# An answer comes from somebody's machine, so every value has a bound, and that of the store at most: ids of 64 bits, small
# numbers of 32, no text with a NUL. What does not fit the shape is no answer.

Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Small = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Text = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*\Z")]
# These two become a part of a URL, so they are held to what the allow-list lets through.
Keeper = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}\Z")]
Cursor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]


class Me(Struct):
    keeper: Keeper
    number: Id


class Release(Struct):
    number: Id
    title: Text
    by: Annotated[list[Text], Meta(max_length=50)]
    year: Small | None = None
    medium: Text | None = None


class Copy(Struct):
    copy: Id
    release: Release
    room: Id | None = None
    stars: Small | None = None
    since: Text | None = None


class Wish(Struct):
    release: Release
    remark: Text | None = None
    since: Text | None = None


class ListPage(Struct):
    """`entries` stay bytes at first: the mirror keeps a digest of each, so that an unchanged one costs nothing."""

    keeper: Keeper
    entries: Annotated[list[Raw], Meta(max_length=PAGE_SIZE)]
    next: Cursor | None = None


class Room(Struct):
    number: Id
    name: Text


class Rooms(Struct):
    keeper: Keeper
    rooms: Annotated[list[Room], Meta(max_length=1000)]


class ShelfsideProvider(Provider):
    """Builds Shelfside's requests and reads its answers; never sends."""

    def __init__(
        self,
        base_url: str = UPSTREAM.base_url,
        calls: int = CALLS,
        window_seconds: float = WINDOW_SECONDS,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._profile = Profile(
            name=NAME,
            calls=calls,
            window_seconds=window_seconds,
            page_size=PAGE_SIZE,
            sides={"collection": ("rooms",), "wantlist": ()},
            # No call tells which copies of one release are there, so what is gone is shown by a second pass.
            lookups=frozenset(),
            by_cursor=True,
            kept_headers=("x-quota",),
        )

    @property
    def profile(self) -> Profile:
        return self._profile

    # --- requests ---

    def build(self, kind: SyncType, task: Task, account: str | None) -> Call:
        url = self._base_url + _target(kind, task, account)
        if not self.permits(METHOD, url):
            raise ValueError("That call is not on Shelfside's allow-list.")
        return Call(url=url, headers={"User-Agent": "Cratesync", "Accept": "application/json"})

    def permits(self, method: str, url: str) -> bool:
        return UPSTREAM.allow_list.permits(base_url=self._base_url, method=method, url=url)

    def authorize(self, token: str) -> tuple[str, str]:
        return "Authorization", f"Bearer {token}"

    # --- answers ---

    def read(self, kind: SyncType, task: Task, account: str | None, answer: Answer) -> Outcome:
        match answer.status:
            case 0:
                return unanswered(answer.error, NAME)
            case 200:
                try:
                    return _content(kind, task, account, answer.body)
                except (ValueError, RecursionError):
                    return Transient("wrong_shape", f"The answer does not look like one of {NAME}'s.")
            case 401:
                return TokenRefused()
            case 403:
                return Forbidden(f"This {kind} is locked: open it at {NAME} under “Who may look”.")
            case 404 if isinstance(task, Page):
                return AccountMissing()
            case 410 if isinstance(task, Page):
                # Cursors are forgotten after a while. The scan is then made again from its first page.
                return BeyondTheEnd()
            case 429:
                return Throttled(heard=True)
            case status if status >= 500:
                return Transient("server_error", f"{NAME} had a fault of its own.")
            case status:
                return Refused(f"http_{status}", f"{NAME} answered with status {status}.")

    def rate_limit(self, headers: Mapping[str, str]) -> RateLimit | None:
        limit, left = _count(headers.get("x-quota-limit")), _count(headers.get("x-quota-left"))
        return None if limit is None and left is None else RateLimit(limit=limit, remaining=left)


def _target(kind: SyncType, task: Task, account: str | None) -> str:
    if isinstance(task, Identity):
        return "/me"
    if account is None:
        raise ValueError("This call needs a keeper, and none is known yet.")
    match task:
        case Side(name=name):
            return f"/keepers/{account}/{name}"
        case Page(cursor=cursor):
            # Its lists have one order, oldest first, so the order asked for says nothing here.
            after = "" if cursor is None else f"&after={cursor}"
            return f"/keepers/{account}/{LISTS[kind]}?limit={PAGE_SIZE}{after}"
        case Lookup():
            raise ValueError("Shelfside has no look-ups, and its profile says so.")
        case ReleaseTask():
            raise ValueError(
                "Shelfside tells no more of a release than its lists do, and its profile says so."
            )
    assert_never(task)


def _content(kind: SyncType, task: Task, account: str | None, body: bytes) -> Outcome:
    match task:
        case Identity():
            me = json.decode(body, type=Me)
            return IdentityRead(me.keeper, me.number)
        case Side():
            sent = json.decode(body, type=Rooms)
            if sent.keeper != account:
                return _somebody_elses()
            return SideRead(Folders(tuple(Folder(room.number, room.name) for room in sent.rooms)))
        case Page(number=number, cursor=cursor):
            page = json.decode(body, type=ListPage)
            if page.keeper != account:
                return _somebody_elses()
            if page.next is not None and page.next == cursor:
                return Transient("wrong_page", "The page leads to itself.")
            read = [_record(kind, bytes(entry)) for entry in page.entries]
            return PageRead(
                number=number,
                pages=None,
                items=None,
                records=tuple({record.key: record for record in read}.values()),
                order_shown=False,
                next_cursor=page.next,
            )
        case Lookup():
            return Refused("not_found", "Shelfside has no look-ups.")
        case ReleaseTask():
            return Refused("not_found", "Shelfside has no answer for one release.")
    assert_never(task)


def _record(kind: SyncType, source: bytes) -> Record:
    if kind == "collection":
        copy = json.decode(source, type=Copy)
        return Item(
            instance_id=copy.copy,
            release_id=copy.release.number,
            content=_release(copy.release),
            source_digest=digest_of(source),
            folder_id=copy.room,
            rating=copy.stars,
            date_added=copy.since,
        )
    wish = json.decode(source, type=Wish)
    return Want(
        release_id=wish.release.number,
        content=_release(wish.release),
        source_digest=digest_of(source),
        date_added=wish.since,
        notes=wish.remark,
    )


def _release(sent: Release) -> Content:
    return Content(
        release_id=sent.number,
        title=sent.title,
        year=sent.year,
        artists=tuple(Artist(name=name) for name in sent.by),
        formats=() if sent.medium is None else (Format(name=sent.medium),),
    )


def _somebody_elses() -> Outcome:
    return Transient("wrong_account", f"The answer belongs to another {NAME} account than the one asked for.")


def _count(value: str | None) -> int | None:
    return (
        int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 7 else None
    )
