"""What became of one expectation, and the ways to look for it in what was observed. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from cratesync.client.discogs_check.observations import Observation
from cratesync.client.discogs_check.shapes import unlike

NAMED_MAX = 6

Outcome = Literal["as_expected", "different", "not_seen"]


class Finding(Struct, frozen=True):
    """`seen` says it for a person: counts, keys and statuses, never a value of a record."""

    outcome: Outcome
    seen: str


class Seen:
    """Everything that was observed so far, by the name of what was asked."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self.all = tuple(observations)
        self._by_name = {observation.ask.name: observation for observation in self.all}

    def named(self, name: str) -> Observation | None:
        """Nothing where it was not asked."""
        return self._by_name.get(name)


Check = Callable[[Seen], Finding]
Look = Callable[[Observation], Finding]
Holds = Callable[[Observation], bool]
Tell = Callable[[Observation], str]

NOT_SEEN = Finding("not_seen", "nothing was answered that shows it")


def finding(*, holds: bool, seen: str) -> Finding:
    """As expected where it holds."""
    return Finding("as_expected" if holds else "different", seen)


def at(name: str, look: Look) -> Check:
    """Look at one answer, whatever its status."""

    def check(seen: Seen) -> Finding:
        observation = seen.named(name)
        return NOT_SEEN if observation is None else look(observation)

    return check


def content(name: str, look: Look) -> Check:
    """Look at one answer, provided that it is a good one."""

    def good(observation: Observation) -> Finding:
        if observation.good:
            return look(observation)
        return Finding("not_seen", f"answered {observation.status} ({observation.body})")

    return at(name, good)


def first_content(names: tuple[str, ...], look: Look) -> Check:
    """Look at the first good answer among these."""

    def check(seen: Seen) -> Finding:
        good = [name for name in names if (observation := seen.named(name)) is not None and observation.good]
        return content((good or names)[0], look)(seen)

    return check


def every(pick: Holds, holds: Holds, tell: Tell) -> Check:
    """Look at all answers of a kind; `tell` says of one what it has instead."""

    def check(seen: Seen) -> Finding:
        picked = [observation for observation in seen.all if pick(observation)]
        if not picked:
            return NOT_SEEN
        wrong = [observation for observation in picked if not holds(observation)]
        if not wrong:
            return Finding("as_expected", f"{len(picked)} of {len(picked)} answers")
        told = [f"{observation.ask.name}: {tell(observation)}" for observation in wrong]
        return Finding("different", f"{len(wrong)} of {len(picked)} answers not; {several(told)}")

    return check


def keys(prefix: str, expected: Mapping[str, str]) -> Look:
    """All keys are there, each of its kind."""

    def look(observation: Observation) -> Finding:
        owners = observation.shape.kinds(prefix.removesuffix(".")).get("object", 0)
        if not owners:
            return Finding("not_seen", "there was none to look at")
        difference = unlike(observation.shape, prefix, expected)
        told = [f"no {place}" for place in difference.missing] + list(difference.odd)
        return finding(holds=not told, seen=several(told) if told else f"{owners} looked at")

    return look


def nothing_else(prefix: str, expected: Mapping[str, str]) -> Look:
    """No key is there that nobody has described."""

    def look(observation: Observation) -> Finding:
        if not observation.shape.kinds(prefix.removesuffix(".")):
            return Finding("not_seen", "there was none to look at")
        unknown = unlike(observation.shape, prefix, expected).unknown
        return finding(holds=not unknown, seen=several(list(unknown)) if unknown else "nothing else")

    return look


def refusal(status: int, message: str) -> Look:
    """Refused with this status and sentence."""

    def look(observation: Observation) -> Finding:
        holds = observation.status == status and observation.message == message
        return finding(holds=holds, seen=said(observation))

    return look


def said(observation: Observation) -> str:
    """Status and message."""
    if observation.message is None:
        return f"{observation.status}, no message ({observation.body})"
    return f"{observation.status} “{observation.message}”"


def several(told: list[str]) -> str:
    """The first few of a list."""
    more = len(told) - NAMED_MAX
    return "; ".join(told[:NAMED_MAX]) + (f"; {more} more" if more > 0 else "")
