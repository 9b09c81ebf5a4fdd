"""Everything an endpoint can see: who there is and what there is, and the visit that asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from cratesync.simulator.answers import invalid, no_such_user, not_allowed
from cratesync.simulator.call import Call
from cratesync.simulator.catalog import Catalog
from cratesync.simulator.config import SimulatorConfig
from cratesync.simulator.users import User, Users

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class World:
    config: SimulatorConfig
    catalog: Catalog
    users: Users


@dataclass(frozen=True, slots=True)
class Shown:
    """The entries of a page: what drift in mid-scan takes one from."""

    user: User
    keys: Sequence[int]
    wants: bool


@dataclass(slots=True)
class Visit:
    """One call at one endpoint. `parts` are the names and numbers in its path."""

    call: Call
    parts: dict[str, str]
    viewer: User | None
    body: bytes = field(default=b"", repr=False)
    shown: Shown | None = None

    def number(self, name: str) -> int:
        return int(self.parts[name])

    def written(self, shape: type[Shape]) -> Shape:
        """The body of a write. An empty one means that nothing was said."""
        try:
            return msgspec.json.decode(self.body or b"{}", type=shape)
        except msgspec.DecodeError as error:
            raise invalid(str(error), ["body"]) from None


def visited(world: World, visit: Visit) -> User:
    """The user in the path."""
    user = world.users.named(visit.parts["user"])
    if user is None:
        raise no_such_user()
    return user


def visited_by_owner(world: World, visit: Visit) -> User:
    """The user in the path, who has to be the one who calls."""
    user = visited(world, visit)
    if visit.viewer is not user:
        raise not_allowed()
    return user
