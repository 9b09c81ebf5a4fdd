"""Guessing is slowed down, and nobody is locked out by a stranger."""

from contextlib import suppress

import pytest

from cratesync.server.accounts.login_attempts import (
    CODE_FREE_FAILURES,
    ENTRIES_MAX,
    FREE_CREATIONS,
    FREE_FAILURES,
    NETWORK_FREE_FAILURES,
    LoginAttempts,
)
from cratesync.server.accounts.network import network_of
from cratesync.server.clock import HandClock
from cratesync.server.edge import ApiError

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def attempts(clock):
    return LoginAttempts(clock)


def fail(attempts, address, name, times):
    """Fail so often, or as often as one is let."""
    for _ in range(times):
        with suppress(ApiError):
            attempts.begin(address, name)


def wait_seconds(attempts, address, name) -> int:
    try:
        attempt = attempts.begin(address, name)
    except ApiError as error:
        return int(error.headers["Retry-After"])
    attempts.take_back(attempt)
    return 0


def test_the_first_failures_are_free(attempts):
    fail(attempts, HOME, "anna", FREE_FAILURES - 1)
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_every_further_failure_doubles_the_wait_up_to_a_cap(attempts, clock):
    waits = []
    for _ in range(FREE_FAILURES + 20):
        attempts.begin(HOME, "anna")
        waits.append(wait_seconds(attempts, HOME, "anna"))
        clock.advance(waits[-1])

    assert waits[FREE_FAILURES - 1 : FREE_FAILURES + 3] == [2, 3, 5, 9]
    assert max(waits) == waits[-1] == 901


def test_the_wait_ends(attempts, clock):
    fail(attempts, HOME, "anna", FREE_FAILURES)
    assert wait_seconds(attempts, HOME, "anna") == 2
    clock.advance(1.1)
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_of_many_at_once_no_more_pass_than_may_fail(attempts):
    """None of them is known to be good or bad yet."""
    fail(attempts, HOME, "anna", 100)
    fail(attempts, ELSEWHERE, "berta", FREE_FAILURES - 1)

    assert wait_seconds(attempts, HOME, "anna") > 0
    assert wait_seconds(attempts, ELSEWHERE, "berta") == 0


def test_what_was_no_guess_is_taken_back_and_lengthens_no_wait(attempts, clock):
    for number in range(NETWORK_FREE_FAILURES):
        fail(attempts, HOME, f"user{number}", 1)
    clock.advance(1.1)
    attempts.take_back(attempts.begin(HOME, "anna"))
    attempts.succeeded(attempts.begin(HOME, "berta"))

    assert wait_seconds(attempts, HOME, "carla") == 0


def test_a_stranger_locks_nobody_out(attempts):
    fail(attempts, ELSEWHERE, "anna", 1000)
    assert wait_seconds(attempts, ELSEWHERE, "anna") > 0
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_an_address_that_tries_many_names_is_slowed_as_a_whole(attempts):
    for number in range(NETWORK_FREE_FAILURES + 5):
        fail(attempts, ELSEWHERE, f"user{number}", 1)
    assert wait_seconds(attempts, ELSEWHERE, "anna") > 0


def test_who_signed_in_from_an_address_before_is_not_slowed_by_others_there(attempts):
    attempts.succeeded(attempts.begin(HOME, "anna"))
    for number in range(NETWORK_FREE_FAILURES + 5):
        fail(attempts, HOME, f"user{number}", 1)
    assert wait_seconds(attempts, HOME, "berta") > 0
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_who_signed_in_from_an_address_before_slows_nobody_else_there(attempts, clock):
    attempts.succeeded(attempts.begin(HOME, "anna"))
    for _ in range(NETWORK_FREE_FAILURES + 5):
        attempts.begin(HOME, "anna")
        clock.advance(wait_seconds(attempts, HOME, "anna"))
    attempts.begin(HOME, "anna")

    assert wait_seconds(attempts, HOME, "anna") > 0
    assert wait_seconds(attempts, HOME, "berta") == 0


def test_a_success_forgets_the_failures(attempts):
    fail(attempts, HOME, "anna", FREE_FAILURES - 1)
    attempts.succeeded(attempts.begin(HOME, "anna"))
    fail(attempts, HOME, "anna", FREE_FAILURES - 1)
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_codes_are_counted_for_their_address_alone(attempts, clock):
    for _ in range(CODE_FREE_FAILURES):
        attempts.code_failed(ELSEWHERE)

    with pytest.raises(ApiError):
        attempts.code_failed(ELSEWHERE)
    attempts.code_failed(HOME)
    assert wait_seconds(attempts, ELSEWHERE, "anna") == 0
    clock.advance(1.1)
    attempts.code_failed(ELSEWHERE)


def test_an_address_makes_only_so_many_accounts_at_once(attempts, clock):
    for _ in range(FREE_CREATIONS):
        attempts.begin_creation(ELSEWHERE)

    with pytest.raises(ApiError):
        attempts.begin_creation(ELSEWHERE)
    attempts.begin_creation(HOME)
    clock.advance(3601)
    attempts.begin_creation(ELSEWHERE)


@pytest.mark.parametrize("here", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_makes_as_many_accounts_as_it_likes(attempts, here):
    for _ in range(FREE_CREATIONS * 2):
        attempts.begin_creation(here)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_network_is_what_one_customer_is_given(address, network):
    assert network_of(address) == network


def test_every_limit_counts_networks(attempts):
    for number in range(NETWORK_FREE_FAILURES):
        for limited in (
            lambda host: attempts.begin(host, "anna"),
            lambda host, name=f"user{number}": attempts.begin(host, name),
            attempts.code_failed,
            attempts.begin_creation,
        ):
            with suppress(ApiError):
                limited(f"2001:db8::{number:x}")

    there, next_door = "2001:db8::ffff", "2001:db8:0:1::1"
    assert wait_seconds(attempts, there, "anna") > 0
    assert wait_seconds(attempts, there, "carla") > 0
    for limited in (attempts.code_failed, attempts.begin_creation):
        with pytest.raises(ApiError):
            limited(there)
        limited(next_door)
    assert wait_seconds(attempts, next_door, "anna") == 0


def test_the_memory_is_bounded(attempts):
    for number in range(ENTRIES_MAX + 100):
        attempts.code_failed(f"address{number}")
        attempts.begin_creation(f"address{number}")
        attempts.begin(f"address{number}", "berta")
        attempts.succeeded(attempts.begin(f"address{number}", "anna"))
        attempts.begin(f"address{number}", "anna")

    ledgers = [attempts._by_name, attempts._by_network, attempts._codes, attempts._creations]
    sizes = [len(attempts._at_home), *(len(ledger._entries) for ledger in ledgers)]
    assert max(sizes) == ENTRIES_MAX
