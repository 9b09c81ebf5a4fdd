"""When a removal looks more like an accident than like a wish."""

LOOKUPS_MAX = 50
SMALL_MIRROR_RECORDS = 10


def is_suspicious(*, absent: int, mirrored: int) -> bool:
    """More than half of a mirror of over ten records, or all of any: the user is asked first.

    `mirrored` is what the mirror held before the sync: what was added meanwhile is no excuse.
    """
    return absent >= mirrored or (mirrored > SMALL_MIRROR_RECORDS and 2 * absent > mirrored)
