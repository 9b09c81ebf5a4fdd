"""The wantlist of one user: releases, each at most once."""

from collections.abc import Callable

from cratesync.simulator.catalog import Catalog
from cratesync.simulator.items import Want, want_url
from cratesync.simulator.listing import Listing, Source
from cratesync.simulator.pacific import epoch_of, pacific


class Wantlist:
    def __init__(
        self,
        source: Source[Want],
        *,
        username: str,
        catalog: Catalog,
        rating_of: Callable[[int], int],
        today: Callable[[], int],
    ) -> None:
        self.private = False
        self.wants: Listing[Want] = Listing(source)
        self._username = username
        self._catalog = catalog
        self._rating_of = rating_of
        self._today = today

    def __len__(self) -> int:
        return len(self.wants)

    def release_ids(self) -> list[int]:
        """All wanted releases, oldest first."""
        return list(self.wants)

    def want(self, release_id: int) -> Want | None:
        return self.wants.get(release_id)

    def page(self, sort: str, *, descending: bool, start: int, count: int) -> list[Want]:
        return self.wants.slice(sort, descending=descending, folder_id=0, start=start, count=count)

    def add(self, release_id: int, notes: str = "") -> Want:
        """Want a release. One that is wanted already stays where it is."""
        known = self.wants.get(release_id)
        if known is not None:
            return known
        newest = self.wants.newest()
        date = max(self._today(), 0 if newest is None else int(epoch_of(newest.date_added)) + 1)
        want = Want(
            release_id=release_id,
            rating=self._rating_of(release_id),
            date_added=pacific(date),
            notes=notes,
            basic=self._catalog.described(release_id),
            resource_url=want_url(self._username, release_id),
        )
        self.wants.add(want)
        return want

    def remove(self, release_id: int) -> bool:
        """Whether it was there."""
        if self.wants.get(release_id) is None:
            return False
        self.wants.remove(release_id)
        return True

    def rate(self, release_id: int, rating: int) -> None:
        want = self.wants.get(release_id)
        if want is not None:
            self.wants.change(want.rated(rating))

    def note(self, release_id: int, notes: str) -> None:
        want = self.wants.get(release_id)
        if want is not None:
            self.wants.change(want.noted(notes))
