"""New ids: UUIDv7, so that rows written later sort later."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """One id."""
    return compat.uuid7()


def new_ids(count: int) -> list[UUID]:
    """So many ids, in the order in which they sort."""
    return sorted((compat.uuid7() for _ in range(count)), key=lambda made: made.bytes)
