"""Contents that are known to be stored: most records of a page are ones that somebody else has, too."""

from collections.abc import Callable, Mapping

from cratesync.server.store.words import SortKeys

REMEMBERED_MAX = 40_000
REMEMBERED_SECONDS = 3 * 3600.0


class KnownContents:
    """Contents that this process wrote or found, by digest, and what they are sorted by. In two generations: the older one is
    dropped when the younger is full, or has grown old.

    The sweep deletes no content that was referred to less than a day ago (contents.py), so whoever was remembered for at most
    twice `REMEMBERED_SECONDS` is still there.
    """

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._young: dict[bytes, SortKeys] = {}
        self._old: dict[bytes, SortKeys] = {}
        self._since = steady()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._young or digest in self._old

    def find(self, digest: bytes) -> SortKeys | None:
        """What it is sorted by, if it is known."""
        return self._young.get(digest) or self._old.get(digest)

    def remember(self, contents: Mapping[bytes, SortKeys]) -> None:
        """These are stored, and committed."""
        self._young.update(contents)

    def age(self) -> None:
        """Forget what is too old or too much. Before each look, so that nothing is believed for too long."""
        now = self._steady()
        passed = now - self._since
        if len(self._young) < REMEMBERED_MAX // 2 and 0 <= passed < REMEMBERED_SECONDS:
            return
        self._old = self._young if 0 <= passed < 2 * REMEMBERED_SECONDS else {}
        self._young, self._since = {}, now
