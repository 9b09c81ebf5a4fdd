"""How many calls of the REST API one user may make, on this node."""

import math
from collections import OrderedDict
from uuid import UUID

from cratesync.server.clock import Clock
from cratesync.server.edge import too_many_requests
from cratesync.server.gateway.flood import TokenBucket

BURST_SECONDS = 5.0
USERS_MAX = 20_000


class CallLimits:
    """A bucket for each user who called lately; whoever called longest ago is forgotten first."""

    def __init__(self, clock: Clock, *, per_second: float) -> None:
        self._clock = clock
        self._per_second = per_second
        self._buckets: OrderedDict[UUID, TokenBucket] = OrderedDict()

    def take(self, user_id: UUID) -> None:
        """One more call of this user. Raises `ApiError` (429) where it comes too early."""
        now = self._clock.steady()
        bucket = self._buckets.pop(user_id, None)
        if bucket is None:
            bucket = TokenBucket(per_second=self._per_second, burst_seconds=BURST_SECONDS, now=now)
        self._buckets[user_id] = bucket
        if len(self._buckets) > USERS_MAX:
            self._buckets.popitem(last=False)
        if not bucket.take(now):
            seconds = math.ceil(bucket.wait_seconds())
            raise too_many_requests(f"You call too often; try again in {seconds} s.", seconds)
