"""The limit: the same rows as an answer of ours leaves behind, made beforehand, written by the fastest plain way, and nothing else.

SQLite: the standard driver, one thread, up to 16 answers in a transaction. PostgreSQL: asyncpg, one statement an answer, whose parts
read from `unnest`, on several connections at a time. Rows are made between the batches, while no time is counted.
"""

import asyncio
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from uuid import UUID

import asyncpg
from sqlalchemy.engine import URL

from cratesync.server.store.database import WRITER_CACHE_KIBIBYTES
from rig import usage
from rig.captured import Answer, Captured, Person, Row, capture

PEOPLE_AT_ONCE = 50
BATCH = 200
GROUP = 16
CONNECTIONS = 12
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    f"cache_size = -{WRITER_CACHE_KIBIBYTES}",
)
_UPDATED = (
    ("answered", "discogs_api_requests", "id"),
    ("leaving", "discogs_api_requests", "id"),
    ("sync", "discogs_collection_syncs", "id"),
    ("ledger", "discogs_sync", "user_id"),
)

Prepare = Callable[[list[Person]], None]
Types = dict[tuple[str, str], str]


class Count:
    """How many answers were written in how much time; the first batch warms up, and does not count."""

    def __init__(self, seconds: float, database_pid: int = 0) -> None:
        self._seconds = seconds
        self._database_pid = database_pid
        self._answers = 0
        self._spent = [0.0, 0.0, 0.0]
        self._warm = False

    @property
    def is_over(self) -> bool:
        """Whether there was enough of it."""
        return self._spent[0] >= self._seconds

    @contextmanager
    def counted(self, answers: int) -> Iterator[None]:
        """These answers are written meanwhile."""
        before = self._now()
        yield
        if self._warm:
            self._answers += answers
            self._spent = [
                spent + after - start
                for spent, after, start in zip(self._spent, self._now(), before, strict=True)
            ]
        self._warm = True

    def figures(self) -> dict[str, float]:
        """What is told of it."""
        wall, ours, database = self._spent
        return {
            "answers_per_second": self._answers / wall,
            "pages_per_second": self._answers / wall,
            "cpu_ms": (ours + database) / self._answers * 1000,
            "server_cpu_ms": ours / self._answers * 1000,
            "database_cpu_ms": database / self._answers * 1000,
        }

    def _now(self) -> tuple[float, float, float]:
        database = usage.family_cpu_seconds(self._database_pid) if self._database_pid else 0.0
        return time.monotonic(), time.process_time(), database


# --- SQLite ---


async def on_sqlite(written: URL, copy: URL, seconds: float) -> dict[str, float]:
    """`written` is a database that our server left in the midst of syncs; the rows go into `copy`."""
    with closing(_open(written)) as source:
        source.row_factory = sqlite3.Row

        async def query(statement: str) -> Sequence[sqlite3.Row]:
            return source.execute(statement).fetchall()

        captured = await capture(query, words="rowid, digest, words")
    count = Count(seconds)
    with closing(_open(copy)) as connection:
        for people in _groups_of_people(captured, lambda made: made.hex):
            for person in people:
                _add(connection, "discogs_collection_syncs", [person.sync])
                _add(connection, "discogs_api_requests", person.first_requests)
            for batch in _batches(people):
                groups = [batch[start : start + GROUP] for start in range(0, len(batch), GROUP)]
                work = [list(_sqlite_work(group)) for group in groups]
                with count.counted(len(batch)):
                    writer = threading.Thread(target=_write, args=(connection, work))
                    writer.start()
                    writer.join()
                if count.is_over:
                    return count.figures()
    raise RuntimeError("There were too few people to write for.")


def _open(url: URL) -> sqlite3.Connection:
    assert url.database is not None
    connection = sqlite3.connect(url.database, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _add(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    connection.executemany(_insert(table, rows[0]), [tuple(row.values()) for row in rows])


def _insert(table: str, row: Row) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608 - our own names


def _sqlite_work(group: Sequence[Answer]) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """One transaction: statements, and the values that each runs with."""
    for table in group[0].added:
        rows = [row for answer in group for row in answer.added[table]]
        yield _insert(table, rows[0]), [tuple(row.values()) for row in rows]
    for what, table, key in _UPDATED:
        values: list[Row] = [getattr(answer, what) for answer in group]
        names = [name for name in values[0] if name != key]
        yield (
            f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)} WHERE {key} = ?",  # noqa: S608 - same
            [(*(row[name] for name in names), row[key]) for row in values],
        )


