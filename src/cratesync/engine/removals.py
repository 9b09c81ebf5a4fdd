"""When a removal looks more like an accident than like a wish."""

LOOKUPS_MAX = 50
SMALL_MIRROR_RECORDS = 10


def is_suspicious(*, absent: int, mirrored: int, added: int) -> bool:
    """More than half of a mirror of over ten records, or all of any: the user is asked first.

    `mirrored` is what the mirror held before the sync: what was `added` meanwhile is no excuse. Where it held nothing, as
    before a first sync, what is gone came and went during this very sync.
    """
    if mirrored == 0:
        return absent > added
    return absent >= mirrored or (mirrored > SMALL_MIRROR_RECORDS and 2 * absent > mirrored)
