"""Discogs, as the engine sees it."""

from collections.abc import Mapping

from cratesync import __version__
from cratesync.engine.outcomes import Outcome
from cratesync.engine.provider import Answer, Call, Profile, RateLimit
from cratesync.engine.tasks import Task
from cratesync.protocol.allow_list import METHOD
from cratesync.protocol.messages import SyncType
from cratesync.providers.discogs import requests, responses
from cratesync.providers.discogs.allow_list import ALLOW_LIST, BASE_URL
from cratesync.providers.discogs.headers import rate_limit

# 60 authenticated calls in a moving window of 60 seconds, counted per source IP
# (https://www.discogs.com/developers/#page:home,header:home-rate-limiting).
CALLS = 60
WINDOW_SECONDS = 60.0
# Discogs asks every application for a name of its own (same page, "General Information").
USER_AGENT = f"Cratesync/{__version__}"
# The rate headers, and the mark by which Discogs' network edge knows a call again.
KEPT_HEADERS = ("x-discogs-ratelimit", "cf-ray")


class DiscogsProvider:
    """Builds Discogs' requests and reads its answers; never sends."""

    def __init__(
        self,
        base_url: str = BASE_URL,
        user_agent: str = USER_AGENT,
        calls: int = CALLS,
        window_seconds: float = WINDOW_SECONDS,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": user_agent, "Accept": requests.MEDIA_TYPE}
        self._profile = Profile(
            name="Discogs",
            calls=calls,
            window_seconds=window_seconds,
            page_size=requests.PAGE_SIZE,
            sides=requests.SIDES,
            lookups=requests.LOOKUPS,
            details=True,
            kept_headers=KEPT_HEADERS,
        )

    @property
    def profile(self) -> Profile:
        """Its constants."""
        return self._profile

    def build(self, kind: SyncType, task: Task, account: str | None) -> Call:
        """The call for a task. Raises `ValueError` for what cannot be asked."""
        url = self._base_url + requests.target(kind, task, account)
        if not self.permits(METHOD, url):
            raise ValueError("That call is not on Discogs' allow-list.")
        return Call(url=url, headers=dict(self._headers))

    def permits(self, method: str, url: str) -> bool:
        """Whether a call stays within the allow-list."""
        return ALLOW_LIST.permits(base_url=self._base_url, method=method, url=url)

    def authorize(self, token: str) -> tuple[str, str]:
        """https://www.discogs.com/developers/#page:authentication,header:authentication-discogs-auth-flow"""
        return "Authorization", f"Discogs token={token}"

    def read(self, kind: SyncType, task: Task, account: str | None, answer: Answer) -> Outcome:
        """What the answer means. Never raises."""
        return responses.read(kind, task, account, answer)

    def rate_limit(self, headers: Mapping[str, str]) -> RateLimit | None:
        """What the answer's headers say of the quota, or nothing."""
        return rate_limit(headers)
