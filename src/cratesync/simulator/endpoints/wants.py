"""The wantlist, read and written."""

from dataclasses import replace

from msgspec import Struct

from cratesync.simulator.answers import Answer, invalid, not_allowed, refused
from cratesync.simulator.pages import asked_by, page_answer, paginate
from cratesync.simulator.world import Shown, Visit, World, visited, visited_by_owner


class WantEdit(Struct):
    notes: str | None = None
    rating: int | None = None


def wants(world: World, visit: Visit) -> Answer:
    """A page of the wantlist. Discogs documents no sort for it: the configuration says what becomes of one."""
    user = visited(world, visit)
    if user.wantlist.private and visit.viewer is not user:
        raise not_allowed()
    asked = asked_by(visit.call)
    if visit.call.parameter("sort") is not None:
        if world.config.wants_sort == "refused":
            raise invalid("Invalid sort.", ["query", "sort"])
        if world.config.wants_sort == "ignored":
            asked = replace(asked, sort="label", descending=False)
    pagination = paginate(visit.call, asked, len(user.wantlist))
    found = user.wantlist.page(
        asked.sort, descending=asked.descending, start=asked.start, count=asked.per_page
    )
    visit.shown = Shown(user, [want.key for want in found], wants=True)
    return page_answer(pagination, "wants", [want.wire() for want in found])


def want(world: World, visit: Visit) -> Answer:
    """Put a release on the list."""
    user = visited_by_owner(world, visit)
    release_id = visit.number("release")
    if not world.catalog.has(release_id):
        raise _not_wanted()
    user.wantlist.add(release_id)
    return _edited(world, visit, 201)


def edit(world: World, visit: Visit) -> Answer:
    return _edited(world, visit, 200)


def unwant(world: World, visit: Visit) -> Answer:
    """Take a release off the list: 204 also where it was not on it."""
    visited_by_owner(world, visit).wantlist.remove(visit.number("release"))
    return Answer(204)


def _edited(world: World, visit: Visit, status: int) -> Answer:
    user = visited_by_owner(world, visit)
    release_id = visit.number("release")
    if user.wantlist.want(release_id) is None:
        raise _not_wanted()
    asked = visit.written(WantEdit)
    if asked.notes is not None:
        user.wantlist.note(release_id, asked.notes)
    if asked.rating is not None:
        user.rate(release_id, asked.rating)
    wanted = user.wantlist.want(release_id)
    return Answer(status, b"" if wanted is None else wanted.wire())


def _not_wanted() -> Exception:
    return refused(404, "That release does not exist in the user's wantlist.")
