"""What lies beside the records of a collection: folders, custom fields, the value."""

from collections.abc import Sequence
from datetime import datetime

from litestar import get
from litestar.di import NamedDependency

from cratesync.server.accounts.auth import Identity
from cratesync.server.api.mirror import TAGS
from cratesync.server.bodies import Shape
from cratesync.server.guards import requires
from cratesync.server.store import sides
from cratesync.server.store.database import Database

VALUES_MAX = 1000


class FolderShape(Shape, frozen=True, kw_only=True):
    """A folder; names are not unique."""

    id: int
    name: str
    count: int | None


class Folders(Shape, frozen=True, kw_only=True):
    """All folders."""

    folders: Sequence[FolderShape]


class FieldShape(Shape, frozen=True, kw_only=True):
    """A custom field."""

    id: int
    name: str
    type: str
    position: int | None
    public: bool | None
    options: tuple[str, ...] | None
    lines: int | None


class Fields(Shape, frozen=True, kw_only=True):
    """All custom fields."""

    fields: Sequence[FieldShape]


class ValueShape(Shape, frozen=True, kw_only=True):
    """What the collection would have fetched, as text in the account's currency."""

    recorded_at: datetime
    minimum: str | None
    median: str | None
    maximum: str | None


class Values(Shape, frozen=True, kw_only=True):
    """The newest value, null before the first, and all that differed from the one before, newest first."""

    value: ValueShape | None
    history: Sequence[ValueShape]


@get("/api/collection/folders", guards=[requires("read")], tags=TAGS, summary="The folders")
async def get_folders(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> Folders:
    """In the order in which Discogs shows them; folder 0 is all of the collection."""
    async with database.read() as connection:
        found = await sides.list_folders(connection, identity.user_id)
    return Folders(folders=[FolderShape(id=each.id, name=each.name, count=each.count) for each in found])


@get("/api/collection/fields", guards=[requires("read")], tags=TAGS, summary="The custom fields")
async def get_fields(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> Fields:
    """In the order in which Discogs sent them."""
    async with database.read() as connection:
        found = await sides.list_fields(connection, identity.user_id)
    return Fields(
        fields=[
            FieldShape(
                id=each.id,
                name=each.name,
                type=each.type,
                position=each.position,
                public=each.public,
                options=each.options,
                lines=each.lines,
            )
            for each in found
        ]
    )


@get("/api/collection/value", guards=[requires("read")], tags=TAGS, summary="What the collection would fetch")
async def get_value(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> Values:
    """The newest value and its history."""
    async with database.read() as connection:
        found = await sides.value_history(connection, identity.user_id, limit=VALUES_MAX)
    history = [
        ValueShape(
            recorded_at=each.recorded_at,
            minimum=each.value.minimum,
            median=each.value.median,
            maximum=each.value.maximum,
        )
        for each in found
    ]
    return Values(value=history[0] if history else None, history=history)
