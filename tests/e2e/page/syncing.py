"""A sync as the server and Discogs see it, while the page carries it out."""

from collections import Counter

from e2e.page.visiting import TOKEN
from e2e.processes import World, eventually


def save_a_token(world: World) -> None:
    """By the API: the check of it is the first call that the page makes."""
    saved = world.call("PUT", "/api/users/discogs-token", json={"discogsToken": TOKEN})
    assert saved["tokenValid"] is True


def start_a_sync(world: World) -> None:
    """A full one of the collection, started by another program of the user."""
    world.call("POST", "/api/discogs/syncCollection", json={"syncType": "collection", "fullSync": True})


def sync(world: World) -> dict:
    """How the newest sync stands."""
    newest = world.call("GET", "/api/discogs/syncs")["items"][0]
    return world.call("GET", f"/api/discogs/syncStatus/{newest['sessionId']}")


def has_answers(world: World, count: int) -> None:
    eventually(lambda: sync(world)["completedRequests"] >= count, what=f"{count} answers")


def completes(world: World, added: int) -> None:
    active = ("initiated", "in_progress", "paused")
    eventually(lambda: sync(world)["status"] not in active, seconds=60, what="the end of the sync")
    assert sync(world)["status"] == "completed"
    assert sync(world)["summary"]["added"] == added


def calls(world: World) -> list[dict]:
    """What Discogs was asked, preflights apart."""
    return [call for call in world.journal() if call["method"] == "GET"]


def answered_twice(world: World) -> set[str]:
    """The paths that Discogs answered more than once. The newest page is looked at before a scan and after it."""
    served = Counter(call["path"] for call in calls(world) if call["status"] == 200)
    return {path for path, times in served.items() if times > 1 and "sort_order=desc" not in path}
