"""What is left of a user's quota, as the design document's `RateLimit`."""

from datetime import datetime
from uuid import UUID

from cratesync.engine import pacing
from cratesync.engine.pacing import Quota
from cratesync.server.bodies import Shape
from cratesync.server.clock import Clock
from cratesync.server.edge import not_found
from cratesync.server.reports import learned_of
from cratesync.server.store import ledgers
from cratesync.server.store.database import Database


class RateLimitShape(Shape, frozen=True, kw_only=True):
    """`remaining` and `limit` as Discogs said last, or as we reckon where it said nothing; `windowReset` is our estimate of
    when the oldest counted call is forgotten; `recommendedDelay` is how many seconds the next queued request waits. In any
    `windowSeconds` a sync makes `callsPerWindow` at most, so a long one takes as many windows as it has times so many calls."""

    user_id: UUID
    remaining: int
    limit: int
    window_reset: datetime | None
    last_updated: datetime | None
    recommended_delay: float
    calls_per_window: int
    window_seconds: float


class QuotaView:
    """Reads the ledger for people."""

    def __init__(self, database: Database, clock: Clock, quota: Quota) -> None:
        self._database = database
        self._clock = clock
        self._quota = quota

    async def read(self, user_id: UUID) -> RateLimitShape:
        """The state of the quota now."""
        async with self._database.read() as connection:
            ledger = await ledgers.read(connection, user_id)
        if ledger is None:
            raise not_found("No such user")
        now = self._clock.steady()
        learned = learned_of(ledger, self._quota, now=now)
        limit = pacing.allowance(ledger.pace, self._quota, learned, now)
        used = len(pacing.releases(ledger.pace, self._quota, now))
        leaves = pacing.departure(ledger.pace, self._quota, learned, now, queued=True)
        said = ledger.rate_limit_remaining
        return RateLimitShape(
            user_id=user_id,
            remaining=max(0, limit - used) if said is None else said,
            limit=ledger.rate_limit_limit or self._quota.calls,
            window_reset=ledger.rate_limit_window_reset,
            last_updated=ledger.last_rate_limit_check,
            recommended_delay=round(max(0.0, leaves.at - now), 3),
            calls_per_window=max(1, pacing.allowance(ledger.pace, self._quota, learned, now, queued=True)),
            window_seconds=self._quota.window_seconds,
        )
