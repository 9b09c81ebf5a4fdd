"""Slows down the guessing of passwords, without letting a stranger lock anybody out.

Failures count for an address and a name together: whoever guesses at anna's account from elsewhere slows only themselves.
An address that fails at many names is slowed as a whole, except for names that signed in from it before.
One-time codes and new accounts have no name yet, so they are counted for the address alone. Refresh cookies are not counted: a
mac of 256 bits is not guessed.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

from msgspec import Struct

from cratesync.server.clock import Clock
from cratesync.server.edge import too_many_requests
from cratesync.server.loopback import is_loopback

FREE_FAILURES = 5
ADDRESS_FREE_FAILURES = 50
CODE_FREE_FAILURES = 10
FREE_CREATIONS = 20
DELAY_SECONDS_MAX = 900
FORGOTTEN_AFTER_SECONDS = 3600
ENTRIES_MAX = 20_000

K = TypeVar("K")


class _Tries(Struct):
    count: int
    last: float  # steady


class _Ledger(Generic[K]):
    """Tries that count by key, the oldest forgotten first."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._entries: OrderedDict[K, _Tries] = OrderedDict()

    def wait_seconds(self, key: K, now: float) -> float:
        """How long the next attempt must wait: doubling with every failure past the free ones."""
        entry = self._entries.get(key)
        if entry is None or now - entry.last > FORGOTTEN_AFTER_SECONDS or entry.count < self._free:
            return 0
        delay = min(DELAY_SECONDS_MAX, 2.0 ** min(entry.count - self._free, 20))
        return max(0, entry.last + delay - now)

    def failed(self, key: K, now: float) -> None:
        entry = self._entries.pop(key, None)
        if entry is None or now - entry.last > FORGOTTEN_AFTER_SECONDS:
            entry = _Tries(0, now)
        entry.count += 1
        entry.last = now
        self._entries[key] = entry
        if len(self._entries) > ENTRIES_MAX:
            self._entries.popitem(last=False)

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)


class LoginAttempts:
    """Who may try now. Kept in this process alone, in bounded memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_name: _Ledger[tuple[str, str]] = _Ledger(FREE_FAILURES)
        self._by_address: _Ledger[str] = _Ledger(ADDRESS_FREE_FAILURES)
        self._codes: _Ledger[str] = _Ledger(CODE_FREE_FAILURES)
        self._creations: _Ledger[str] = _Ledger(FREE_CREATIONS)
        self._at_home: OrderedDict[tuple[str, str], None] = OrderedDict()

    def check(self, address: str, username_key: str) -> None:
        """Raises `ApiError` where the attempt comes too early."""
        now = self._clock.steady()
        wait = self._by_name.wait_seconds((address, username_key), now)
        if (address, username_key) not in self._at_home:
            wait = max(wait, self._by_address.wait_seconds(address, now))
        _wait(wait)

    def failed(self, address: str, username_key: str) -> None:
        """Count a wrong password or an unknown name."""
        now = self._clock.steady()
        self._by_name.failed((address, username_key), now)
        if (address, username_key) not in self._at_home:
            self._by_address.failed(address, now)

    def succeeded(self, address: str, username_key: str) -> None:
        """Forget the failures, and remember that this name is at home here."""
        self._by_name.forget((address, username_key))
        self._at_home.pop((address, username_key), None)
        self._at_home[address, username_key] = None
        if len(self._at_home) > ENTRIES_MAX:
            self._at_home.popitem(last=False)

    def check_code(self, address: str) -> None:
        """Raises `ApiError` where this address tried too many codes that were not good."""
        _wait(self._codes.wait_seconds(address, self._clock.steady()))

    def code_failed(self, address: str) -> None:
        """Count a code that was not good."""
        self._codes.failed(address, self._clock.steady())

    def check_creation(self, address: str) -> None:
        """Raises `ApiError` where too many accounts were made from this address. This machine itself is not limited."""
        _wait(self._creations.wait_seconds(address, self._clock.steady()))

    def created(self, address: str) -> None:
        """Count a new account."""
        if not is_loopback(address):
            self._creations.failed(address, self._clock.steady())


def _wait(wait: float) -> None:
    if wait > 0:
        seconds = int(wait) + 1
        raise too_many_requests(f"Too many attempts; try again in {seconds} s.", seconds)
