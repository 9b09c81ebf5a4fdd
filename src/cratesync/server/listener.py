"""The process around the app: the listening socket, uvicorn, and stopping on a signal."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

import structlog
import uvicorn
from litestar.types import ASGIApp

from cratesync.server.app import Server
from cratesync.server.faults import StartupError
from cratesync.server.front import Front
from cratesync.server.own_client.supervisor import Supervisor
from cratesync.server.settings import Settings

BACKLOG = 2048
FINISH_SECONDS_MAX = 5
PONG_SECONDS_MAX = 60.0  # behind pages that a busy server has not read yet
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = structlog.stdlib.get_logger(__name__)


def open_socket(host: str, port: int) -> socket.socket:
    """Listen. Raises `StartupError` where the port is taken or the address is not ours."""
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        # Connections inherit it. asyncio would see to it, but not for a socket that does not name TCP as its protocol; and an
        # answer's body would wait 40 ms for the acknowledgement of its head.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise StartupError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}. "
            "Choose another with --port, or CRATESYNC_PORT."
        ) from None
    return listening


class Listener:
    """Serves a started `Server` on a socket until it is told to stop, and its own client with it."""

    def __init__(self, server: Server, listening: socket.socket, companion: Supervisor | None = None) -> None:
        self._server = server
        self._companion = companion
        self._socket = listening
        front = Front(
            server.app, trusted=server.settings.trusted_proxies, public_path=server.settings.public_path
        )
        self._uvicorn = _Uvicorn(_config(front, server.settings))
        self._stopping = asyncio.Event()

    async def serve(self) -> None:
        """Until `stop`: then end the own client and drain, while all connections are open, and close them after it."""
        async with asyncio.TaskGroup() as group:
            companion = group.create_task(self._companion.run()) if self._companion else None
            watcher = group.create_task(self._drain_when_told(companion))
            try:
                await self._uvicorn.serve(sockets=[self._socket])
            finally:
                watcher.cancel()
                if companion is not None:
                    companion.cancel()

    def stop(self) -> None:
        """Stop soon; told twice, at once."""
        if self._stopping.is_set():
            self._uvicorn.force_exit = True
            self._uvicorn.should_exit = True
        self._stopping.set()

    async def _drain_when_told(self, companion: asyncio.Task[None] | None) -> None:
        await self._stopping.wait()
        self._server.readiness.close()  # a load balancer has to look away before the clients come back
        try:
            if companion is not None:
                companion.cancel()
                await asyncio.wait((companion,))
            await self._server.drain()
        finally:
            self._uvicorn.should_exit = True


class Stoppable(Protocol):
    """Whatever ends when it is told to."""

    def stop(self) -> None:
        """Stop soon; told twice, at once."""


@contextlib.asynccontextmanager
async def stopping_on_signals(stoppable: Stoppable) -> AsyncIterator[None]:
    """SIGTERM and SIGINT stop it."""
    loop = asyncio.get_running_loop()

    handled = []
    for number in STOP_SIGNALS:
        with contextlib.suppress(
            NotImplementedError
        ):  # Windows' loops have none: Ctrl-C is a KeyboardInterrupt there
            loop.add_signal_handler(number, stoppable.stop)
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


class _Uvicorn(uvicorn.Server):
    """uvicorn, without its own signal handlers: those would close every socket before the drain."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=settings.frame_bytes_max,
        ws_per_message_deflate=False,
        ws_ping_timeout=PONG_SECONDS_MAX,
        lifespan="off",  # our own start and stop stand around it
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the front reads them
        timeout_graceful_shutdown=FINISH_SECONDS_MAX,
    )
