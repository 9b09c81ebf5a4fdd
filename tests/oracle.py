"""The oracle: all that a list ever was, and what may be said of a mirror of it.

It is told of every change of the list and of whatever is done with the mirror, in the order in which it happens. It knows no
engine, no store and no database, so the same one judges all of them. What it holds a mirror to stands in
docs/explanation/scans-and-removals.md, under "How this is shown".
"""

from collections.abc import Collection, Hashable, Mapping


class Oracle:
    """A list maps keys to values. `stays` are the keys that were in the list at all times since the mirror took them,
    `always` those that were in it at all times since the sync began, and `moments` every set of keys that it was since."""

    def __init__(self, truth: Mapping[int, Hashable]) -> None:
        self.truth: dict[int, Hashable] = {}
        self.ever: dict[int, set[Hashable]] = {}
        self.stays: set[int] = set()
        self.always: set[int] = set()
        self.moments: set[frozenset[int]] = set()
        self.changed(truth)

    # --- what happens ---

    def changed(self, truth: Mapping[int, Hashable]) -> None:
        """The list is like this now."""
        self.truth = dict(truth)
        self.stays &= truth.keys()
        self.always &= truth.keys()
        self.moments.add(frozenset(truth))
        for key, value in truth.items():
            self.ever.setdefault(key, set()).add(value)

    def began(self) -> None:
        """A sync begins."""
        self.always = set(self.truth)
        self.moments = {frozenset(self.truth)}

    def mirrored(self, keys: Collection[int]) -> None:
        """The mirror took these records out of an answer."""
        self.stays |= self.truth.keys() & keys

    # --- what must hold ---

    def sees(self, mirror: Mapping[int, Hashable]) -> None:
        """At every moment: nothing is missed that was there before and after, and nothing was made up."""
        missed = self.stays - mirror.keys()
        assert not missed, f"{sorted(missed)} never left the list, and yet are not in the mirror"
        invented = {key: value for key, value in mirror.items() if value not in self.ever.get(key, ())}
        assert not invented, f"the list never held {invented}"

    def absent(self, keys: Collection[int]) -> None:
        """The sync says that it has seen the absence of these."""
        owned = self.always & set(keys)
        assert not owned, f"{sorted(owned)} were in the list during the whole sync"

    def verified(self, keys: Collection[int]) -> None:
        """The sync says that the mirror, which holds these, is what the list was at some moment of it."""
        assert frozenset(keys) in self.moments, (
            f"the list was never {sorted(keys)} during the sync, only {sorted(map(sorted, self.moments))}"
        )

    def counted(self, keys: Collection[int]) -> None:
        """The sync looked at the newest records alone and says that no others came or went: the numbers agree at least."""
        assert len(keys) in set(map(len, self.moments)), (
            f"the list never held just {len(keys)} during the sync"
        )

    def complete(self, keys: Collection[int]) -> None:
        """The sync says less of a list by cursor, which it read at no one moment: the mirror holds all that was there all the
        time, and nothing that was there at no time."""
        held = frozenset(keys)
        assert self.always <= held <= frozenset().union(*self.moments), (
            f"the list was never like {sorted(keys)}"
        )

    def rests(self, mirror: Mapping[int, Hashable]) -> None:
        """Nothing changes any more and a full sync is verified: the mirror is the list."""
        assert dict(mirror) == self.truth
