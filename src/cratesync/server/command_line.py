"""What the server's commands share: settings, a loop to run in, and sentences instead of tracebacks."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import NoReturn, TypeVar

import click

from cratesync.server.faults import StartupError
from cratesync.server.settings import Settings

T = TypeVar("T")


def read_settings(**said: str) -> Settings:
    """The settings of the environment, and of what was said on the command line; wrong ones end the process."""
    try:
        return Settings.from_environment({**os.environ, **said})
    except StartupError as error:
        stop(error)


def run(work: Callable[[], Coroutine[object, object, T]]) -> T:
    """Run in uvloop where there is one. A person's mistake ends in sentences, not in a traceback."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work())
    except StartupError as error:
        stop(error)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def stop(error: StartupError) -> NoReturn:
    """End the process with what is wrong."""
    for fault in error.faults:
        click.echo(fault, err=True)
    sys.exit(1)


def listening_address(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens there."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - names it
    return f"http://{shown}:{port}"
