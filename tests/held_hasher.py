"""Hashing that waits until it may go on."""

import threading

from argon2 import PasswordHasher


class HeldHasher(PasswordHasher):
    """Quick, once `go` is set."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go = threading.Event()

    def hash(self, *arguments, **more):
        assert self.go.wait(20)
        return super().hash(*arguments, **more)
