"""The seam between the engine and an outside API. A provider builds requests and reads answers; it never sends."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from cratesync.engine.outcomes import Outcome
from cratesync.engine.tasks import Task
from cratesync.protocol.messages import SyncType


class Call(Struct, frozen=True):
    """One HTTP GET, without any credential."""

    url: str
    headers: dict[str, str]


class Answer(Struct, frozen=True):
    """What a client says came back. `headers` have lower-case names; `status` is 0 with an `error` (`code: sentence`)
    where no HTTP answer was seen."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str | None = None


class RateLimit(Struct, frozen=True):
    """What the API said of the quota; any part may be missing."""

    limit: int | None = None
    used: int | None = None
    remaining: int | None = None


class Profile(Struct, frozen=True):
    """What is constant about a provider: its `name` in sentences for people, `calls` in any `window_seconds`, `page_size`
    records a page, and the small things fetched beside the records of a list.

    `lookups` are the lists that can be asked for the copies of one release. `by_cursor` says that each page names the way to
    the next one, and that nothing tells ahead how many there are; `details`, that it can be asked for one release. Headers whose names begin with one of `kept_headers` are
    kept with a request that they answered.
    """

    name: str
    calls: int
    window_seconds: float
    page_size: int
    sides: Mapping[SyncType, tuple[str, ...]]
    lookups: frozenset[SyncType]
    by_cursor: bool = False
    details: bool = False
    kept_headers: tuple[str, ...] = ()


class Provider(Protocol):
    """All we know of one outside API."""

    @property
    def profile(self) -> Profile:
        """Its constants."""

    def build(self, kind: SyncType, task: Task, account: str | None) -> Call:
        """The call for a task. Raises `ValueError` where the task needs an account and there is none."""

    def permits(self, method: str, url: str) -> bool:
        """Whether a call stays within the provider's allow-list."""

    def authorize(self, token: str) -> tuple[str, str]:
        """The header that carries the user's token: name and value. `Authorization`, since that one alone is never stored."""

    def read(self, kind: SyncType, task: Task, account: str | None, answer: Answer) -> Outcome:
        """What the answer means. Never raises, whatever a client sends."""

    def rate_limit(self, headers: Mapping[str, str]) -> RateLimit | None:
        """What the answer's headers say of the quota, or nothing."""
