"""What a client says came back: decode, check, apply, acknowledge. The one hot path of the server."""

import asyncio
import random
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from msgspec import Struct, structs

from cratesync.engine.events import (
    AccountNotFound,
    Ended,
    Event,
    IdentityArrived,
    LookupArrived,
    OrderRefused,
    PageArrived,
    PageMissing,
    RequestFailed,
    SideArrived,
)
from cratesync.engine.outcomes import (
    AccountMissing,
    BeyondTheEnd,
    Forbidden,
    IdentityRead,
    LookupRead,
    Outcome,
    PageRead,
    Refused,
    ReleaseRead,
    SideRead,
    TokenRefused,
    Transient,
)
from cratesync.engine.outcomes import OrderRefused as OrderRefusedOutcome
from cratesync.engine.pacing import Quota
from cratesync.engine.provider import Answer, Provider
from cratesync.engine.requests import RequestMove, RequestStatus, Verdict, is_side, judge, move
from cratesync.engine.retry import RetryPolicy
from cratesync.engine.sentences import unreachable
from cratesync.engine.tasks import Lookup, Page
from cratesync.protocol.messages import AckOutcome, ApiResponse
from cratesync.server.carrying import Carrier
from cratesync.server.dispatcher import Claimed, Dispatcher, is_seated
from cratesync.server.pace_keeping import enter_answer
from cratesync.server.redaction import body_bytes, kept_headers, scrub
from cratesync.server.reports import announce_progress
from cratesync.server.secret import Secret
from cratesync.server.store import (
    answered,
    release_details,
    release_requests,
    requests,
    scans,
    sides,
    syncs,
)
from cratesync.server.store.answered import Seen
from cratesync.server.store.arrivals import Arrivals
from cratesync.server.store.database import Database
from cratesync.server.store.discogs_tokens import DiscogsToken
from cratesync.server.store.ingest import ingest
from cratesync.server.store.known_contents import KnownContents
from cratesync.server.store.queues import Queue
from cratesync.server.store.requests import BODY_CHARACTERS_MAX, Reply, StoredRequest
from cratesync.server.store.syncs import StoredSync
from cratesync.server.token_judge import TokenJudge
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.under_way import Asked, UnderWay
from cratesync.server.vault import SealBrokenError, Vault

_VERDICTS = TokenRefused | IdentityRead


class AnswerRules(Struct, frozen=True):
    """The settings that decide about answers. `keep_bodies` is none, failed or all."""

    quota: Quota
    retry: RetryPolicy
    keep_bodies: str


class Taken(Struct, frozen=True):
    """What became of an answer, and what leaves next by the connection that it came by."""

    outcome: AckOutcome
    claimed: Claimed | None = None


