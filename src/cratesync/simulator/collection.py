"""The collection of one user: items in folders, with every edit that Discogs allows."""

from collections.abc import Callable

from cratesync.simulator.catalog import Catalog
from cratesync.simulator.folders import ALL, UNCATEGORIZED, Folders
from cratesync.simulator.items import Item
from cratesync.simulator.listing import Listing, Source
from cratesync.simulator.pacific import epoch_of, pacific
from cratesync.simulator.records import BASE, Field, Folder, Value


class Collection:
    def __init__(
        self,
        source: Source[Item],
        *,
        username: str,
        catalog: Catalog,
        folders: Folders,
        fields: list[Field],
        value: Value,
        next_instance_id: int,
        rating_of: Callable[[int], int],
        today: Callable[[], int],
    ) -> None:
        self.private = False
        self.folders = folders
        self.fields = fields
        self.value = value
        self.items: Listing[Item] = Listing(source)
        self._username = username
        self._catalog = catalog
        self._next_instance_id = next_instance_id
        self._rating_of = rating_of
        self._today = today
        self._counts: dict[int, int] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def instance_ids(self) -> list[int]:
        """All instance ids, oldest first."""
        return list(self.items)

    def item(self, instance_id: int) -> Item | None:
        return self.items.get(instance_id)

    def copies_of(self, release_id: int) -> list[Item]:
        return self.items.of_release(release_id)

    def page(self, folder_id: int, sort: str, *, descending: bool, start: int, count: int) -> list[Item]:
        return self.items.slice(sort, descending=descending, folder_id=folder_id, start=start, count=count)

    def size(self, folder_id: int) -> int:
        if folder_id == ALL:
            return len(self.items)
        return self._folder_counts().get(folder_id, 0)

    def folder(self, folder_id: int) -> Folder:
        return Folder(
            id=folder_id,
            name=self.folders.name(folder_id),
            count=self.size(folder_id),
            resource_url=f"{BASE}/users/{self._username}/collection/folders/{folder_id}",
        )

    def public_fields(self) -> frozenset[int]:
        return frozenset(field.id for field in self.fields if field.public)

    def add(self, release_id: int, folder_id: int = UNCATEGORIZED) -> Item:
        """Add one more copy, now. Its rating is the one the user gave the release before."""
        copies = self.copies_of(release_id)
        item = Item(
            instance_id=self._next_instance_id,
            release_id=release_id,
            folder_id=folder_id,
            rating=copies[0].rating if copies else self._rating_of(release_id),
            date_added=pacific(self._next_date()),
            notes=(),
            basic=copies[0].basic if copies else self._catalog.described(release_id),
        )
        self._next_instance_id += 3
        self.items.add(item)
        self._count(folder_id, 1)
        return item

    def remove(self, instance_id: int) -> None:
        item = self._owned(instance_id)
        self.items.remove(instance_id)
        self._count(item.folder_id, -1)

    def move(self, instance_id: int, folder_id: int) -> Item:
        item = self._owned(instance_id)
        self._count(item.folder_id, -1)
        self._count(folder_id, 1)
        return self._changed(item.moved(folder_id))

    def rate(self, release_id: int, rating: int) -> None:
        """Rate a release: all its copies have the same rating."""
        for copy in self.copies_of(release_id):
            self.items.change(copy.rated(rating))

    def note(self, instance_id: int, field_id: int, value: str) -> Item:
        return self._changed(self._owned(instance_id).noted(field_id, value))

    def retitle(self, release_id: int, title: str) -> None:
        """Change the content of a release, as somebody's edit of the database does."""
        for copy in self.copies_of(release_id):
            self.items.change(copy.retitled(title))

    def _changed(self, item: Item) -> Item:
        self.items.change(item)
        return item

    def _owned(self, instance_id: int) -> Item:
        item = self.items.get(instance_id)
        if item is None:
            raise KeyError(f"{self._username} owns no instance {instance_id}.")
        return item

    def _next_date(self) -> int:
        """Now, and never before the newest item, whatever this machine's clock says."""
        newest = self.items.newest()
        return max(self._today(), 0 if newest is None else int(epoch_of(newest.date_added)) + 1)

    def _folder_counts(self) -> dict[int, int]:
        if self._counts is None:
            counts: dict[int, int] = {}
            for key in self.items:
                folder_id = self.items.folder_of(key)
                counts[folder_id] = counts.get(folder_id, 0) + 1
            self._counts = counts
        return self._counts

    def _count(self, folder_id: int, more: int) -> None:
        if self._counts is not None:
            self._counts[folder_id] = self._counts.get(folder_id, 0) + more
