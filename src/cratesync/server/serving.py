"""What `serve` does: one node in this process, or several in workers of it."""

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Mapping

import click
import structlog

from cratesync.server.api.docs import PAGE
from cratesync.server.app import Server
from cratesync.server.clock import SystemClock
from cratesync.server.command_line import listening_address
from cratesync.server.listener import Listener, open_socket, stopping_on_signals
from cratesync.server.own_client import own_client
from cratesync.server.own_client.supervisor import Supervisor
from cratesync.server.secret_keys import SecretKeyFile
from cratesync.server.settings import PREFIX, Settings
from cratesync.server.workers import Workers

# A commit that comes back from its thread asks for the interpreter, and would get it after five milliseconds of others' work.
INTERPRETER_HELD_SECONDS_MAX = 0.0005
COLLECTED_EVERY = (50_000, 20, 20)  # container objects made, then collections of the younger generation


async def serve_alone(settings: Settings) -> None:
    """One node, in this process."""
    server = _make(settings)
    with open_socket(settings.host, settings.port) as listening:
        try:
            await server.start()
            address = _address(settings, listening)
            listener = Listener(server, listening, _companion(server, address))
            _tune_the_interpreter()
            async with stopping_on_signals(listener):
                await _greet(server, address)
                await listener.serve()
        finally:
            await server.stop()


async def serve_with_workers(settings: Settings) -> None:
    """Several nodes, each in a process of its own. What is to be done once is done here, by a server that never starts: the database is
    brought up to date, the first account is offered, and the own client is looked after."""
    server = _make(settings)
    with open_socket(settings.host, settings.port) as listening:
        try:
            await server.database.migrate()
            address = _address(settings, listening)
            workers = Workers(settings.workers, listening, _environment(settings, os.environ))
            async with stopping_on_signals(workers):
                await _greet(server, address)
                await workers.run(_companion(server, address))
        finally:
            await server.database.close()


async def serve_as_worker(settings: Settings, descriptor: int) -> None:
    """One of several, on a socket that was inherited, until it is told to stop or the process that made it is gone."""
    server = _make(settings)
    with socket.socket(fileno=descriptor) as listening:
        try:
            await server.start()
            listener = Listener(server, listening)
            _tune_the_interpreter()
            async with stopping_on_signals(listener):
                orphaned = asyncio.create_task(_until_orphaned())
                orphaned.add_done_callback(lambda _: listener.stop())
                await listener.serve()
                orphaned.cancel()
        finally:
            await server.stop()


def _make(settings: Settings) -> Server:
    keys = settings.secret_keys or SecretKeyFile(settings.data_dir).read_or_create()
    server = Server(settings, SystemClock(), keys)
    structlog.contextvars.bind_contextvars(node=server.syncing.node)
    return server


def _address(settings: Settings, listening: socket.socket) -> str:
    return listening_address(settings.host, listening.getsockname()[1])


def _companion(server: Server, address: str) -> Supervisor | None:
    return own_client(server, address, os.environ) if server.settings.with_client else None


async def _greet(server: Server, address: str) -> None:
    """Say where it listens, and let whoever sees this terminal in while nobody has an account. The one place where a secret is shown, and
    never the log."""
    click.echo(f"Cratesync listens on {address} (the API: {address}{PAGE}). Stop it with Ctrl-C.")
    code = await server.sign_in_codes.for_first_account()
    if code is not None:
        click.echo(
            "Nobody has an account yet. This link makes the first one, once and within 24 hours: "
            f"{code.link(server.settings.public_url or address)} (from a terminal: cratesync client login --link LINK)"
        )


def _environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What a worker is told: the same, with what was said on the command line."""
    told = {"HOST": settings.host, "PORT": str(settings.port), "WITH_CLIENT": "false", "WORKERS": "1"}
    return {**environ, **{f"{PREFIX}{name}": text for name, text in told.items()}}


async def _until_orphaned() -> None:
    """Until the other end of standard input is gone: nobody ever writes to it."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def _tune_the_interpreter() -> None:
    """What is there after the start stays, so the garbage collector need not look at it again; and a page of records makes
    thousands of short-lived objects that are in no cycle, so it need not look that often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)
    sys.setswitchinterval(INTERPRETER_HELD_SECONDS_MAX)
