"""Whether whoever signed in on a connection may still be there."""

import asyncio
from collections.abc import Callable

from cratesync.server.accounts.auth import Authenticator, Identity
from cratesync.server.clock import Clock


class SignInWatch:
    """Looks every so often, and when the sign-in expires; `on_gone` is called once it does not hold any more."""

    __slots__ = (
        "_authenticator",
        "_clock",
        "_every",
        "_identity",
        "_on_fault",
        "_on_gone",
        "_task",
        "_timer",
    )

    def __init__(
        self,
        identity: Identity,
        *,
        authenticator: Authenticator,
        clock: Clock,
        every_seconds: float,
        on_gone: Callable[[], None],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self._identity = identity
        self._authenticator = authenticator
        self._clock = clock
        self._every = every_seconds
        self._on_gone = on_gone
        self._on_fault = on_fault
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, identity: Identity) -> None:
        """Watch this sign-in, instead of an earlier one if there was."""
        self._identity = identity
        self._stop_timer()
        wait = self._every
        if identity.expires_at is not None:
            wait = min(wait, max(0.0, (identity.expires_at - self._clock.now()).total_seconds()))
        self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    async def end(self) -> None:
        """No more. A look that is under way is let come to its end."""
        self._stop_timer()
        if self._task is not None:
            await asyncio.wait((self._task,))
        self._stop_timer()

    def _look(self) -> None:
        self._timer = None
        if self._task is None:
            self._task = asyncio.ensure_future(self._check())

    async def _check(self) -> None:
        identity = self._identity
        try:
            holds = await self._authenticator.still_holds(identity)
            if not holds and identity is self._identity:
                self._on_gone()
            elif self._timer is None:
                self.start(self._identity)
        except Exception as error:  # noqa: BLE001 - the session ends by it, and tells of it
            self._on_fault(error)
        finally:
            self._task = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
