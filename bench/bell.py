"""What telling other nodes costs on PostgreSQL: writers that notify within their transactions, after them one by one, after them in batches, or
not at all; and a look at everybody who is connected.

python bench/bell.py [--seconds N] [--writers N] [--users N]
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
from sqlalchemy import insert

from cratesync.server.clock import SystemClock
from cratesync.server.store import ledgers
from cratesync.server.store.database import Database
from cratesync.server.store.tables import users

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import postgres

PAYLOAD = "x" * 600
NOTIFY = "SELECT pg_notify('bench', $1)"
BATCH = "SELECT pg_notify('bench', payload) FROM unnest($1::text[]) AS payload"
ROUNDS = 3


async def commits_per_second(url: str, way: str, *, writers: int, seconds: float) -> float:
    """How many transactions so many writers commit, each of them on a row of its own."""
    told: asyncio.Queue[str] = asyncio.Queue()
    committed = 0

    async def write(number: int) -> None:
        nonlocal committed
        connection = await asyncpg.connect(url)
        while time.monotonic() < until:
            async with connection.transaction():
                await connection.execute("UPDATE bench SET n = n + 1 WHERE id = $1", number)
                if way == "inside":
                    await connection.execute(NOTIFY, f"{committed}{PAYLOAD}")
            if way == "after, one by one":
                await connection.execute(NOTIFY, f"{committed}{PAYLOAD}")
            if way == "after, in batches":
                told.put_nowait(f"{committed}{PAYLOAD}")
            committed += 1
        await connection.close()

    async def publish() -> None:
        connection = await asyncpg.connect(url)
        while True:
            batch = [await told.get()]
            while not told.empty() and len(batch) < 500:
                batch.append(told.get_nowait())
            await connection.execute(BATCH, batch)
            await asyncio.sleep(0.01)

    listeners = [await asyncpg.connect(url) for _ in range(3)]
    for listener in listeners:
        await listener.add_listener("bench", lambda *_: None)
    until = time.monotonic() + seconds
    publishing = asyncio.create_task(publish())
    await asyncio.gather(*(write(number) for number in range(writers)))
    publishing.cancel()
    for listener in listeners:
        await listener.close()
    return committed / seconds


async def look_seconds(url: object, *, count: int) -> float:
    """How long it takes to ask for the revisions of so many users."""
    database = Database(url)
    await database.migrate()
    now = SystemClock().now()
    ids = [uuid4() for _ in range(count)]
    async with database.write() as connection:
        rows = [
            {"id": id_, "username": str(id_), "username_key": str(id_), "created_at": now, "updated_at": now}
            for id_ in ids
        ]
        await connection.execute(insert(users), rows)
        for id_ in ids:
            await ledgers.create(connection, id_, now=now)
    times = []
    for _ in range(10):
        began = time.perf_counter()
        async with database.read() as connection:
            assert await ledgers.moved_on(connection, dict.fromkeys(ids, 0)) == {}
        times.append(time.perf_counter() - began)
    await database.close()
    return statistics.median(times)


async def measure(options: argparse.Namespace, server: object) -> dict[str, object]:
    url = await postgres.create_database(server, "bell")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute("CREATE TABLE bench (id integer PRIMARY KEY, n integer NOT NULL)")
    await connection.execute("INSERT INTO bench SELECT n, 0 FROM generate_series(0, 99) AS n")
    await connection.close()
    ways = ("none", "inside", "after, one by one", "after, in batches")
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            rates[way].append(
                await commits_per_second(plain, way, writers=options.writers, seconds=options.seconds)
            )
    return {
        "writers": options.writers,
        "commits_per_second": {way: round(statistics.median(rate)) for way, rate in rates.items()},
        "users": options.users,
        "look_milliseconds": round(await look_seconds(url, count=options.users) * 1000, 1),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--users", type=int, default=5_000)
    options = parser.parse_args()
    durable = {"fsync": "on", "synchronous_commit": "on"}  # as it is where data matters
    with postgres.running_postgres(**durable) as server:
        print(json.dumps(asyncio.run(measure(options, server)), indent=2))


if __name__ == "__main__":
    main()
