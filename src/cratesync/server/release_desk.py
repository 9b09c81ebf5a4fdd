"""Showing one release with all that is told of it: from the store, or asked for at once, by the user's own client."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from cratesync.engine.outcomes import RELEASE_NOT_FOUND
from cratesync.engine.provider import Provider
from cratesync.engine.records import ReleaseDetails
from cratesync.engine.requests import Request, RequestStatus, priority_of
from cratesync.engine.tasks import Release
from cratesync.server.edge import ApiError
from cratesync.server.ids import new_id
from cratesync.server.orchestrator import require_token, token_missing, token_rejected
from cratesync.server.store import discogs_tokens, release_details, release_requests, requests
from cratesync.server.store.database import Database
from cratesync.server.store.release_details import KeptRelease
from cratesync.server.store.release_requests import Fate
from cratesync.server.store.schedules import CLOCKS_DIFFER_MAX
from cratesync.server.transaction import Transactions, UserTransaction
from cratesync.server.verdicts import Verdicts

# As old as Discogs' terms let anything be that is shown (docs/reference/discogs.md, section 7).
FRESH_FOR = timedelta(hours=6)
ANSWER_SECONDS_MAX = 10.0
OPEN_MAX = 20
WAITING_MAX = 50
CLIENT_RETRY_SECONDS = 30
ANSWER_RETRY_SECONDS = 5


class ShownRelease(Struct, frozen=True):
    """A release as it was told at a time; `stale` where that was a while ago and it could not be asked for again."""

    details: ReleaseDetails
    fetched_at: datetime
    stale: bool


class ReleaseDesk:
    """A release that is not kept is asked for by a request without a sync, before queued pages and paced like the rest."""

    def __init__(
        self, *, database: Database, transactions: Transactions, provider: Provider, verdicts: Verdicts
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._provider = provider
        self._verdicts = verdicts
        self._service = provider.profile.name

    async def show(
        self, user_id: UUID, release_id: int, *, wait_seconds: float = ANSWER_SECONDS_MAX
    ) -> ShownRelease:
        """The release, fresh if that can be. Raises `ApiError` where nothing is kept and nothing came in time; then the request
        stays open, and whoever asks again waits for the same one."""
        kept = await self._kept(user_id, release_id)
        if kept is not None and self._is_fresh(kept):
            return ShownRelease(kept.details, kept.fetched_at, stale=False)
        try:
            asked = await self._ask(user_id, release_id, wait_seconds)
        except ApiError as error:
            if kept is None or error.code == RELEASE_NOT_FOUND:
                raise
            return ShownRelease(kept.details, kept.fetched_at, stale=True)
        return ShownRelease(asked.details, asked.fetched_at, stale=False)

    async def _ask(self, user_id: UUID, release_id: int, wait_seconds: float) -> KeptRelease:
        if not self._provider.profile.details:
            raise ApiError("release_unsupported", 501, f"{self._service} tells no more of a release.")
        if self._verdicts.waiting(user_id) >= WAITING_MAX:
            raise _too_many()
        request_id = await self._request(user_id, Release(release_id))
        if request_id is not None:
            await self._answered(user_id, request_id, wait_seconds)
        kept = await self._kept(user_id, release_id)
        if kept is None:
            raise self._not_here_yet()
        return kept

    async def _answered(self, user_id: UUID, request_id: str, wait_seconds: float) -> None:
        """Wait for a good answer. Raises `ApiError` where there is none."""
        fate = await self._verdicts.watch(
            user_id, lambda: self._fate(user_id, request_id), pending=_is_open, seconds=wait_seconds
        )
        if fate is None or _is_open(fate):
            raise self._not_here_yet()
        if fate.status is RequestStatus.FAILED:
            raise self._failure(fate)

    async def _request(self, user_id: UUID, task: Release) -> str | None:
        """The id of the open request for a release, which is made if there is none; nothing where its answer came meanwhile."""
        async with self._transactions.open(user_id) as transaction:
            connection = transaction.connection
            kept = await release_details.find(connection, user_id, task.release_id)
            if kept is not None and self._is_fresh(kept):
                return None
            require_token(await discogs_tokens.load(connection, user_id), self._service)
            seat = transaction.ledger.seat
            if seat is None or seat.alive_until <= transaction.steady:
                raise ApiError(
                    "no_client",
                    503,
                    f"{self._service} is asked by a client of yours, and none is connected.",
                    headers={"Retry-After": str(CLIENT_RETRY_SECONDS)},
                )
            asked = await release_requests.being_asked(connection, user_id)
            if task in asked:
                return asked[task]
            if len(asked) >= OPEN_MAX:
                raise _too_many()
            return await self._create(transaction, task)

    async def _create(self, transaction: UserTransaction, task: Release) -> str:
        id_ = new_id()
        call = self._provider.build("collection", task, None)
        new = requests.NewRequest(id_, Request(str(id_), task), call.url, call.headers, priority_of(task))
        await requests.create(transaction.connection, transaction.user_id, None, [new], now=transaction.now)
        transaction.rings = True
        return new.request.request_id

    async def _fate(self, user_id: UUID, request_id: str) -> Fate | None:
        """What became of the request. Raises `ApiError` where the token that it needs was found to be no good."""
        async with self._database.read() as connection:
            fate = await release_requests.fate(connection, user_id, request_id)
            if _is_open(fate):
                require_token(await discogs_tokens.load(connection, user_id), self._service)
        return fate

    def _failure(self, fate: Fate) -> ApiError:
        match fate.code:
            case "release_not_found":
                return ApiError("release_not_found", 404, f"{self._service} has no such release.")
            case "token_rejected":
                return token_rejected(self._service)
            case "discogs_token_missing":
                return token_missing(self._service)
            case reason:
                sentence = fate.sentence or "Nobody knows why."
                return ApiError("release_failed", 502, f"It did not work: {sentence}", reason=reason)

    def _not_here_yet(self) -> ApiError:
        return ApiError(
            "not_here_yet",
            503,
            f"{self._service} has not been asked yet, or has not answered. The request stays open; ask again.",
            headers={"Retry-After": str(ANSWER_RETRY_SECONDS)},
        )

    async def _kept(self, user_id: UUID, release_id: int) -> KeptRelease | None:
        async with self._database.read() as connection:
            return await release_details.find(connection, user_id, release_id)

    def _is_fresh(self, kept: KeptRelease) -> bool:
        return -CLOCKS_DIFFER_MAX < self._transactions.now() - kept.fetched_at < FRESH_FOR


def _is_open(fate: Fate | None) -> bool:
    return fate is not None and fate.status not in (RequestStatus.COMPLETED, RequestStatus.FAILED)


def _too_many() -> ApiError:
    return ApiError(
        "too_many_releases_asked",
        429,
        "So many releases are being asked for that no more can wait; ask again when some of them are there.",
        headers={"Retry-After": str(ANSWER_RETRY_SECONDS)},
    )
