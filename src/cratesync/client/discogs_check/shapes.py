"""What a JSON body is made of: keys and kinds, and how often each. No value of it. Pure."""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

DEPTH_MAX = 10
PLACES_MAX = 400
ODD_KEY = "(odd key)"

# What a key of Discogs' looks like. Anything else may be somebody's text.
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)

Kind = Literal["object", "list", "string", "integer", "number", "boolean", "null"]


class Shape(Struct, frozen=True):
    """For each place, such as `releases[].basic_information.year`, how often which kind stood there."""

    places: dict[str, dict[Kind, int]]

    def kinds(self, place: str) -> dict[Kind, int]:
        """Empty where nothing ever stood."""
        return self.places.get(place, {})

    def count(self, place: str) -> int:
        """How often there was anything, null included."""
        return sum(self.kinds(place).values())

    def under(self, prefix: str) -> list[str]:
        """The places below this one, without the prefix."""
        return [
            place.removeprefix(prefix)
            for place in self.places
            if place.startswith(prefix) and place != prefix
        ]


class Unlike(Struct, frozen=True):
    """How a shape differs from the one expected. Places only, no values."""

    missing: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def shape_of(value: object) -> Shape:
    """Reduce a decoded body. Deeper than `DEPTH_MAX` and beyond `PLACES_MAX` places nothing is looked at."""
    places: dict[str, dict[Kind, int]] = {}
    _see(places, "", value, 0)
    return Shape(places)


def _see(places: dict[str, dict[Kind, int]], place: str, value: object, depth: int) -> None:
    if depth > DEPTH_MAX or (place not in places and len(places) >= PLACES_MAX):
        return
    counts, kind = places.setdefault(place, {}), kind_of(value)
    counts[kind] = counts.get(kind, 0) + 1
    if isinstance(value, Mapping):
        for key, part in value.items():
            name = key if isinstance(key, str) and _KEY.fullmatch(key) else ODD_KEY
            _see(places, f"{place}.{name}" if place else name, part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _see(places, f"{place}[]", part, depth + 1)


def kind_of(value: object) -> Kind:
    """JSON's word for it, with whole numbers apart."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case _:
            return "object"


def unlike(shape: Shape, prefix: str, expected: Mapping[str, str]) -> Unlike:
    """Compare what lies below `prefix` with `{place: kinds}`: `"null|string"`, with a leading `?` where it may be missing."""
    missing, odd = [], []
    for place, wanted in expected.items():
        parent = (prefix + place).removesuffix("[]").rpartition(".")[0]
        owners = shape.kinds(parent).get("object", 0)
        listed = place.endswith("[]")
        if not listed and not wanted.startswith("?") and shape.count(prefix + place) < owners:
            missing.append(place)
        strange = set(shape.kinds(prefix + place)) - set(wanted.removeprefix("?").split("|"))
        odd += [f"{place} ({kind})" for kind in sorted(strange)]
    unknown = [place for place in shape.under(prefix) if place not in expected]
    return Unlike(tuple(missing), tuple(odd), tuple(unknown))
