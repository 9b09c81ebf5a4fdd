"""Whether sign-ins still hold: however many ask at once, the database is asked together."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import DBAPIError

from cratesync.server.accounts.holding import Holding, SignIn
from cratesync.server.clock import HandClock
from cratesync.server.store.access_tokens import delete_token
from cratesync.server.store.sessions import delete_session
from cratesync.server.store.tables import access_tokens, sessions, users

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MANY = 60


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
async def sign_ins(database):
    """By tokens and in sessions, each of its own user."""
    by_token = [SignIn(uuid4(), token_id=uuid4()) for _ in range(MANY)]
    in_session = [SignIn(uuid4(), session_id=uuid4()) for _ in range(MANY)]
    async with database.write() as connection:
        for each in (*by_token, *in_session):
            name = each.user_id.hex
            await connection.execute(
                insert(users).values(
                    id=each.user_id, username=name, username_key=name, created_at=NOW, updated_at=NOW
                )
            )
        for each in by_token:
            await connection.execute(
                insert(access_tokens).values(
                    id=each.token_id,
                    user_id=each.user_id,
                    name="",
                    token_hash=each.token_id.bytes,
                    scopes=("read",),
                    created_at=NOW,
                )
            )
        for each in in_session:
            await connection.execute(
                insert(sessions).values(
                    id=each.session_id,
                    user_id=each.user_id,
                    generation=1,
                    rotated_at=NOW,
                    created_at=NOW,
                    last_used_at=NOW,
                    expires_at=NOW + timedelta(days=30),
                    user_agent="",
                    address="",
                )
            )
    return [*by_token, *in_session]


@pytest.fixture
def queries(database):
    """What the database is asked."""
    found: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT"):
            found.append(statement)

    event.listen(database._reader.sync_engine, "before_cursor_execute", note)
    return found


async def asked_together(holding, sign_ins):
    return await asyncio.gather(*(holding.still(each) for each in sign_ins))


async def test_all_who_ask_at_once_are_two_queries(database, clock, sign_ins, queries):
    held = await asked_together(Holding(database, clock), [*sign_ins, *sign_ins])

    assert held == [True] * len(sign_ins) * 2
    assert len(queries) == 2


async def test_only_what_was_taken_away_does_not_hold(database, clock, sign_ins):
    holding = Holding(database, clock)
    async with database.write() as connection:
        await delete_token(connection, sign_ins[0].user_id, sign_ins[0].token_id)
        await delete_session(connection, sign_ins[-1].user_id, sign_ins[-1].session_id)
    held = await asked_together(holding, sign_ins)

    assert held == [False, *[True] * (len(sign_ins) - 2), False]


async def test_a_session_holds_for_its_own_user_and_until_it_ends(database, clock, sign_ins):
    holding = Holding(database, clock)
    somebody_elses = SignIn(sign_ins[0].user_id, session_id=sign_ins[-1].session_id)
    assert await asked_together(holding, [somebody_elses, SignIn(uuid4())]) == [False, False]
    clock.advance(30 * 86_400)

    assert await asked_together(holding, sign_ins) == [True] * MANY + [False] * MANY


async def test_a_database_that_cannot_be_read_is_told_to_everybody_and_asked_again_next_time(
    database, clock, sign_ins
):
    holding = Holding(database, clock)

    def fail(*_):
        raise DBAPIError("SELECT", {}, OSError("away"))

    event.listen(database._reader.sync_engine, "before_cursor_execute", fail)
    told = await asyncio.gather(*(holding.still(each) for each in sign_ins), return_exceptions=True)
    event.remove(database._reader.sync_engine, "before_cursor_execute", fail)

    assert {type(error) for error in told} == {DBAPIError}
    assert await holding.still(sign_ins[0])


async def test_a_database_that_does_not_answer_for_some_is_not_asked_for_the_others(
    database, clock, sign_ins, monkeypatch
):
    monkeypatch.setattr("cratesync.server.accounts.holding.ASKED_AT_ONCE", 10)
    asked = 0

    def fail(*_):
        nonlocal asked
        asked += 1
        raise DBAPIError("SELECT", {}, OSError("away"))

    event.listen(database._reader.sync_engine, "before_cursor_execute", fail)
    holding = Holding(database, clock)
    told = await asyncio.gather(*(holding.still(each) for each in sign_ins), return_exceptions=True)
    event.remove(database._reader.sync_engine, "before_cursor_execute", fail)

    assert {type(error) for error in told} == {DBAPIError}
    assert asked == 1


async def test_whoever_goes_before_the_answer_leaves_it_to_the_others(database, clock, sign_ins):
    holding = Holding(database, clock)
    gone, kept = (asyncio.ensure_future(holding.still(sign_ins[0])) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()

    assert await kept
    assert gone.cancelled()
