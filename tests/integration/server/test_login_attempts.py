"""Guessing is slowed down, and nobody is locked out by a stranger."""

import pytest

from cratesync.server.accounts.login_attempts import (
    ADDRESS_FREE_FAILURES,
    CODE_FREE_FAILURES,
    ENTRIES_MAX,
    FREE_CREATIONS,
    FREE_FAILURES,
    LoginAttempts,
)
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


def test_codes_are_counted_for_their_address_alone(attempts, clock):
    for _ in range(CODE_FREE_FAILURES):
        attempts.check_code(ELSEWHERE)
        attempts.code_failed(ELSEWHERE)

    with pytest.raises(ApiError):
        attempts.check_code(ELSEWHERE)
    attempts.check_code(HOME)
    assert wait_seconds(attempts, ELSEWHERE, "anna") == 0
    clock.advance(1.1)
    attempts.check_code(ELSEWHERE)


def test_an_address_makes_only_so_many_accounts_at_once(attempts, clock):
    for _ in range(FREE_CREATIONS):
        attempts.check_creation(ELSEWHERE)
        attempts.created(ELSEWHERE)

    with pytest.raises(ApiError):
        attempts.check_creation(ELSEWHERE)
    attempts.check_creation(HOME)
    clock.advance(3601)
    attempts.check_creation(ELSEWHERE)


def test_this_machine_itself_makes_as_many_accounts_as_it_likes(attempts):
    for _ in range(FREE_CREATIONS * 2):
        attempts.check_creation("127.0.0.1")
        attempts.created("127.0.0.1")


def test_the_memory_is_bounded(attempts):
    for number in range(ENTRIES_MAX + 100):
        attempts.code_failed(f"address{number}")
        attempts.created(f"address{number}")
        attempts.failed(f"address{number}", "anna")
        attempts.succeeded(f"address{number}", "anna")
        attempts.failed(f"address{number}", "anna")

    ledgers = [attempts._by_name, attempts._by_address, attempts._codes, attempts._creations]
    sizes = [len(attempts._at_home), *(len(ledger._entries) for ledger in ledgers)]
    assert max(sizes) == ENTRIES_MAX
