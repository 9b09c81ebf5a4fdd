"""Staying connected: the next connection after each that ends."""

import asyncio
from collections.abc import Callable

from cratesync.client.backoff import Backoff
from cratesync.client.connection import Connection, Ending
from cratesync.client.errors import ClientError, ServerNotReachedError, SignInRefusedError
from cratesync.client.events import Lost, Observer
from cratesync.client.proxy import Proxy
from cratesync.client.race import unless
from cratesync.client.sign_in import HINT, SignIn
from cratesync.protocol.close_codes import CloseCode, is_terminal

STEADY_SECONDS = 10.0


class Presence:
    """Reconnects with growing, jittered waits until it is stopped or told not to come back.

    With `start_seconds` it gives up when no connection was made within that time; once there was one, it never does.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        proxy: Proxy,
        sign_in: SignIn,
        backoff: Backoff,
        monotonic: Callable[[], float],
        observe: Observer,
        start_seconds: float | None = None,
    ) -> None:
        self._connection = connection
        self._proxy = proxy
        self._sign_in = sign_in
        self._backoff = backoff
        self._monotonic = monotonic
        self._observe = observe
        self._start_seconds = start_seconds
        self._stopping = asyncio.Event()
        self._sign_ins_refused = 0

    def stop(self) -> None:
        """Finish what is in hand, quickly, and end."""
        self._stopping.set()

    async def connected(self) -> None:
        """Wait for the first sign-in that the server takes."""
        await self._connection.connected.wait()

    async def run(self) -> None:
        """Stay connected until stopped. Raises `ClientError` where coming back makes no sense."""
        begun_at = self._monotonic()
        while not self._stopping.is_set():
            connected_at = self._monotonic()
            ending = await self._one_connection()
            if self._stopping.is_set():
                return
            self._judge(ending)
            if ending.served or self._monotonic() - connected_at >= STEADY_SECONDS:
                self._backoff.reset()
            seconds = self._backoff.next_seconds()
            if self._gives_up(self._monotonic() + seconds - begun_at):
                raise ServerNotReachedError(ending.sentence)
            self._observe(Lost(ending.sentence, ending.close_code, seconds))
            await unless(self._stopping, asyncio.sleep(seconds))

    async def _one_connection(self) -> Ending:
        try:
            return await self._connection.live(self._stopping)
        except ServerNotReachedError as fault:  # the sign-in goes by REST
            return Ending(fault.sentence)

    def _judge(self, ending: Ending) -> None:
        code = ending.close_code
        if ending.signed_in:
            self._sign_ins_refused = 0
        if code == CloseCode.SIGN_IN_AGAIN:
            self._sign_ins_refused += 1
            if not self._sign_in.refused() or self._sign_ins_refused > 2:
                raise SignInRefusedError(f"{ending.sentence} {HINT}")
        elif code == CloseCode.FRAME_TOO_LARGE:
            self._proxy.too_large()
        elif code is not None and is_terminal(code):
            raise ClientError(ending.sentence)

    def _gives_up(self, seconds: float) -> bool:
        never = not self._connection.connected.is_set()
        return never and self._start_seconds is not None and seconds > self._start_seconds
