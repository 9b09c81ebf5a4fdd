"""Slows down the guessing of passwords, without letting a stranger lock anybody out.

Failures count for a network (one IPv4 address, or a /64 of IPv6) and a name together: whoever guesses at anna's account from
elsewhere slows only themselves. A network that fails at many names is slowed as a whole, except for names that signed in from it before.
One-time codes and new accounts have no name yet, so they are counted for the network alone; a good code is never refused for the bad ones
of others. Refresh cookies are not counted: a mac of 256 bits is not guessed.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

from msgspec import Struct

from cratesync.server.accounts.network import network_of
from cratesync.server.clock import Clock
from cratesync.server.edge import too_many_requests
from cratesync.server.loopback import is_loopback

FREE_FAILURES = 5
NETWORK_FREE_FAILURES = 50
CODE_FREE_FAILURES = 10
FREE_CREATIONS = 20
DELAY_SECONDS_MAX = 900
FORGOTTEN_AFTER_SECONDS = 3600
ENTRIES_MAX = 20_000

K = TypeVar("K")


class _Tries(Struct):
    count: int
    last: float  # steady
    last_but_one: float


class _Ledger(Generic[K]):
    """Tries that count by key, the oldest forgotten first."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._entries: OrderedDict[K, _Tries] = OrderedDict()

    def wait_seconds(self, key: K, now: float) -> float:
        """How long the next try must wait: doubling with every one past the free ones."""
        entry = self._entries.get(key)
        if entry is None or now - entry.last > FORGOTTEN_AFTER_SECONDS or entry.count < self._free:
            return 0
        delay = min(DELAY_SECONDS_MAX, 2.0 ** min(entry.count - self._free, 20))
        return max(0, entry.last + delay - now)

    def count(self, key: K, now: float) -> None:
        entry = self._entries.pop(key, None)
        if entry is None or now - entry.last > FORGOTTEN_AFTER_SECONDS:
            entry = _Tries(0, now, now)
        self._entries[key] = _Tries(entry.count + 1, now, entry.last)
        if len(self._entries) > ENTRIES_MAX:
            self._entries.popitem(last=False)

    def take_back(self, key: K) -> None:
        """The newest try was none."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.count = max(0, entry.count - 1)
            entry.last = entry.last_but_one

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)


class Attempt(Struct, frozen=True):
    """A password that is being looked at. It counts as a failure until it is known to be none."""

    network: str
    username_key: str
    counts_for_network: bool


class LoginAttempts:
    """Who may try now. Kept in this process alone, in bounded memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_name: _Ledger[tuple[str, str]] = _Ledger(FREE_FAILURES)
        self._by_network: _Ledger[str] = _Ledger(NETWORK_FREE_FAILURES)
        self._codes: _Ledger[str] = _Ledger(CODE_FREE_FAILURES)
        self._creations: _Ledger[str] = _Ledger(FREE_CREATIONS)
        self._at_home: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, address: str, username_key: str) -> Attempt:
        """Count an attempt, before anything is awaited: of many at once no more than the free ones pass. Raises `ApiError` where
        it comes too early."""
        now, network = self._clock.steady(), network_of(address)
        attempt = Attempt(network, username_key, (network, username_key) not in self._at_home)
        wait = self._by_name.wait_seconds((network, username_key), now)
        if attempt.counts_for_network:
            wait = max(wait, self._by_network.wait_seconds(network, now))
        _wait(wait)
        self._by_name.count((network, username_key), now)
        if attempt.counts_for_network:
            self._by_network.count(network, now)
        return attempt

    def succeeded(self, attempt: Attempt) -> None:
        """Forget the failures at this name, and remember that it is at home here."""
        self.take_back(attempt)
        home = (attempt.network, attempt.username_key)
        self._by_name.forget(home)
        self._at_home.pop(home, None)
        self._at_home[home] = None
        if len(self._at_home) > ENTRIES_MAX:
            self._at_home.popitem(last=False)

    def take_back(self, attempt: Attempt) -> None:
        """Nobody looked at the password: it was no guess."""
        self._by_name.take_back((attempt.network, attempt.username_key))
        if attempt.counts_for_network:
            self._by_network.take_back(attempt.network)

    def code_failed(self, address: str) -> None:
        """Count a code that was not good. Raises `ApiError` where there were too many from there."""
        now, network = self._clock.steady(), network_of(address)
        _wait(self._codes.wait_seconds(network, now))
        self._codes.count(network, now)

    def begin_creation(self, address: str) -> None:
        """Count a new account, or the try at one. Raises `ApiError` where there were too many from there. This machine itself is
        not limited."""
        if is_loopback(address):
            return
        now, network = self._clock.steady(), network_of(address)
        _wait(self._creations.wait_seconds(network, now))
        self._creations.count(network, now)


def _wait(wait: float) -> None:
    if wait > 0:
        seconds = int(wait) + 1
        raise too_many_requests(f"Too many attempts; try again in {seconds} s.", seconds)
