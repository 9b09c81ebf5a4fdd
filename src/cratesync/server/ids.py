"""New ids: UUIDv7, so that rows written later sort later."""

from datetime import datetime
from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """One id."""
    return compat.uuid7()


def new_ids(count: int) -> list[UUID]:
    """So many ids, in the order in which they sort."""
    return sorted((compat.uuid7() for _ in range(count)), key=lambda made: made.bytes)


def first_id_at(moment: datetime) -> UUID:
    """What sorts before every id of that millisecond (RFC 9562, section 5.7), and after all that are older. Before 1970 there are none."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
