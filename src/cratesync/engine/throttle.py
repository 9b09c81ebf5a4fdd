"""What happens after an API turned a call away: a short wait, one probe, then whole windows, each twice as long."""

from msgspec import Struct

UNHEARD_MAX = 5
THROTTLED_SECONDS_MAX = 3600.0
HOLD_DOUBLINGS_MAX = 2
JITTER = 0.25
# The first wait, 1 to 3 s at a window of a minute, is a share of the window, so that scaled windows scale it too.
FIRST_HOLD_WINDOWS = 1 / 60
# No row has a longer gap after a hold: a probe waits for a slot, and then for its answer or its lease's end.
GAP_WINDOWS_MAX = 5
GAP_SECONDS_MAX = 300.0


class Throttle(Struct, frozen=True):
    """A row of throttle events without a good answer between them. `unheard` of the newest had no HTTP answer at all."""

    since: float
    last: float
    count: int
    unheard: int
    hold_until: float

    def hopeless(self, now: float) -> bool:
        """Whether to give up: too many silent failures in a row, or too long a time of being turned away."""
        return self.unheard >= UNHEARD_MAX or now - self.since >= THROTTLED_SECONDS_MAX


def next_throttle(
    before: Throttle | None,
    *,
    window_seconds: float,
    heard: bool,
    retry_after_seconds: float | None,
    roll: float,
    now: float,
) -> Throttle:
    """The throttle after one more event. `Retry-After` is honoured where one came.

    An event long after the one before begins a new row: nobody called meanwhile, so nobody was turned away.
    """
    if before is not None and now - before.hold_until > GAP_WINDOWS_MAX * window_seconds + GAP_SECONDS_MAX:
        before = None
    count = 1 if before is None else before.count + 1
    unheard = 0 if heard else 1 if before is None else before.unheard + 1
    hold = max(_hold_seconds(count, window_seconds, roll), retry_after_seconds or 0.0)
    return Throttle(
        since=now if before is None else before.since,
        last=now,
        count=count,
        unheard=unheard,
        hold_until=now + min(hold, hold_longest_seconds(window_seconds)),
    )


def hold_longest_seconds(window_seconds: float) -> float:
    """No throttle holds longer, whatever the API asks for."""
    return max(window_seconds * (1 << HOLD_DOUBLINGS_MAX) * (1 + JITTER), THROTTLED_SECONDS_MAX)


def _hold_seconds(count: int, window_seconds: float, roll: float) -> float:
    if count == 1:
        return window_seconds * FIRST_HOLD_WINDOWS * (1 + 2 * roll)
    windows = 1 << min(count - 2, HOLD_DOUBLINGS_MAX)
    return window_seconds * windows * (1 + JITTER * roll)
