"""Whether sign-ins still hold, asked for many at once: every connection asks every few seconds."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from cratesync.server.clock import Clock
from cratesync.server.store.access_tokens import existing_tokens
from cratesync.server.store.database import Database
from cratesync.server.store.sessions import living_sessions
from cratesync.server.uninterrupted import uninterrupted

GATHERED_SECONDS = 0.1
ASKED_AT_ONCE = 500


class SignIn(Struct, frozen=True):
    """By a personal access token or in a session; a session is one user's."""

    user_id: UUID
    token_id: UUID | None = None
    session_id: UUID | None = None


class Holding:
    """Those who ask within a moment share one transaction. So ten thousand connections are some queries a second, and not hundreds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._asked: dict[SignIn, asyncio.Future[bool]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def still(self, sign_in: SignIn) -> bool:
        """Whether neither token, session nor account was taken away. Raises what the database does."""
        answer = self._asked.get(sign_in)
        if answer is None:
            answer = self._asked[sign_in] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(GATHERED_SECONDS)
                asked, self._asked = self._asked, {}
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: dict[SignIn, asyncio.Future[bool]]) -> None:
        """So many at a time. Where the database does not answer for some, it is not asked for the others: each waits long enough."""
        each = list(asked)
        try:
            for start in range(0, len(each), ASKED_AT_ONCE):
                some = each[start : start + ASKED_AT_ONCE]
                held = await uninterrupted(self._held(some))
                for sign_in in some:
                    asked.pop(sign_in).set_result(sign_in in held)
        except Exception as error:  # noqa: BLE001 - each of those who asked is told
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()  # whoever asked may be gone

    async def _held(self, sign_ins: Sequence[SignIn]) -> set[SignIn]:
        async with self._database.read() as connection:
            tokens = await existing_tokens(
                connection, [each.token_id for each in sign_ins if each.token_id is not None]
            )
            sessions = await living_sessions(
                connection,
                [each.session_id for each in sign_ins if each.session_id is not None],
                now=self._clock.now(),
            )
        return {
            each
            for each in sign_ins
            if each.token_id in tokens
            or (each.session_id is not None and sessions.get(each.session_id) == each.user_id)
        }
