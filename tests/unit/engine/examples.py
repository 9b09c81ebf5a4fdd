"""How many examples a property gets: few by default, many with HYPOTHESIS_PROFILE=deep."""

import os

from hypothesis import HealthCheck, settings

DEEPER = 40


def examples(count):
    """Settings for a property; whatever fails is printed with the blob that repeats it."""
    deep = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
    return settings(
        max_examples=count * DEEPER if deep else count,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
