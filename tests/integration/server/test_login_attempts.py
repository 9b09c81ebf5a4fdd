"""Guessing is slowed down, and nobody is locked out by a stranger."""

import pytest

from cratesync.server.clock import HandClock
from cratesync.server.edge import ApiError
from cratesync.server.login_attempts import ADDRESS_FREE_FAILURES, ENTRIES_MAX, FREE_FAILURES, LoginAttempts

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def attempts(clock):
    return LoginAttempts(clock)


def fail(attempts, address, name, times):
    for _ in range(times):
        attempts.failed(address, name)


def wait_seconds(attempts, address, name) -> int:
    try:
        attempts.check(address, name)
    except ApiError as error:
        return int(error.headers["Retry-After"])
    return 0


def test_the_first_failures_are_free(attempts):
    fail(attempts, HOME, "anna", FREE_FAILURES - 1)
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_every_further_failure_doubles_the_wait_up_to_a_cap(attempts):
    waits = []
    for _ in range(FREE_FAILURES + 20):
        attempts.failed(HOME, "anna")
        waits.append(wait_seconds(attempts, HOME, "anna"))

    assert waits[FREE_FAILURES - 1 : FREE_FAILURES + 3] == [2, 3, 5, 9]
    assert max(waits) == waits[-1] == 901


def test_the_wait_ends(attempts, clock):
    fail(attempts, HOME, "anna", FREE_FAILURES + 3)
    clock.advance(8.1)
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_a_stranger_locks_nobody_out(attempts):
    fail(attempts, ELSEWHERE, "anna", 1000)
    assert wait_seconds(attempts, ELSEWHERE, "anna") > 0
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_an_address_that_tries_many_names_is_slowed_as_a_whole(attempts):
    for number in range(ADDRESS_FREE_FAILURES + 5):
        attempts.failed(ELSEWHERE, f"user{number}")
    assert wait_seconds(attempts, ELSEWHERE, "anna") > 0


def test_who_signed_in_from_an_address_before_is_not_slowed_by_others_there(attempts):
    attempts.succeeded(HOME, "anna")
    for number in range(ADDRESS_FREE_FAILURES + 5):
        attempts.failed(HOME, f"user{number}")
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_a_success_forgets_the_failures(attempts):
    fail(attempts, HOME, "anna", FREE_FAILURES)
    attempts.succeeded(HOME, "anna")
    assert wait_seconds(attempts, HOME, "anna") == 0


def test_the_memory_is_bounded(attempts):
    for number in range(ENTRIES_MAX + 100):
        attempts.failed(f"address{number}", "anna")
        attempts.succeeded(f"address{number}", "anna")
        attempts.failed(f"address{number}", "anna")

    sizes = [len(attempts._by_name._entries), len(attempts._by_address._entries), len(attempts._at_home)]
    assert max(sizes) == ENTRIES_MAX
