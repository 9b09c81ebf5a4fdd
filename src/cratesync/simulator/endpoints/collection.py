"""Reading a collection: folders, items, fields and value. Others than the owner see folder 0, if it is public."""

from cratesync.simulator.answers import Answer, migrated, no_such_folder, not_allowed
from cratesync.simulator.folders import ALL
from cratesync.simulator.items import Item
from cratesync.simulator.pages import asked_by, page_answer, paginate
from cratesync.simulator.users import User
from cratesync.simulator.world import Shown, Visit, World, visited, visited_by_owner


def folders(world: World, visit: Visit) -> Answer:
    user = _viewed(world, visit)
    collection = user.collection
    shown = [collection.folder(folder_id) for folder_id, _ in collection.folders]
    return migrated({"folders": shown if visit.viewer is user else shown[:1]})


def folder(world: World, visit: Visit) -> Answer:
    user = _viewed(world, visit)
    return migrated(user.collection.folder(_folder_id(user, visit)))


def items(world: World, visit: Visit) -> Answer:
    """A page of a folder. Without a sort the order is that of the first label's name."""
    user = _viewed(world, visit)
    folder_id = _folder_id(user, visit)
    asked = asked_by(visit.call)
    pagination = paginate(visit.call, asked, user.collection.size(folder_id))
    found = user.collection.page(
        folder_id, asked.sort, descending=asked.descending, start=asked.start, count=asked.per_page
    )
    visit.shown = Shown(user, [item.key for item in found], wants=False)
    return page_answer(pagination, "releases", _wire(user, visit, found))


def copies(world: World, visit: Visit) -> Answer:
    """All copies of one release; none is an empty page, not a 404."""
    user = _viewed(world, visit)
    found = user.collection.copies_of(visit.number("release"))
    asked = asked_by(visit.call)
    pagination = paginate(visit.call, asked, len(found))
    part = found[asked.start : asked.start + asked.per_page]
    return page_answer(pagination, "releases", _wire(user, visit, part))


def fields(world: World, visit: Visit) -> Answer:
    return migrated({"fields": visited_by_owner(world, visit).collection.fields})


def value(world: World, visit: Visit) -> Answer:
    return migrated(visited_by_owner(world, visit).collection.value)


def _viewed(world: World, visit: Visit) -> User:
    user = visited(world, visit)
    if user.collection.private and visit.viewer is not user:
        raise not_allowed()
    return user


def _folder_id(user: User, visit: Visit) -> int:
    folder_id = visit.number("folder")
    if folder_id != ALL and visit.viewer is not user:
        raise not_allowed()
    if folder_id not in user.collection.folders:
        raise no_such_folder()
    return folder_id


def _wire(user: User, visit: Visit, found: list[Item]) -> list[bytes]:
    owner = visit.viewer is user
    public_fields = user.collection.public_fields()
    return [item.wire(owner=owner, public_fields=public_fields) for item in found]
