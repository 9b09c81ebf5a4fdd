"""How collections are fetched today: a library's paging, a loop that waits between its calls, a server that fetches for everybody.

In a window that is shorter than Discogs' by a `scale`, all of their waits are shorter by it too.
"""

import asyncio
import random
import time

import discogs_client
import httpx
from discogs_client import utils

PAGE_SIZE = 100
CALM_SECONDS = 1.2  # https://www.discogs.com/developers: 60 a minute, and a little less
WORKERS = 10


def by_the_library(url: str, token: str, items: int, scale: float) -> float:
    """python3-discogs-client as its documentation pages: fifty items a page, and its own waits after a throttled call."""
    utils.sleep = lambda seconds: time.sleep(seconds * scale)
    client = discogs_client.Client("bench/1.0", user_token=token)
    client._base_url = url
    began = time.monotonic()
    found = sum(1 for _ in client.identity().collection_folders[0].releases)
    assert found == items, found
    return time.monotonic() - began


def by_a_calm_loop(url: str, name: str, token: str, items: int, scale: float) -> float:
    """One call every 1.2 seconds, a hundred items a page."""
    began, found, page = time.monotonic(), 0, 1
    with httpx.Client(base_url=url, headers={"Authorization": f"Discogs token={token}"}) as http:
        while True:
            answer = http.get(_page(name, page))
            if answer.status_code != 429:
                answer.raise_for_status()
                said = answer.json()
                found += len(said["releases"])
                if page == said["pagination"]["pages"]:
                    break
                page += 1
            time.sleep(CALM_SECONDS * scale)
    assert found == items, found
    return time.monotonic() - began


def by_one_server(url: str, people: dict[str, str], items: int, scale: float) -> float:
    """For everybody (by name, with their token) from one address: ten at a time, with doubling waits after a throttled call."""
    return asyncio.run(_by_one_server(url, people, items, scale))


async def _by_one_server(url: str, people: dict[str, str], items: int, scale: float) -> float:
    began = time.monotonic()
    waiting = iter(people.items())
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def work() -> None:
            for name, token in waiting:
                assert await _everything(http, name, token, scale) == items

        await asyncio.gather(*(work() for _ in range(WORKERS)))
    return time.monotonic() - began


async def _everything(http: httpx.AsyncClient, name: str, token: str, scale: float) -> int:
    found, page, failures = 0, 1, 0
    while True:
        answer = await http.get(_page(name, page), headers={"Authorization": f"Discogs token={token}"})
        if answer.status_code == 429:
            failures += 1
            await asyncio.sleep(min(60.0, 2.0**failures) * scale * random.uniform(0.5, 1.0))
            continue
        answer.raise_for_status()
        said, failures = answer.json(), 0
        found += len(said["releases"])
        if page == said["pagination"]["pages"]:
            return found
        page += 1


def _page(name: str, page: int) -> str:
    return f"/users/{name}/collection/folders/0/releases?per_page={PAGE_SIZE}&page={page}"
