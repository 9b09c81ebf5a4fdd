"""Every address there is, which of the two backends answers it, and what methods it allows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cratesync.simulator.answers import Answer, Backend
from cratesync.simulator.endpoints import collection, people, releases, shelving, wants
from cratesync.simulator.headers import MIGRATED_METHODS, READ_METHODS
from cratesync.simulator.world import Visit, World

Endpoint = Callable[[World, Visit], Answer]


@dataclass(frozen=True)
class Route:
    pattern: re.Pattern[str]
    backend: Backend
    endpoints: Mapping[str, Endpoint]
    allow_methods: str
    """As the header Access-Control-Allow-Methods lists them, which is not always what is answered."""
    preflight_status: int = 204

    @property
    def paged(self) -> bool:
        """Whether it lists items or wants, which drift can strike."""
        return self.endpoints.get("GET") in (collection.items, wants.wants)


def route_for(path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a path with the names and numbers in it. A trailing slash makes another, unknown path."""
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found:
            return route, found.groupdict()
    return None


def _legacy(path: str, allow_methods: str = READ_METHODS, **endpoints: Endpoint) -> Route:
    return Route(_pattern(path), Backend.LEGACY, _by_method(endpoints), allow_methods)


def _oauth(path: str, **endpoints: Endpoint) -> Route:
    """No page can sign in by OAuth: the preflight of these is answered 500."""
    return Route(_pattern(path), Backend.LEGACY, _by_method(endpoints), "HEAD, OPTIONS", preflight_status=500)


def _migrated(path: str, **endpoints: Endpoint) -> Route:
    return Route(_pattern(path), Backend.MIGRATED, _by_method(endpoints), MIGRATED_METHODS)


def _pattern(path: str) -> re.Pattern[str]:
    """`{user}` is a name, every other part in braces a number."""
    named = path.replace("{user}", "(?P<user>[^/]+)")
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>\\d{1,19})", named))


def _by_method(endpoints: Mapping[str, Endpoint]) -> dict[str, Endpoint]:
    return {method.upper(): endpoint for method, endpoint in endpoints.items()}


_COLLECTION = "/users/{user}/collection"
_FOLDER = _COLLECTION + "/folders/{folder}"
_INSTANCE = _FOLDER + "/releases/{release}/instances/{instance}"

ROUTES = (
    _legacy("/oauth/identity", get=people.identity),
    _oauth("/oauth/request_token", get=releases.unsigned_oauth),
    _oauth("/oauth/access_token", post=releases.unsigned_oauth),
    _legacy("/users/{user}", "HEAD,OPTIONS,GET,OPTIONS,PATCH,POST", get=people.profile),
    _migrated(_COLLECTION + "/folders", get=collection.folders, post=shelving.create_folder),
    _migrated(_FOLDER, get=collection.folder, post=shelving.rename_folder, delete=shelving.delete_folder),
    _migrated(_FOLDER + "/releases", get=collection.items),
    _migrated(_FOLDER + "/releases/{release}", post=shelving.add_copy),
    _migrated(_INSTANCE, post=shelving.edit_copy, delete=shelving.delete_copy),
    _migrated(_INSTANCE + "/fields/{field}", post=shelving.write_field),
    _migrated(_COLLECTION + "/releases/{release}", get=collection.copies),
    _migrated(_COLLECTION + "/fields", get=collection.fields),
    _migrated(_COLLECTION + "/value", get=collection.value),
    _migrated("/users/{user}/wants", get=wants.wants),
    _migrated("/users/{user}/wants/{release}", put=wants.want, post=wants.edit, delete=wants.unwant),
    _migrated("/releases/{release}", get=releases.release),
    _legacy(
        "/releases/{release}/rating/{user}",
        "HEAD,OPTIONS,DELETE,GET,OPTIONS,PUT",
        get=releases.rating,
        put=releases.rate,
        delete=releases.unrate,
    ),
)
