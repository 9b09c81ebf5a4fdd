"""Saving and forgetting a token, and waiting for the provider's verdict on it."""

import re
from uuid import UUID

from cratesync.engine.events import Ended
from cratesync.engine.pacing import Quota
from cratesync.engine.provider import Provider
from cratesync.engine.requests import PRIORITY_TOKEN_CHECK, Request, RequestMove, move
from cratesync.engine.tasks import Identity
from cratesync.server.carrying import Carrier
from cratesync.server.edge import ApiError
from cratesync.server.ids import new_id
from cratesync.server.orchestrator import account_mismatch
from cratesync.server.reports import announce_progress
from cratesync.server.secret import Secret
from cratesync.server.store import discogs_tokens, release_requests, requests
from cratesync.server.store.database import Database
from cratesync.server.store.discogs_tokens import TokenState
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.vault import Vault
from cratesync.server.verdicts import Verdicts

VERDICT_SECONDS_MAX = 10.0
_TOKEN = re.compile(r"[\x21-\x7e]{8,256}")


class TokenDesk:
    """A token is checked by a request without a sync, first in line and paced like the rest."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        provider: Provider,
        carrier: Carrier,
        vault: Vault,
        verdicts: Verdicts,
        quota: Quota,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._provider = provider
        self._carrier = carrier
        self._vault = vault
        self._verdicts = verdicts
        self._quota = quota
        self._service = provider.profile.name

    async def save(
        self, user_id: UUID, token: Secret, *, wait_seconds: float = VERDICT_SECONDS_MAX
    ) -> bool | None:
        """Keep a token and wait a while for the verdict: true, false, or nothing where none came (the check stays due).

        Raises `ApiError` where it belongs to another account than the one mirrored here.
        """
        if _TOKEN.fullmatch(token.reveal()) is None:
            raise ApiError(
                "malformed_token",
                400,
                f"That does not look like a {self._service} token: it is one word of letters and digits.",
            )
        version, has_fetcher = await self._store(user_id, token)
        if not has_fetcher:
            return None
        state = await self._verdicts.watch(
            user_id,
            lambda: self._state(user_id, version),
            pending=lambda state: state is TokenState.UNCHECKED,
            seconds=wait_seconds,
        )
        if state is TokenState.MISMATCHED:
            raise account_mismatch(self._service)
        return None if state in (None, TokenState.UNCHECKED) else state is TokenState.VALID

    async def forget(self, user_id: UUID) -> None:
        """Forget the token and end what needs one."""
        async with self._transactions.open(user_id) as transaction:
            token = await discogs_tokens.load(transaction.connection, user_id)
            version = 1 if token is None else token.version + 1
            await discogs_tokens.save(
                transaction.connection, user_id, None, version=version, now=transaction.now
            )
            await self._drop_checks(transaction)
            sentence = f"The {self._service} token was removed. Save one, then retry."
            end = Ended("discogs_token_missing", sentence)
            await release_requests.abandon(
                transaction.connection, user_id, code=end.code, sentence=end.sentence, now=transaction.now
            )
            transaction.rings = True
            for stored in await transaction.active_syncs():
                await self._carrier.move(transaction, stored, end)

    async def _store(self, user_id: UUID, token: Secret) -> tuple[int, bool]:
        async with self._transactions.open(user_id) as transaction:
            connection = transaction.connection
            before = await discogs_tokens.load(connection, user_id)
            version = 1 if before is None else before.version + 1
            sealed = self._vault.seal(user_id, token)
            await discogs_tokens.save(connection, user_id, sealed, version=version, now=transaction.now)
            await self._drop_checks(transaction)
            id_ = new_id()
            call = self._provider.build("collection", Identity(), None)
            check = requests.NewRequest(
                id_, Request(str(id_), Identity()), call.url, call.headers, PRIORITY_TOKEN_CHECK
            )
            await requests.create(connection, user_id, None, [check], now=transaction.now)
            transaction.rings = True
            await announce_progress(transaction, self._quota)
            seat = transaction.ledger.seat
            return version, seat is not None and seat.alive_until > transaction.steady

    async def _drop_checks(self, transaction: UserTransaction) -> None:
        """Checks of an earlier token are of no more use. Releases that were asked for with it are, with the new one."""
        for check in await requests.open_checks(transaction.connection, transaction.user_id):
            request = move(check.request, RequestMove.ABANDON)
            reply = requests.Reply(0, {}, None, "superseded", "The token was replaced.")
            dropped = requests.StoredRequest(check.id, check.user_id, None, request)
            transaction.put_off(requests.saving(dropped, reply, now=transaction.now))

    async def _state(self, user_id: UUID, version: int) -> TokenState | None:
        async with self._database.read() as connection:
            token = await discogs_tokens.load(connection, user_id)
        return None if token is None or token.version != version else token.state
