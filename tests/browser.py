"""A page's part: it keeps the cookie, and the access token in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from cratesync.server.accounts.refresh_cookies import NAME
from running_server import PASSWORD, Caller, RunningServer


class Browser:
    """One browser, with a jar of its own."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.token = ""

    @property
    def cookie(self) -> str | None:
        """The refresh cookie that it holds."""
        return self.http.cookies.get(NAME)

    @property
    def caller(self) -> Caller:
        """Calls with the newest access token, and without the cookie: that is sent to `/api/auth` alone."""
        return Caller(self.http, self.token)

    async def register(self, username: str = "anna", **more: object) -> httpx.Response:
        body = {"username": username, "password": PASSWORD} | more
        return self._heard(await self.http.post("/api/auth/register", json=body))

    async def sign_in(self, username: str = "anna", password: str = PASSWORD) -> httpx.Response:
        body = {"username": username, "password": password}
        return self._heard(await self.http.post("/api/auth/login", json=body))

    async def follow(self, code: str, **more: object) -> httpx.Response:
        """Open a one-time link."""
        return self._heard(await self.http.post("/api/auth/link", json={"code": code} | more))

    async def refresh(self) -> httpx.Response:
        return self._heard(await self.http.post("/api/auth/refresh"))

    async def present(self, cookie: str) -> httpx.Response:
        """Refresh with any cookie, and keep nothing of the answer."""
        async with httpx.AsyncClient(base_url=self.http.base_url, timeout=20) as other:
            return await other.post("/api/auth/refresh", headers={"Cookie": f"{NAME}={cookie}"})

    def _heard(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success and answer.content:
            self.token = answer.json()["accessToken"]
        return answer


@asynccontextmanager
async def browser(server: RunningServer, user_agent: str = "Firefox") -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=server.url, timeout=20, headers={"User-Agent": user_agent}) as http:
        yield Browser(http)


def cookie_of(answer: httpx.Response) -> str | None:
    """The cookie that an answer sets; an empty one clears it."""
    return answer.cookies.get(NAME)


def clears_cookie(answer: httpx.Response) -> bool:
    """Whether an answer makes a browser forget its cookie."""
    header = answer.headers.get("Set-Cookie", "")
    return header.startswith(f'{NAME}=""') and "Max-Age=0" in header
