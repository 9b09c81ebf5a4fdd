"""The fields that a user may fill in for an item: the three everybody begins with, and one of the user's own."""

from msgspec import UNSET

from cratesync.simulator.records import Field
from cratesync.simulator.vocabulary import MEDIA_CONDITIONS, SLEEVE_CONDITIONS


def seeded_fields() -> list[Field]:
    return [*default_fields(), textarea(4, "Price Paid", position=4, public=True)]


def default_fields() -> list[Field]:
    return [
        Field(1, "Media Condition", "dropdown", 1, public=False, options=list(MEDIA_CONDITIONS)),
        Field(2, "Sleeve Condition", "dropdown", 2, public=False, options=list(SLEEVE_CONDITIONS)),
        textarea(3, "Notes", position=3, public=False, lines=3),
    ]


def derived_fields(field_ids: set[int]) -> list[Field]:
    """Fields for recorded notes whose fields were not recorded."""
    known = {field.id: field for field in default_fields()}
    return [
        known.get(field_id) or textarea(field_id, f"Field {field_id}", position=field_id, public=False)
        for field_id in sorted(field_ids | set(known))
    ]


def textarea(field_id: int, name: str, *, position: int, public: bool, lines: int = 1) -> Field:
    return Field(field_id, name, "textarea", position, public=public, lines=lines)


def accepts(field: Field, value: str) -> bool:
    return field.options is UNSET or value in ("", *field.options)
