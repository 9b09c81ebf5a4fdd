"""How long to wait before a request that failed is tried again."""

from msgspec import Struct

DOUBLINGS_MAX = 20


class RetryPolicy(Struct, frozen=True):
    """Exponential backoff with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)."""

    attempts_max: int = 5
    first_seconds: float = 1.0
    longest_seconds: float = 60.0


def backoff_seconds(policy: RetryPolicy, failures: int, roll: float) -> float:
    """The wait after the `failures`-th failure, for a random `roll` in [0, 1)."""
    ceiling = min(policy.longest_seconds, policy.first_seconds * (1 << min(failures - 1, DOUBLINGS_MAX)))
    return ceiling * roll