class AnswerDesk:
    """Takes answers, one transaction each."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        provider: Provider,
        carrier: Carrier,
        vault: Vault,
        dispatcher: Dispatcher,
        under_way: UnderWay,
        known_contents: KnownContents,
        rules: AnswerRules,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._provider = provider
        self._carrier = carrier
        self._vault = vault
        self._dispatcher = dispatcher
        self._under_way = under_way
        self._known_contents = known_contents
        self._rules = rules
        self._service = provider.profile.name
        self._token_judge = TokenJudge(carrier, self._service)
        self._working_out = asyncio.Lock()

    async def take(self, user_id: UUID, response: ApiResponse, connection_id: str = "") -> Taken:
        """Apply one answer; a repeat is a no-op. When this returns, it is committed, and so is what was claimed for this
        connection in the same transaction, where it is the fetcher."""
        asked = await self._asked(user_id, response.request_id)
        if asked is None:
            return Taken("unknown")
        async with self._working_out:
            answer, outcome, arrivals = self._read(asked, response)
            # Answers come in bursts, and reading one takes milliseconds: whoever holds the database goes on in between.
            await asyncio.sleep(0)
        leaving = None
        async with self._transactions.open(user_id) as transaction:
            seen = await answered.look(transaction.connection, user_id, response.request_id)
            transaction.know(seen.active)
            said = await self._apply(transaction, response, answer, outcome, arrivals, seen)
            if said == "accepted":
                queue = self._queue_after(seen, outcome, await transaction.active_syncs())
                # A verdict on the token changes what may be sent with it, so whoever fetches looks anew after it.
                if is_seated(transaction, connection_id) and not isinstance(outcome, _VERDICTS):
                    leaving = await self._dispatcher.claim_within(transaction, seen.token, queue)
                    queue = queue if leaving is None else leaving.queue
                await announce_progress(transaction, self._rules.quota, queue=queue)
            if leaving is not None:
                transaction.claimed_for = connection_id
        self._under_way.forget(response.request_id)
        return Taken(said, None if leaving is None else self._dispatcher.sign(user_id, leaving))

    def _read(self, asked: Asked, response: ApiResponse) -> tuple[Answer, Outcome, Arrivals]:
        answer = Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body_bytes(response.body),
            error=response.error,
        )
        outcome = self._provider.read(asked.kind, asked.task, asked.account, answer)
        if isinstance(outcome, ReleaseRead) and not release_details.fits(outcome.details):
            outcome = Refused("release_too_large", "The release is larger than what is kept of one.")
        arrivals = Arrivals(outcome.records if isinstance(outcome, PageRead) else (), self._known_contents)
        if asked.first_sync:
            arrivals.work_out()
        return answer, outcome, arrivals

    async def _asked(self, user_id: UUID, request_id: str) -> Asked | None:
        """What the answer is an answer to: mostly this node has sent it."""
        asked = self._under_way.find(request_id, user_id)
        if asked is not None:
            return asked
        async with self._database.read() as connection:
            stored = await requests.find(connection, user_id, request_id)
            if stored is None:
                return None
            sync = None
            if stored.sync_id is not None:
                sync = await syncs.find(connection, user_id, stored.sync_id)
        if sync is None:
            return Asked(user_id, "collection", stored.request.task, None)
        return Asked(user_id, sync.sync.kind, stored.request.task, sync.sync.account)

    async def _apply(
        self,
        transaction: UserTransaction,
        response: ApiResponse,
        answer: Answer,
        outcome: Outcome,
        arrivals: Arrivals,
        seen: Seen,
    ) -> AckOutcome:
        connection, asked, token = transaction.connection, seen.asked, seen.token
        if asked is None:
            return "unknown"
        hopeless = enter_answer(
            transaction,
            self._rules.quota,
            key=asked.request.key(response.attempt),
            outcome=outcome,
            seen=self._provider.rate_limit(answer.headers),
            answered=answer.status != 0,
        )
        if not asked.request.is_open():
            # The call was made all the same: the pace has it, whatever became of the request.
            return "duplicate"
        stored = None if asked.sync_id is None else await transaction.find_sync(asked.sync_id)
        verdict = judge(
            asked.request,
            outcome,
            attempt=response.attempt,
            policy=self._rules.retry,
            roll=random.random(),
            now=transaction.steady,
        )
        if isinstance(outcome, _VERDICTS) and token is not None and asked.token_version != token.version:
            # The verdict is on a token that was replaced meanwhile: ask again with the new one.
            verdict = Verdict(RequestMove.GIVE_BACK if asked.request.status is RequestStatus.SENT else None)
        self._save_request(transaction, asked, verdict, answer, token)
        if isinstance(outcome, TokenRefused) and verdict.move is RequestMove.SPEND and token is not None:
            await self._token_judge.reject(transaction, asked, token)
        elif stored is not None and stored.sync.is_active:
            await self._move_sync(transaction, stored, asked, outcome, arrivals, verdict, token)
        elif verdict.move is RequestMove.COMPLETE and isinstance(outcome, IdentityRead) and token is not None:
            await self._token_judge.name_account(transaction, asked, outcome, token)
        elif verdict.move is RequestMove.COMPLETE and isinstance(outcome, ReleaseRead):
            await release_details.store(connection, transaction.user_id, outcome.details, now=transaction.now)
        if isinstance(outcome, IdentityRead):
            await self._token_judge.end_if_mismatched(transaction)
        if hopeless:
            # Whoever tries again later begins a new row of throttles.
            rested = structs.replace(transaction.ledger.pace, throttle=None)
            transaction.ledger = structs.replace(transaction.ledger, pace=rested)
            end = Ended("discogs_unreachable", unreachable(self._service))
            for active in await transaction.active_syncs():
                await self._carrier.move(transaction, active, end)
            await transaction.flush()
            await release_requests.abandon(
                connection, transaction.user_id, code=end.code, sentence=end.sentence, now=transaction.now
            )
        transaction.rings = True
        return "accepted"

    @staticmethod
    def _queue_after(seen: Seen, outcome: Outcome, active: Sequence[StoredSync]) -> Queue | None:
        """The queue once a good answer is taken that ended nothing: one less is under way. Otherwise it has to be looked at."""
        if not isinstance(outcome, PageRead | SideRead):
            return None
        if seen.asked is None or seen.asked.request.status is not RequestStatus.SENT:
            return None
        before = [(stored.id, stored.sync.status) for stored in seen.active]
        if before != [(stored.id, stored.sync.status) for stored in active]:
            return None
        return structs.replace(seen.queue, flying=seen.queue.flying - 1)

    # --- the request ---

    def _save_request(
        self,
        transaction: UserTransaction,
        asked: StoredRequest,
        verdict: Verdict,
        answer: Answer,
        token: DiscogsToken | None,
    ) -> None:
        if verdict.move is None:
            return
        request = structs.replace(
            move(asked.request, verdict.move), failures=verdict.failures, due=verdict.due, lease_until=None
        )
        completed = verdict.move is RequestMove.COMPLETE
        keep = self._rules.keep_bodies == "all" or (self._rules.keep_bodies == "failed" and not completed)
        secret = self._open(transaction.user_id, token)
        reply = Reply(
            status=answer.status,
            headers=kept_headers(answer.headers, self._provider.profile.kept_headers, secret),
            body=scrub(answer.body[:BODY_CHARACTERS_MAX].decode(errors="replace"), secret) if keep else None,
            code=verdict.code,
            sentence=verdict.sentence,
        )
        saved = structs.replace(asked, request=request, connection_id=None)
        transaction.put_off(requests.saving(saved, reply, now=transaction.now))

    def _open(self, user_id: UUID, token: DiscogsToken | None) -> Secret | None:
        if token is None or token.sealed is None:
            return None
        try:
            return self._vault.open(user_id, token.sealed)
        except SealBrokenError:
            return None

    # --- the sync ---

    async def _move_sync(
        self,
        transaction: UserTransaction,
        stored: StoredSync,
        asked: StoredRequest,
        outcome: Outcome,
        arrivals: Arrivals,
        verdict: Verdict,
        token: DiscogsToken | None,
    ) -> None:
        if verdict.move is RequestMove.COMPLETE:
            stored = structs.replace(stored, last_answer_at=transaction.now)
        event = await self._event(transaction, stored, asked, outcome, arrivals, verdict, token)
        if event is not None:
            await self._carrier.move(transaction, stored, event)

    async def _event(
        self,
        transaction: UserTransaction,
        stored: StoredSync,
        asked: StoredRequest,
        outcome: Outcome,
        arrivals: Arrivals,
        verdict: Verdict,
        token: DiscogsToken | None,
    ) -> Event | None:
        task = asked.request.task
        if verdict.move is RequestMove.SPEND:
            sentence = verdict.sentence or "It failed."
            if isinstance(outcome, Forbidden) and not is_side(task):
                return RequestFailed(task, "discogs_forbidden", sentence, fatal=True)
            return RequestFailed(task, verdict.code or "failed", sentence)
        if verdict.move is None or verdict.move is RequestMove.GIVE_BACK:
            return None
        match outcome:
            case AccountMissing():
                call = self._provider.build(stored.sync.kind, task, stored.sync.account)
                # Asked for under a name that was replaced meanwhile, it says nothing of the new one.
                return AccountNotFound() if call.url == asked.url else None
            case Transient():
                return None
            case IdentityRead():
                known = token is not None and await self._token_judge.name_account(
                    transaction, asked, outcome, token
                )
                return IdentityArrived(outcome.username, known)
            case SideRead(record=record):
                await sides.store(transaction.connection, stored.user_id, record, now=transaction.now)
                return SideArrived()
            case PageRead() if isinstance(task, Page):
                return await self._page(transaction, stored, task, outcome, arrivals)
            case BeyondTheEnd() if isinstance(task, Page):
                return PageMissing(task)
            case OrderRefusedOutcome() if isinstance(task, Page):
                return OrderRefused(task)
            case LookupRead() if isinstance(task, Lookup):
                await scans.judge_lookup(
                    transaction.connection,
                    stored.user_id,
                    stored.sync.kind,
                    task.release_id,
                    present=outcome.instance_ids,
                    complete=outcome.complete,
                )
                return LookupArrived()
            case _:
                return RequestFailed(task, "unexpected_answer", "The answer does not fit the request.")

    async def _page(
        self,
        transaction: UserTransaction,
        stored: StoredSync,
        task: Page,
        read: PageRead,
        arrivals: Arrivals,
    ) -> PageArrived:
        connection = transaction.connection
        keys = tuple(record.key for record in read.records)
        done = await ingest(
            connection,
            stored.user_id,
            stored.sync.kind,
            arrivals,
            sync_id=stored.id,
            change_seq=transaction.ledger.change_seq,
            now=transaction.now,
        )
        transaction.put_off(*done.rows)
        if task.scan > 0:
            seen = scans.page_row(
                stored.user_id,
                stored.id,
                scan=task.scan,
                page=task.number,
                items_said=read.items,
                keys=keys,
                now=transaction.steady,
            )
            transaction.put_off(seen)
        transaction.ledger = structs.replace(transaction.ledger, change_seq=done.change_seq)
        transaction.once_committed.append(partial(self._known_contents.remember, done.contents))
        if stored.sync.plan.held_before:
            await scans.release_seen(connection, stored.user_id, stored.sync.kind, keys)
        return PageArrived(
            task=task,
            pages=read.pages,
            items=read.items,
            keys=keys,
            fresh=done.fresh,
            order_shown=read.order_shown,
            updated=done.updated,
            next_cursor=read.next_cursor,
        )
