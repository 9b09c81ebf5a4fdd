"""Writing to a collection: folders, copies, ratings and notes. Only the owner may.

Statuses and sentences: recordings of damidhagor/DiscogsApiClient, May to August 2026.
"""

from msgspec import Struct, json

from cratesync.simulator.answers import (
    Answer,
    invalid,
    migrated,
    no_such_folder,
    no_such_item,
    no_such_release,
    refused,
)
from cratesync.simulator.fields import accepts
from cratesync.simulator.folders import ALL, UNCATEGORIZED
from cratesync.simulator.items import Item
from cratesync.simulator.records import BASE
from cratesync.simulator.users import User
from cratesync.simulator.world import Visit, World, visited_by_owner

_NO_FOLDER = "Invalid folder_id: folder does not exist."
_NO_FETCH = "HTTP fetch failed from 'collection': 400: Bad Request"


class FolderName(Struct):
    name: str


class ItemEdit(Struct):
    rating: int | None = None
    folder_id: int | None = None


class FieldText(Struct):
    value: str


def create_folder(world: World, visit: Visit) -> Answer:
    collection = visited_by_owner(world, visit).collection
    folder_id = collection.folders.add(visit.written(FolderName).name)
    return migrated(collection.folder(folder_id), 201)


def rename_folder(world: World, visit: Visit) -> Answer:
    user = visited_by_owner(world, visit)
    folder_id = _own_folder(user, visit)
    user.collection.folders.rename(folder_id, visit.written(FolderName).name)
    return migrated(user.collection.folder(folder_id))


def delete_folder(world: World, visit: Visit) -> Answer:
    user = visited_by_owner(world, visit)
    folder_id = _own_folder(user, visit)
    if user.collection.size(folder_id):
        # The documentation asks for an empty folder; what is answered otherwise was never recorded.
        raise refused(422, "The folder is not empty.")
    user.collection.folders.remove(folder_id)
    return Answer(204)


def add_copy(world: World, visit: Visit) -> Answer:
    """Each call adds one more copy."""
    user = visited_by_owner(world, visit)
    folder_id, release_id = visit.number("folder"), visit.number("release")
    if folder_id == ALL or folder_id not in user.collection.folders:
        raise no_such_folder()
    if not world.catalog.has(release_id):
        raise no_such_release()
    item = user.collection.add(release_id, folder_id)
    return Answer(201, _added(user, item))


def edit_copy(world: World, visit: Visit) -> Answer:
    user = visited_by_owner(world, visit)
    item = _item(user, visit)
    asked = visit.written(ItemEdit)
    if asked.folder_id is not None and (
        asked.folder_id == ALL or asked.folder_id not in user.collection.folders
    ):
        raise refused(422, _NO_FOLDER)
    if asked.rating is not None and not 0 <= asked.rating <= 5:
        raise invalid("Invalid rating: must be from 0 to 5.", ["body", "rating"])
    if asked.folder_id is not None:
        user.collection.move(item.instance_id, asked.folder_id)
    if asked.rating is not None:
        user.rate(item.release_id, asked.rating)
    return Answer(204)


def delete_copy(world: World, visit: Visit) -> Answer:
    user = visited_by_owner(world, visit)
    user.collection.remove(_item(user, visit).instance_id)
    return Answer(204)


def write_field(world: World, visit: Visit) -> Answer:
    user = visited_by_owner(world, visit)
    if visit.number("folder") not in user.collection.folders:
        raise invalid(_NO_FOLDER, ["path", "folder_id"])
    item = user.collection.item(visit.number("instance"))
    if item is None or item.release_id != visit.number("release"):
        raise refused(404, "Release not found in user's collection.")
    field = next((field for field in user.collection.fields if field.id == visit.number("field")), None)
    text = visit.written(FieldText).value
    if field is None or not accepts(field, text):
        raise invalid(_NO_FETCH, ["body", "value"])
    user.collection.note(item.instance_id, field.id, text)
    return Answer(204)


def _own_folder(user: User, visit: Visit) -> int:
    folder_id = visit.number("folder")
    if folder_id in (ALL, UNCATEGORIZED) or folder_id not in user.collection.folders:
        raise no_such_folder()
    return folder_id


def _item(user: User, visit: Visit) -> Item:
    item = user.collection.item(visit.number("instance"))
    wanted = (visit.number("release"), visit.number("folder"))
    if item is None or (item.release_id, item.folder_id) != wanted:
        raise no_such_item()
    return item


def _added(user: User, item: Item) -> bytes:
    """The new copy as its own answer has it: keys by the alphabet, no genres, no styles."""
    basic = item.basic
    shown = {
        name: getattr(basic, name)
        for name in sorted(basic.__struct_fields__)
        if name not in ("genres", "styles")
    }
    address = f"{BASE}/users/{user.name}/collection/folders/{item.folder_id}/releases/{item.release_id}"
    return json.encode(
        {
            "basic_information": shown,
            "date_added": item.date_added,
            "folder_id": item.folder_id,
            "id": item.release_id,
            "instance_id": item.instance_id,
            "rating": item.rating,
            "resource_url": f"{address}/instances/{item.instance_id}",
        }
    )
