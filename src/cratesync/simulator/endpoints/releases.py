"""One release of the database, and what somebody thinks of it."""

from msgspec import Struct

from cratesync.simulator.answers import (
    Answer,
    legacy,
    migrated,
    no_such_release,
    not_authenticated,
    refused,
    server_error,
)
from cratesync.simulator.releases import release_of
from cratesync.simulator.users import User
from cratesync.simulator.world import Visit, World, visited


class RatingGiven(Struct):
    rating: int


def release(world: World, visit: Visit) -> Answer:
    release_id = visit.number("release")
    if not world.catalog.has(release_id):
        raise no_such_release()
    return migrated(release_of(world.catalog.described(release_id), world.catalog.seed))


def rating(world: World, visit: Visit) -> Answer:
    """The rating of one user: 0 where there is none."""
    return _rating(_rater(world, visit), visit.number("release"), 200)


def rate(world: World, visit: Visit) -> Answer:
    user = _owner(world, visit)
    given = visit.written(RatingGiven).rating
    if not 0 <= given <= 5:
        raise refused(422, "Invalid rating: must be from 0 to 5.")
    user.rate(visit.number("release"), given)
    return _rating(user, visit.number("release"), 201)


def unrate(world: World, visit: Visit) -> Answer:
    _owner(world, visit).rate(visit.number("release"), 0)
    return Answer(204)


def unsigned_oauth(_world: World, _visit: Visit) -> Answer:
    """Calls of the OAuth 1.0a dance: unsigned ones break the server, and signed ones are not simulated."""
    return server_error("0" * 32)


def _rater(world: World, visit: Visit) -> User:
    if not world.catalog.has(visit.number("release")):
        raise refused(404, "Release does not exist or may have been deleted.")
    return visited(world, visit)


def _owner(world: World, visit: Visit) -> User:
    user = _rater(world, visit)
    if visit.viewer is not user:
        raise not_authenticated()
    return user


def _rating(user: User, release_id: int, status: int) -> Answer:
    return legacy(
        {"release_id": release_id, "rating": user.rating_of(release_id), "username": user.name}, status
    )