def _write(connection: sqlite3.Connection, work: list[list[tuple[str, list[tuple[object, ...]]]]]) -> None:
    for transaction in work:
        connection.execute("BEGIN IMMEDIATE")
        for statement, values in transaction:
            connection.executemany(statement, values)
        connection.execute("COMMIT")


# --- PostgreSQL ---


async def on_postgresql(written: URL, copy: URL, seconds: float, database_pid: int) -> dict[str, float]:
    """The same on PostgreSQL, whose server's process is named so that its time is counted."""
    source = await asyncpg.connect(_plain(written))
    captured = await capture(source.fetch, words="digest, words::text AS words")
    types = await _types(source)
    await source.close()
    count = Count(seconds, database_pid)
    async with asyncpg.create_pool(_plain(copy), min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        for people in _groups_of_people(captured, lambda made: made):
            for person in people:
                await _store(pool, types, "discogs_collection_syncs", [person.sync])
                await _store(pool, types, "discogs_api_requests", person.first_requests)
            for batch in _batches(people):
                statement = _statement(batch[0], types)
                waiting = iter([_arguments(answer) for answer in batch])
                with count.counted(len(batch)):
                    await asyncio.gather(*(_execute(pool, statement, waiting) for _ in range(CONNECTIONS)))
                if count.is_over:
                    return count.figures()
    raise RuntimeError("There were too few people to write for.")


async def _types(connection: asyncpg.Connection) -> Types:
    query = "SELECT table_name, column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public'"
    return {(row[0], row[1]): row[2] for row in await connection.fetch(query)}


async def _store(pool: asyncpg.Pool, types: Types, table: str, rows: Sequence[Row]) -> None:
    numbers = itertools.count(1)
    await pool.execute(_insert_unnested(table, rows[0], types, numbers), *_columns(rows))


def _insert_unnested(table: str, row: Row, types: Types, numbers: Iterator[int]) -> str:
    """From one array a column. A text search vector travels as text."""
    kinds = [types[table, name] for name in row]
    arrays = ", ".join(f"${next(numbers)}::{_sent_as(kind)}[]" for kind in kinds)
    read = ", ".join(
        f"c{place}::{kind}" if _sent_as(kind) != kind else f"c{place}" for place, kind in enumerate(kinds)
    )
    named = ", ".join(f"c{place}" for place in range(len(kinds)))
    return f"INSERT INTO {table} ({', '.join(row)}) SELECT {read} FROM unnest({arrays}) AS rows({named})"  # noqa: S608 - same


def _sent_as(kind: str) -> str:
    return "text" if kind == "tsvector" else kind


def _statement(answer: Answer, types: Types) -> str:
    """All that an answer writes, at once."""
    numbers = itertools.count(1)
    parts = [_insert_unnested(table, rows[0], types, numbers) for table, rows in answer.added.items()]
    for what, table, key in _UPDATED:
        names = [name for name in getattr(answer, what) if name != key]
        sets = ", ".join(f"{name} = ${next(numbers)}::{types[table, name]}" for name in names)
        parts.append(f"UPDATE {table} SET {sets} WHERE {key} = ${next(numbers)}::{types[table, key]}")  # noqa: S608 - same
    named = ", ".join(f"w{place} AS ({part})" for place, part in enumerate(parts[:-1]))
    return f"WITH {named} {parts[-1]}"


def _arguments(answer: Answer) -> list[object]:
    """The values of such a statement."""
    made: list[object] = []
    for rows in answer.added.values():
        made += _columns(rows)
    for what, _table, key in _UPDATED:
        row: Row = getattr(answer, what)
        made += [value for name, value in row.items() if name != key]
        made.append(row[key])
    return made


def _columns(rows: Sequence[Row]) -> list[object]:
    return [list(column) for column in zip(*(row.values() for row in rows), strict=True)]


async def _execute(pool: asyncpg.Pool, statement: str, waiting: Iterator[list[object]]) -> None:
    async with pool.acquire() as connection:
        for arguments in waiting:
            await connection.execute(statement, *arguments)


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


# --- both ---


def _groups_of_people(captured: Captured, id_of: Callable[[UUID], object]) -> Iterator[list[Person]]:
    for start in range(0, len(captured.people), PEOPLE_AT_ONCE):
        yield [Person(captured, user, id_of) for user in captured.people[start : start + PEOPLE_AT_ONCE]]


def _batches(people: Sequence[Person]) -> Iterator[list[Answer]]:
    """Everybody's first answer, then everybody's second, and so on."""
    answers = (
        answer for round_ in zip(*(person.answers() for person in people), strict=True) for answer in round_
    )
    while batch := list(itertools.islice(answers, BATCH)):
        yield batch
