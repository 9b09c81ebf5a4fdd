"""The short ways to the driver, on both databases alike: rows by column, and statements compiled once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import bindparam, insert, select, update

from cratesync.engine.records import Note
from cratesync.engine.tasks import Order, Page, Side
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.prepared import Prepared, Update
from cratesync.server.store.tables import items, requests, users
from cratesync.server.store.writing import write

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
COPY = "ON CONFLICT (user_id, instance_id) DO UPDATE SET rating = excluded.rating"


@pytest.fixture
async def user_id(database):
    id_ = uuid4()
    async with database.write() as connection:
        row = {"id": id_, "username": "ada", "username_key": "ada", "created_at": NOW, "updated_at": NOW}
        await connection.execute(insert(users).values(row))
    return id_


def copies(user_id: UUID, count: int, **said: object) -> NewRows:
    """So many rows of a table that has every kind of column."""
    numbers = range(count)
    columns = {
        "instance_id": [2**40 + number for number in numbers],
        "release_id": [number % 7 for number in numbers],
        "notes": [(Note(1, f"Für {number} 💿"),) if number % 2 else () for number in numbers],
        "added_at": [NOW - timedelta(seconds=number) if number % 3 else None for number in numbers],
        "content_digest": [number.to_bytes(16, "big") for number in numbers],
        "title_key": [None if number % 5 == 0 else f"o'{number}" for number in numbers],
    }
    shared = {"user_id": user_id, "source_digest": b"\x00\xff", "first_seen_at": NOW, "updated_at": NOW}
    return NewRows(items, columns, {"rating": None, **shared, **said}, on_conflict=COPY)


async def stored(database):
    async with database.read() as connection:
        return (await connection.execute(select(items).order_by(items.c.instance_id))).mappings().all()


@pytest.mark.parametrize("count", [1, 100, 700])
async def test_rows_by_column_are_read_back_as_they_were(database, user_id, count):
    rows = copies(user_id, count)
    async with database.write() as connection:
        await write(connection, rows)

    found = await stored(database)
    assert len(found) == count
    for name, values in rows.columns.items():
        assert [row[name] for row in found] == values
    for name, value in rows.shared.items():
        assert {row[name] for row in found} == {value}


async def test_a_row_that_is_there_is_replaced_as_its_conflict_says(database, user_id):
    async with database.write() as connection:
        await write(connection, copies(user_id, 3))
        await write(connection, copies(user_id, 4, rating=5, source_digest=b"new"))

    found = await stored(database)
    assert [row["rating"] for row in found] == [5] * 4
    assert [row["source_digest"] for row in found] == [b"\x00\xff"] * 3 + [b"new"]


async def test_rows_of_no_table_and_of_none_are_no_statement(database, user_id):
    async with database.write() as connection:
        await write(connection)
        await write(connection, copies(user_id, 0), copies(user_id, 1))

    assert len(await stored(database)) == 1


async def test_what_is_taken_back_was_never_written(database, user_id):
    async def write_and_fail():
        async with database.write() as connection:
            await write(connection, copies(user_id, 2))
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()
    assert await stored(database) == []


class TestPrepared:
    @pytest.fixture
    async def two(self, database, user_id):
        """Two requests with every kind of column."""
        rows = [
            {
                "id": UUID(int=number),
                "user_id": user_id,
                "request_id": f"r{number}",
                "url": "https://api.discogs.com/",
                "headers": {"a": "b"} if number else None,
                "task": Side("value") if number else Page(1, 2, Order.OLDEST),
                "priority": number,
                "due_steady": 0.5 if number else None,
                "created_at": NOW,
                "updated_at": NOW,
            }
            for number in range(2)
        ]
        async with database.write() as connection:
            await connection.execute(insert(requests), rows)

    async def test_finds_what_sqlalchemy_finds(self, database, two, user_id):
        statement = select(requests).where(requests.c.user_id == bindparam("user")).order_by(requests.c.id)
        values = {"user": user_id}
        async with database.write() as connection:
            usual = (await connection.execute(statement, values)).mappings().all()
            ours = await Prepared(statement).rows(connection, values)

        assert len(ours) == 2
        assert [dict(row) for row in ours] == [dict(row) for row in usual]

    async def test_changes_what_it_is_told_to(self, database, two):
        renamed = Prepared(
            update(requests)
            .where(requests.c.id == bindparam("row"), requests.c.status == "pending")
            .values(url=bindparam("to_url"), headers=bindparam("to_headers"), due_steady=None)
        )
        async with database.write() as connection:
            values = {"row": UUID(int=1), "to_url": "'; DROP TABLE users; --", "to_headers": {"c": "d"}}
            await write(connection, Update(renamed, values))

        async with database.read() as connection:
            found = (await connection.execute(select(requests).order_by(requests.c.id))).mappings().all()
        assert [(row["url"], row["headers"], row["due_steady"]) for row in found] == [
            ("https://api.discogs.com/", None, None),
            ("'; DROP TABLE users; --", {"c": "d"}, None),
        ]
