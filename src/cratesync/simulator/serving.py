"""Serves an application over HTTP in the running loop, on uvicorn's protocol and none of its process handling.

uvicorn's own server installs signal handlers, polls, and waits for open connections: all of it in the way of a test.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from cratesync.simulator.call import Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
_ACCEPT_ROUNDS = 3
"""Rounds of the loop until a connection just accepted is known."""


class _Protocol(HttpToolsProtocol):
    def __init__(self, config: Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        self.logger = _LOGGER
        self.access_log = False
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()


class _UnlessOnPurpose(logging.Filter):
    """Answers cut on cue and calls cancelled at the end are no errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not cancelled and "without completing response" not in record.getMessage()


_LOGGER = logging.getLogger("cratesync.simulator")
_LOGGER.addFilter(_UnlessOnPurpose())


@asynccontextmanager
async def serving(application: Application, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve while inside; gives the base URL. At the end calls in hand are dropped, not waited for."""
    config = Config(
        application,
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    state = ServerState()
    listening = _listen(host, port)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(config, state), sock=listening, backlog=BACKLOG
    )
    try:
        yield _url(listening)
    finally:
        server.close()
        for _ in range(_ACCEPT_ROUNDS):
            await asyncio.sleep(0)
        await _drop(state)


async def _drop(state: ServerState) -> None:
    tasks = list(state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for connection in [held for held in state.connections if isinstance(held, _Protocol)]:
        connection.transport.abort()
        await connection.gone.wait()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is: 40 ms a call.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
