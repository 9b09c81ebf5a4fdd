"""The client as a process: started with its token, ended politely, its lines in our log."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path

import structlog

from cratesync.server.secret import Secret

# Whoever stops the server may wait no longer than ten seconds in all.
LEAVE_WITHIN_SECONDS = 5.0
DIE_WITHIN_SECONDS = 1.0
LINE_BYTES_MAX = 16 * 1024

# Everything else of ours in the environment is the server's affair: its keys and its database among it.
_HANDED_ON = frozenset(
    {"CRATESYNC_CLIENT_MAX_IN_FLIGHT", "CRATESYNC_CLIENT_LOCAL_ADDRESS", "CRATESYNC_ALLOW_INSECURE_LAN"}
)

_log = structlog.stdlib.get_logger(__name__)


class Child:
    """`client run --supervised`, which ends when its standard input does: so it never outlives this process, however that ends."""

    def __init__(
        self, *, server_url: str, discogs_url: str, folder: Path, environ: Mapping[str, str]
    ) -> None:
        self._server_url = server_url
        self._discogs_url = discogs_url
        self._folder = folder
        self._environ = environ

    async def run(self, token: Secret) -> int:
        """Run it to its end: the exit code. Cancelled, it ends the process first, within a bounded time."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cratesync",
            "client",
            "run",
            "--supervised",
            "--server",
            self._server_url,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            limit=LINE_BYTES_MAX,
            env=self._environment(token),
            start_new_session=True,  # Ctrl-C at our terminal is for us: we tell it
        )
        try:
            await _pass_lines_on(process)
            return await process.wait()
        finally:
            await _end(process)

    def _environment(self, token: Secret) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self._environ.items()
            if not name.startswith("CRATESYNC_") or name in _HANDED_ON
        }
        return kept | {
            "CRATESYNC_CLIENT_TOKEN": token.reveal(),
            "CRATESYNC_CLIENT_DIR": str(self._folder),
            "CRATESYNC_DISCOGS_URL": self._discogs_url,
        }


async def _pass_lines_on(process: Process) -> None:
    if process.stderr is None:
        raise TypeError("The process was started with a pipe.")
    while True:
        try:
            line = await process.stderr.readline()
        except ValueError:  # longer than the limit; the reader has dropped it
            continue
        if not line:
            return
        _log.info("own_client", said=line.decode(errors="replace").rstrip())


async def _end(process: Process) -> None:
    """Ask, then insist."""
    if process.stdin is not None:
        process.stdin.close()
    for insist, seconds in ((process.terminate, LEAVE_WITHIN_SECONDS), (process.kill, DIE_WITHIN_SECONDS)):
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
                return
        except TimeoutError:
            insist()
    await process.wait()
