"""What lies beside the records: folders, custom fields, the value, and when a mirror was last right."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.engine.records import CustomField, CustomFields, Folder, Folders, SideRecord, Value
from cratesync.engine.schedule import Due
from cratesync.protocol.messages import SyncType
from cratesync.server.store.tables import custom_fields, folders, mirrors, values
from cratesync.server.store.upserts import upsert


class Mirror(Struct, frozen=True):
    """`checked_at`: any completed sync; `verified_at`: a full scan that proved it right; `full_at`: every page read;
    `due`: when the schedule wants the next."""

    kind: SyncType
    checked_at: datetime | None = None
    verified_at: datetime | None = None
    full_at: datetime | None = None
    due: Due = Due()


class ValueRecord(Struct, frozen=True):
    """What the collection would have fetched at a time."""

    recorded_at: datetime
    value: Value


async def store(connection: AsyncConnection, user_id: UUID, record: SideRecord, *, now: datetime) -> None:
    """Keep what came, where it is not what is kept already. A value is kept beside the earlier ones."""
    match record:
        case Folders(folders=found) if list(found) == await list_folders(connection, user_id):
            pass
        case CustomFields(fields=found) if list(found) == await list_fields(connection, user_id):
            pass
        case Folders(folders=found):
            rows: list[dict[str, object]] = [
                {
                    "user_id": user_id,
                    "folder_id": folder.id,
                    "position": place,
                    "name": folder.name,
                    "count": folder.count,
                }
                for place, folder in enumerate(found)
            ]
            await _replace(connection, user_id, folders, rows)
        case CustomFields(fields=found):
            rows = [
                {
                    "user_id": user_id,
                    "field_id": field.id,
                    "place": place,
                    "name": field.name,
                    "type": field.type,
                    "position": field.position,
                    "public": field.public,
                    "options": field.options,
                    "lines": field.lines,
                }
                for place, field in enumerate(found)
            ]
            await _replace(connection, user_id, custom_fields, rows)
        case Value():
            newest = await value_history(connection, user_id, limit=1)
            if not newest or newest[0].value != record:
                await connection.execute(
                    insert(values).values(
                        user_id=user_id,
                        recorded_at=now,
                        minimum=record.minimum,
                        median=record.median,
                        maximum=record.maximum,
                    )
                )


async def list_folders(connection: AsyncConnection, user_id: UUID) -> list[Folder]:
    """The folders, in the order in which the source shows them."""
    query = select(folders).where(folders.c.user_id == user_id).order_by(folders.c.position)
    return [
        Folder(id=row["folder_id"], name=row["name"], count=row["count"])
        for row in (await connection.execute(query)).mappings()
    ]


async def list_fields(connection: AsyncConnection, user_id: UUID) -> list[CustomField]:
    """The custom fields, in the order in which the source sent them."""
    query = select(custom_fields).where(custom_fields.c.user_id == user_id).order_by(custom_fields.c.place)
    return [
        CustomField(
            id=row["field_id"],
            name=row["name"],
            type=row["type"],
            position=row["position"],
            public=row["public"],
            options=row["options"],
            lines=row["lines"],
        )
        for row in (await connection.execute(query)).mappings()
    ]


async def value_history(connection: AsyncConnection, user_id: UUID, *, limit: int) -> list[ValueRecord]:
    """What the collection was worth, newest first."""
    query = (
        select(values).where(values.c.user_id == user_id).order_by(values.c.recorded_at.desc()).limit(limit)
    )
    return [
        ValueRecord(row["recorded_at"], Value(row["minimum"], row["median"], row["maximum"]))
        for row in (await connection.execute(query)).mappings()
    ]


async def stamp(
    connection: AsyncConnection, user_id: UUID, kind: SyncType, *, full: bool, verified: bool, now: datetime
) -> None:
    """A sync completed: the mirror was checked, perhaps read whole, perhaps proved right."""
    stamps: dict[str, object] = {"checked_at": now}
    if full:
        stamps["full_at"] = now
    if full and verified:
        stamps["verified_at"] = now
    statement = upsert(connection, mirrors).values(user_id=user_id, kind=kind, **stamps)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "kind"], set_={name: statement.excluded[name] for name in stamps}
        )
    )


async def mirror(connection: AsyncConnection, user_id: UUID, kind: SyncType) -> Mirror:
    """When a list's mirror was last right; all empty where it never was."""
    query = select(mirrors).where(mirrors.c.user_id == user_id, mirrors.c.kind == kind)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        return Mirror(kind)
    due = Due(row["due_at"], row["try_at"], row["failures"])
    return Mirror(kind, row["checked_at"], row["verified_at"], row["full_at"], due)


async def _replace(
    connection: AsyncConnection, user_id: UUID, table: Table, rows: list[dict[str, object]]
) -> None:
    await connection.execute(delete(table).where(table.c.user_id == user_id))
    if rows:
        await connection.execute(insert(table), rows)
