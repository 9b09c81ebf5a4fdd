"""The people of this Discogs: their names, tokens, collections and wantlists."""

from collections.abc import Callable, Iterator
from pathlib import Path

from cratesync.simulator.catalog import Catalog
from cratesync.simulator.collection import Collection
from cratesync.simulator.dice import salt_of
from cratesync.simulator.fields import derived_fields, seeded_fields
from cratesync.simulator.folders import Folders, seeded_folders
from cratesync.simulator.pacific import pacific
from cratesync.simulator.recorded import RecordedEntries, Recording, read_recording
from cratesync.simulator.records import Value
from cratesync.simulator.seeded import ITEMS_MAX, SeededItems, SeededWants, first_instance_id
from cratesync.simulator.wantlist import Wantlist

_SLOTS = 4096
_REGISTERED_FIRST = 1_100_000_000  # November 2004


class User:
    def __init__(
        self, name: str, token: str, user_id: int, collection: Collection, wantlist: Wantlist
    ) -> None:
        self.name = name
        self.token: str | None = token
        self.id = user_id
        self.currency = "EUR"
        self.registered = pacific(_REGISTERED_FIRST + user_id * 37 % 600_000_000)
        self.collection = collection
        self.wantlist = wantlist
        self._rated: dict[int, int] = {}

    def make_private(self) -> None:
        """Hide collection and wantlist from everybody else."""
        self.collection.private = self.wantlist.private = True

    def make_public(self) -> None:
        self.collection.private = self.wantlist.private = False

    def rating_of(self, release_id: int) -> int:
        """What the user thinks of a release, owned, wanted or neither."""
        if release_id in self._rated:
            return self._rated[release_id]
        for entry in (*self.collection.copies_of(release_id), self.wantlist.want(release_id)):
            if entry is not None:
                return entry.rating
        return 0

    def rate(self, release_id: int, rating: int) -> None:
        self._rated[release_id] = rating
        self.collection.rate(release_id, rating)
        self.wantlist.rate(release_id, rating)


class Users:
    def __init__(self, catalog: Catalog, today: Callable[[], int]) -> None:
        self.catalog = catalog
        self._today = today
        self._by_name: dict[str, User] = {}
        self._slots: set[int] = set()

    def __iter__(self) -> Iterator[User]:
        return iter(tuple(self._by_name.values()))

    def named(self, name: str) -> User | None:
        """Names are told apart without regard to case."""
        return self._by_name.get(name.casefold())

    def with_token(self, token: str) -> User | None:
        return next((user for user in self._by_name.values() if user.token == token), None)

    def add(self, name: str, token: str, items: int = 0, wants: int = 0) -> User:
        """Invent a user with that many items and wants. Raises ValueError where that cannot be."""
        if not 0 <= items <= ITEMS_MAX or not 0 <= wants <= ITEMS_MAX:
            raise ValueError(
                f"User {name} is to have {items} items and {wants} wants; from 0 to {ITEMS_MAX} can be."
            )
        self._check(name, token)
        slot = self._take_slot(name)
        folders = Folders(seeded_folders(self.catalog.seed, name, items))
        rating_of = self._rating_of(name)
        collection = Collection(
            SeededItems(self.catalog, name, slot, items, folders.ids()),
            username=name,
            catalog=self.catalog,
            folders=folders,
            fields=seeded_fields(),
            value=_value(items, salt_of(self.catalog.seed, name, "value") % 900),
            next_instance_id=first_instance_id(slot) + items * 3,
            rating_of=rating_of,
            today=self._today,
        )
        wantlist = Wantlist(
            SeededWants(self.catalog, name, wants),
            username=name,
            catalog=self.catalog,
            rating_of=rating_of,
            today=self._today,
        )
        return self._settle(User(name, token, self._user_id(name), collection, wantlist))

    def load(self, name: str, token: str, path: Path) -> User:
        """A user with a recorded collection. Raises ValueError where the folder holds none."""
        self._check(name, token)
        return self.replay(name, token, read_recording(path))

    def replay(self, name: str, token: str, recording: Recording) -> User:
        for basic in recording.releases():
            self.catalog.learn(basic)
        rating_of = self._rating_of(name)
        collection = Collection(
            RecordedEntries(recording.items),
            username=name,
            catalog=self.catalog,
            folders=Folders(recording.folder_names()),
            fields=list(recording.fields.values()) or derived_fields(recording.note_fields()),
            value=recording.value or _value(len(recording.items), 500),
            next_instance_id=max(recording.items, default=1_000_000_000) + 3,
            rating_of=rating_of,
            today=self._today,
        )
        wantlist = Wantlist(
            RecordedEntries(recording.wants),
            username=name,
            catalog=self.catalog,
            rating_of=rating_of,
            today=self._today,
        )
        return self._settle(User(name, token, self._user_id(name), collection, wantlist))

    def give_token(self, user: User, token: str | None) -> None:
        """Replace the token of a user; nothing revokes it."""
        holder = self.with_token(token) if token else None
        if token == "" or holder not in (None, user):
            raise ValueError("That token is empty or belongs to somebody else.")
        user.token = token

    def _settle(self, user: User) -> User:
        self._by_name[user.name.casefold()] = user
        return user

    def _rating_of(self, name: str) -> Callable[[int], int]:
        """How a copy added later is rated: as its release was by the user before."""
        return lambda release_id: self._by_name[name.casefold()].rating_of(release_id)

    def _check(self, name: str, token: str) -> None:
        if not name or not token:
            raise ValueError("A user needs a name and a token.")
        if self.named(name) is not None:
            raise ValueError(f"There is a user {name} already.")
        if self.with_token(token) is not None:
            raise ValueError(f"The token of {name} belongs to somebody else already.")

    def _take_slot(self, name: str) -> int:
        """A range of instance ids: by the name, so that the order of users does not matter."""
        slot = salt_of(self.catalog.seed, name.casefold(), "slot") % _SLOTS
        while slot in self._slots:
            slot += 1
        self._slots.add(slot)
        return slot

    def _user_id(self, name: str) -> int:
        return 100_000 + salt_of(self.catalog.seed, name.casefold(), "id") % 20_000_000


def _value(items: int, cents: int) -> Value:
    median = items * 8.4 + cents / 100 if items else 0.0
    return Value(maximum=_money(median * 1.43), median=_money(median), minimum=_money(median * 0.71))


def _money(amount: float) -> str:
    return f"€{amount:,.2f}"
