"""When a delivery that did not arrive is tried again, as Standard Webhooks suggests."""

from datetime import timedelta

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        5,
        300,
        1800,
        7200,
        18_000,
        36_000,
        50_400,
        72_000,
        86_400,
    )  # 5 s to a day: three days in all
)
ATTEMPTS_MAX = len(WAITS) + 1
JITTER = 0.2
"""By so much of itself a wait may be longer."""


def wait_after(attempt: int, *, roll: float) -> timedelta | None:
    """The wait after this attempt (the first is 1) failed; nothing after the last. `roll` goes from 0 to 1."""
    if attempt >= ATTEMPTS_MAX:
        return None
    return WAITS[attempt - 1] * (1 + JITTER * roll)
