"""Deleting an account deletes everything of it, in whatever table, and nothing of others."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, MetaData, Table, Text, insert, text
from sqlalchemy.types import BigInteger, Boolean, Float, Integer, LargeBinary, Uuid

from cratesync.server.clock import HandClock
from cratesync.server.store import contents
from cratesync.server.store.columns import Encoded, Instant
from cratesync.server.store.contents import UNREFERENCED_KEPT, Part
from cratesync.server.store.tables import metadata
from running_server import PASSWORD

# What the tables hold that is nobody's: releases as Discogs describes them, swept when nobody refers to them any more.
# A new table belongs in here only if no row of it tells anything of a person.
SHARED = {"release_contents"}

ANNA, BERTA = "canary-anna", "canary-berta"
NUMBERS = {ANNA: 7_310_001, BERTA: 7_320_001}


@pytest.fixture
def clock():
    return HandClock()


def owner_columns(table: Table) -> list[Column]:
    """The columns by which a row ends with its user."""
    return [
        column
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "users" and key.ondelete == "CASCADE"
    ]


def tables_of_users() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in SHARED and table.name != "users"]


@pytest.mark.parametrize("table", tables_of_users(), ids=lambda table: table.name)
def test_every_row_ends_with_its_user(table):
    assert [column.name for column in owner_columns(table)] == ["user_id"], (
        f"{table.name} has no user_id that cascades, and is not in SHARED."
    )


class Filler:
    """Rows for one user, in every table, every column filled with something that can be found again."""

    def __init__(self, user_id: UUID, canary: str, clock: HandClock) -> None:
        self._user_id = user_id
        self._canary = canary
        self._clock = clock
        self._ids: dict[str, object] = {}

    def rows(self) -> Iterator[tuple[Table, dict[str, object]]]:
        for table in metadata.sorted_tables:
            if table.name == "users":
                continue
            row = {column.name: self._value(table, column) for column in table.columns}
            self._ids[table.name] = row.get("id")
            yield table, row

    def _value(self, table: Table, column: Column) -> object:
        for key in column.foreign_keys:
            parent = key.column.table.name
            return self._user_id if parent == "users" else self._ids[parent]
        match column.type:
            case Instant() if column.name == "unreferenced_at":
                return None  # what is filled in here refers to it
            case Instant():
                now = self._clock.now()
                return now + timedelta(days=365) if column.name == "expires_at" else now
            case Uuid():
                return uuid4()
            case LargeBinary():
                return self._canary.encode()  # the same everywhere: a digest refers to a release
            case Boolean():
                return False
            case Float():
                return float(NUMBERS[self._canary])
            case BigInteger() | Integer():
                return NUMBERS[self._canary]
            case _:
                return f"{self._canary} {table.name} {column.name}"


def raw(table: Table) -> Table:
    """The table as the database sees it, where an encoded column is text."""
    columns = (
        Column(column.name, Text() if isinstance(column.type, Encoded) else column.type)
        for column in table.columns
    )
    return Table(table.name, MetaData(), *columns)


async def everything(database) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found = {}
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608 - our own names
            found[table.name] = [str(tuple(row)) for row in rows]
    return found


async def fill(server, user_id: UUID, canary: str) -> None:
    async with server.server.database.write() as connection:
        for table, row in Filler(user_id, canary, server.server.clock).rows():
            if table.primary_key.columns.keys() == ["user_id"]:
                await connection.execute(table.delete().where(table.c.user_id == user_id))
            await connection.execute(insert(raw(table)).values(row))
        users = metadata.tables["users"]
        marked = {
            column.name: f"{canary} {column.name}"
            for column in users.columns
            if isinstance(column.type, Text)
            and column.name not in {"username", "username_key", "password_hash"}
        }
        await connection.execute(users.update().where(users.c.id == user_id).values(marked))


async def test_no_row_and_no_byte_of_a_deleted_account_is_left(server, clock):
    callers = {name: await server.register(name) for name in (ANNA, BERTA)}
    ids = {name: UUID((await caller.get("/api/users/me")).json()["id"]) for name, caller in callers.items()}
    for name in (ANNA, BERTA):
        await fill(server, ids[name], name)
    before = await everything(server.server.database)
    for name, rows in before.items():
        for canary in (ANNA, BERTA):
            assert traces(rows, canary, ids[canary]), f"The test put nothing of {canary} into {name}."

    answer = await callers[ANNA].delete("/api/users/me", {"password": PASSWORD})
    await server.server.syncing.reaper.clean()
    await sweep(server, clock)
    clock.advance(UNREFERENCED_KEPT.total_seconds() + 1)
    await sweep(server, clock)
    after = await everything(server.server.database)

    assert answer.status_code == 204
    for name, rows in after.items():
        assert traces(rows, ANNA, ids[ANNA]) == [], name
    for name in after:
        assert traces(after[name], BERTA, ids[BERTA]) == traces(before[name], BERTA, ids[BERTA]), name


async def sweep(server, clock) -> None:
    async with server.server.database.write() as connection:
        await contents.sweep(connection, Part(), now=clock.now(), at_most=100)


def traces(rows: list[str], canary: str, user_id: UUID) -> list[str]:
    marks = (canary, str(NUMBERS[canary]), str(user_id), user_id.hex)
    return [row for row in rows if any(mark in row for mark in marks)]
