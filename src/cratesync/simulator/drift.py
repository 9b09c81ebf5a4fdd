"""Changes that a user makes while somebody else reads: what an offset into live data has to survive."""

import random
from collections.abc import Sequence

from cratesync.simulator.catalog import RELEASE_ID_MAX, release_id_of
from cratesync.simulator.faults import Kind
from cratesync.simulator.users import User
from cratesync.simulator.world import Shown


class Drift:
    """Every change picks what it changes by the seed, unless it is told."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def strike(self, kind: Kind, shown: Shown) -> None:
        """Change the list behind a page just answered. What is removed was on that page, so that the rest moves up by
        one and an entry slips past whoever reads on."""
        if kind in (Kind.DRIFT_REMOVE, Kind.DRIFT_BOTH) and shown.keys:
            key = self._random.choice(shown.keys)
            if shown.wants:
                shown.user.wantlist.remove(key)
            else:
                shown.user.collection.remove(key)
        if kind in (Kind.DRIFT_ADD, Kind.DRIFT_BOTH):
            if shown.wants:
                self.want(shown.user)
            else:
                self.add(shown.user)

    def add(
        self, user: User, count: int = 1, release_ids: Sequence[int] = (), folder_id: int | None = None
    ) -> list[int]:
        """Add a copy of each release named, or of so many not owned yet. The new instance ids."""
        folders = user.collection.folders.ids() if folder_id is None else [folder_id]
        chosen = release_ids or [self._unowned(user) for _ in range(count)]
        return [user.collection.add(release, self._random.choice(folders)).instance_id for release in chosen]

    def remove(self, user: User, count: int = 1, instance_ids: Sequence[int] = ()) -> list[int]:
        chosen = self._chosen(user, count, instance_ids)
        for instance_id in chosen:
            user.collection.remove(instance_id)
        return chosen

    def move(
        self, user: User, count: int = 1, instance_ids: Sequence[int] = (), folder_id: int | None = None
    ) -> list[int]:
        """Move items to a folder, or each to another than it is in. Without a second folder one is made."""
        if len(user.collection.folders.ids()) == 1 and folder_id is None:
            user.collection.folders.add("Moved")
        chosen = self._chosen(user, count, instance_ids)
        for instance_id in chosen:
            item = user.collection.item(instance_id)
            others = [
                other for other in user.collection.folders.ids() if item is None or other != item.folder_id
            ]
            user.collection.move(instance_id, self._random.choice(others) if folder_id is None else folder_id)
        return chosen

    def rerate(
        self, user: User, count: int = 1, instance_ids: Sequence[int] = (), rating: int | None = None
    ) -> list[int]:
        """Rate releases anew, with them every copy of them. The items chosen."""
        chosen = self._chosen(user, count, instance_ids)
        for instance_id in chosen:
            item = user.collection.item(instance_id)
            if item is not None:
                user.rate(item.release_id, (item.rating + 1) % 6 if rating is None else rating)
        return chosen

    def edit(
        self, user: User, count: int = 1, instance_ids: Sequence[int] = (), text: str | None = None
    ) -> list[int]:
        """Write another note into the last field that takes text."""
        chosen = self._chosen(user, count, instance_ids)
        field_id = max((field.id for field in user.collection.fields if field.type == "textarea"), default=3)
        for instance_id in chosen:
            user.collection.note(instance_id, field_id, text or f"Edited {self._random.randrange(10**6)}")
        return chosen

    def retitle(
        self, user: User, count: int = 1, instance_ids: Sequence[int] = (), text: str | None = None
    ) -> list[int]:
        """Change the title of releases, as an edit of the database does."""
        chosen = self._chosen(user, count, instance_ids)
        for instance_id in chosen:
            item = user.collection.item(instance_id)
            if item is not None:
                user.collection.retitle(item.release_id, text or f"{item.basic.title} *")
        return chosen

    def want(self, user: User, count: int = 1, release_ids: Sequence[int] = ()) -> list[int]:
        """Want each release named, or so many new ones. Their ids."""
        chosen = release_ids or [self._unowned(user) for _ in range(count)]
        return [user.wantlist.add(release_id).release_id for release_id in chosen]

    def unwant(self, user: User, count: int = 1, release_ids: Sequence[int] = ()) -> list[int]:
        chosen = list(release_ids) or self._sample(user.wantlist.release_ids(), count)
        for release_id in chosen:
            user.wantlist.remove(release_id)
        return chosen

    def _chosen(self, user: User, count: int, instance_ids: Sequence[int]) -> list[int]:
        return list(instance_ids) or self._sample(user.collection.instance_ids(), count)

    def _sample(self, keys: list[int], count: int) -> list[int]:
        return self._random.sample(keys, min(count, len(keys)))

    def _unowned(self, user: User) -> int:
        while True:
            release_id = release_id_of(self._random.randrange(RELEASE_ID_MAX))
            if user.wantlist.want(release_id) is None and not user.collection.copies_of(release_id):
                return release_id
