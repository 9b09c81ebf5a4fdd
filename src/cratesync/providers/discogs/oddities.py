"""Odd values made regular: what Discogs has sent, or a client may have made of it, read as far as it can be.

Every rule here takes one value of any JSON kind and returns one that the typed shapes in records.py accept; nothing raises.
Nothing of it runs for a regular answer.
"""

import re
from collections.abc import Callable, Mapping

from cratesync.engine.records import ID_MAX, SMALL_MAX

Rule = Callable[[object], object]

AVERAGE_MAX = 1000

_WHOLE_NUMBER = re.compile(r"\s*(-?[0-9]{1,19})\s*", re.ASCII)
# A pair of surrogates stays, a lone one and NUL go, every other escape (`\\` among them) is stepped over.
_ESCAPE = re.compile(
    rb"(?:\\[^u])+|\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}|u0000)|u)"
)
_REPLACEMENT = rb"\ufffd"


def without_unstorable(json: bytes) -> bytes:
    """JSON in which U+FFFD stands for every escaped NUL and lone surrogate.

    PostgreSQL stores neither (https://www.postgresql.org/docs/current/datatype-json.html) and UTF-8 has no surrogates; the
    sign says that something was there. Discogs' older answers escape all that is not ASCII, and cut names to 50 characters.
    """
    return _ESCAPE.sub(lambda match: _REPLACEMENT if match[1] else match[0], json)


def whole_number(low: int, high: int) -> Rule:
    """An integer, also where it came as text ("1997") or as a float (1997.0); nothing outside the range."""

    def rule(value: object) -> int | None:
        if isinstance(value, str) and (match := _WHOLE_NUMBER.fullmatch(value)):
            value = int(match[1])
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        return None

    return rule


identifier = whole_number(0, ID_MAX)
small_number = whole_number(-SMALL_MAX - 1, SMALL_MAX)


def text(value: object) -> str | None:
    """Text; a number becomes its digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return repr(value)
    return None


def quantity(value: object) -> str | int | None:
    """Text at Discogs ("2"); a number stays one."""
    number = None if isinstance(value, str) else small_number(value)
    return number if isinstance(number, int) else text(value)


def average(value: object) -> float | None:
    """A small number that need not be whole, also where it came as text."""
    if isinstance(value, str):
        try:
            value = float(value[:20])
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= AVERAGE_MAX:
        return float(value)
    return None


def flag(value: object) -> bool | None:
    """True, false or nothing."""
    return value if isinstance(value, bool) else None


def texts(value: object) -> list[str] | None:
    """A list of texts without what is none."""
    if not isinstance(value, list):
        return None
    return [word for word in map(text, value) if word is not None]


def shape(**rules: Rule) -> Callable[[object], dict[str, object]]:
    """An object of which only these fields are kept, each by its rule; anything else becomes an empty one."""

    def rule(value: object) -> dict[str, object]:
        if not isinstance(value, Mapping):
            return {}
        return {name: field(value[name]) for name, field in rules.items() if name in value}

    return rule


def each(rule: Rule) -> Rule:
    """A list of objects, each by the rule; members of another kind are left out."""

    def rule_of_list(value: object) -> list[object] | None:
        if not isinstance(value, list):
            return None
        return [rule(member) for member in value if isinstance(member, Mapping)]

    return rule_of_list
