"""Hashing is dear, so it is done a few at a time, and nobody takes all the places in the queue."""

import asyncio

from cratesync.server.accounts.passwords import WAITING_MAX, WAITING_OF_ONE_NETWORK_MAX, Passwords
from cratesync.server.edge import ApiError
from cratesync.server.secret import Secret
from held_hasher import HeldHasher


async def hash_at_once(*addresses: str) -> list[str | BaseException]:
    """What becomes of one password from each address, all there before the first is hashed."""
    hasher = HeldHasher()
    passwords = Passwords(hasher)
    waiting = [asyncio.ensure_future(passwords.hash(Secret("secret"), address=each)) for each in addresses]
    await asyncio.sleep(0)
    hasher.go.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(await passwords.hash(Secret("secret"), address=addresses[0]), str), (
        "The queue is empty."
    )
    return answers


def refused(answers) -> list[int]:
    return [number for number, answer in enumerate(answers) if isinstance(answer, ApiError)]


async def test_one_network_has_but_a_part_of_the_queue():
    crowd = [f"2001:db8::{number:x}" for number in range(WAITING_OF_ONE_NETWORK_MAX + 4)]
    answers = await hash_at_once(*crowd, "192.0.2.1")

    assert refused(answers) == list(range(WAITING_OF_ONE_NETWORK_MAX, len(crowd)))
    assert isinstance(answers[-1], str)


async def test_the_queue_is_bounded():
    answers = await hash_at_once(*(f"192.0.2.{number}" for number in range(WAITING_MAX + 4)))
    assert refused(answers) == list(range(WAITING_MAX, WAITING_MAX + 4))
