"""What answers say of a user's token: refused, or whose it is. A token of another account is not welcome while a mirror exists."""

from cratesync.engine.events import Ended, RequestFailed
from cratesync.engine.outcomes import IdentityRead
from cratesync.engine.sentences import mismatched, rejected
from cratesync.protocol.messages import SyncType
from cratesync.server.carrying import Carrier
from cratesync.server.store import discogs_tokens, scans
from cratesync.server.store.discogs_tokens import DiscogsToken, TokenState
from cratesync.server.store.requests import StoredRequest
from cratesync.server.transaction import UserTransaction
from cratesync.server.webhooks.announcements import TokenRejected
from cratesync.server.webhooks.announcing import announce

SYNC_TYPES: tuple[SyncType, ...] = ("collection", "wantlist")


class TokenJudge:
    """Carries out verdicts on tokens, in the transaction of the answer that brought them. `service` is the provider's name."""

    def __init__(self, carrier: Carrier, service: str) -> None:
        self._carrier = carrier
        self._service = service

    async def reject(self, transaction: UserTransaction, asked: StoredRequest, token: DiscogsToken) -> None:
        """Every active sync ends; the request that told counts as failed in its own."""
        if token.state is not TokenState.REJECTED:
            await announce(transaction, TokenRejected(user_id=transaction.user_id))
        await discogs_tokens.judge(
            transaction.connection,
            transaction.user_id,
            version=token.version,
            state=TokenState.REJECTED,
            now=transaction.now,
        )
        sentence = rejected(self._service)
        for stored in await transaction.active_syncs():
            if asked.sync_id == stored.id:
                told = RequestFailed(asked.request.task, "token_rejected", sentence, fatal=True)
                await self._carrier.move(transaction, stored, told)
            else:
                await self._carrier.move(transaction, stored, Ended("token_rejected", sentence))

    async def name_account(
        self, transaction: UserTransaction, asked: StoredRequest, read: IdentityRead, token: DiscogsToken
    ) -> bool:
        """Remember whose token it is; false where that is not the account that is mirrored here."""
        connection, user_id = transaction.connection, transaction.user_id
        known = await self._is_known_account(transaction, read, token)
        if asked.token_version is not None:
            state = TokenState.VALID if known else TokenState.MISMATCHED
            await discogs_tokens.judge(
                connection, user_id, version=asked.token_version, state=state, now=transaction.now
            )
        if known:
            await discogs_tokens.name_account(
                connection, user_id, username=read.username, account_id=read.account_id, now=transaction.now
            )
        return known

    async def end_if_mismatched(self, transaction: UserTransaction) -> None:
        """Nothing more is asked with a token of another account, so nothing may go on waiting for it."""
        token = await discogs_tokens.load(transaction.connection, transaction.user_id)
        if token is None or token.state is not TokenState.MISMATCHED:
            return
        end = Ended("discogs_account_mismatch", mismatched(self._service))
        for stored in await transaction.active_syncs():
            await self._carrier.move(transaction, stored, end)

    async def _is_known_account(
        self, transaction: UserTransaction, read: IdentityRead, token: DiscogsToken
    ) -> bool:
        """The same account may have a new name; another one is only welcome while nothing is mirrored."""
        if token.username is None:
            return True
        if token.account_id is not None and read.account_id is not None:
            same = token.account_id == read.account_id
        else:
            same = token.username.casefold() == read.username.casefold()
        if same:
            return True
        live = [
            await scans.count_live(transaction.connection, transaction.user_id, kind) for kind in SYNC_TYPES
        ]
        return not any(live)
