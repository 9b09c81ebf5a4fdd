"""How many calls a window really holds, learned by a client that cannot see it.

Browsers can read neither Discogs' rate headers nor its 429, and a CORS preflight may cost a second slot
(docs/reference/discogs.md facts 1.8, 2.4, 2.6). Half the documented limit is safe even then. From there on one more call is tried at
a time, with nothing else under way, so that a wrong guess costs one call; the first throttle ends the raise.

A call that a person waits for may go a little beyond the budget (`Quota.kept`): into the room that is left below the limit, or
into the tenth that a throttle took off.
"""

from msgspec import Struct, structs

START_SHARE = 1 / 2
TOP_SHARE = 11 / 12
AFTER_THROTTLE_SHARE = 0.9
FLOOR_SHARE = 1 / 6
CAPPED_WINDOWS = 10
ADDRESSES_MAX = 8


class Learned(Struct, frozen=True):
    """`budget` calls a window are believed safe; until `capped_until` nothing more is tried."""

    budget: int
    capped_until: float | None = None

    def is_capped(self, now: float) -> bool:
        """Whether a throttle of not long ago forbids to try more."""
        return self.capped_until is not None and now < self.capped_until

    def may_try_more(self, used: int, calls: int, now: float) -> bool:
        """Whether one call beyond the budget may be tried now, given how many slots are in use."""
        return not self.is_capped(now) and self.budget <= used < _share(calls, TOP_SHARE)


def unlearned(calls: int) -> Learned:
    """Where everybody starts: a burst of half the limit is safe in a fresh window even if preflights count."""
    return Learned(_share(calls, START_SHARE))


def after_answer(learned: Learned, *, sent_in_window: int, calls: int, now: float) -> Learned:
    """So many calls within one window were all answered: that many are safe. While the budget is capped, nothing raises it."""
    proven = min(sent_in_window, _share(calls, TOP_SHARE))
    if proven <= learned.budget or learned.is_capped(now):
        return learned
    return structs.replace(learned, budget=proven)


def after_throttle(
    learned: Learned, *, sent_in_window: int, calls: int, window_seconds: float, now: float
) -> Learned:
    """So many calls within one window were too many; or, where they were few, something else was the matter."""
    floor = _share(calls, FLOOR_SHARE)
    if sent_in_window < floor:
        return learned
    budget = min(learned.budget, max(floor, int(sent_in_window * AFTER_THROTTLE_SHARE)))
    return Learned(budget, now + CAPPED_WINDOWS * window_seconds)


def loaded(learned: Learned, *, window_seconds: float, now: float) -> Learned:
    """What another process remembered, whose clock may have stood elsewhere."""
    if learned.capped_until is None:
        return learned
    return Learned(learned.budget, min(learned.capped_until, now + CAPPED_WINDOWS * window_seconds))


def _share(calls: int, share: float) -> int:
    return max(1, int(calls * share))
