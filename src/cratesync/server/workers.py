"""Several server processes on one machine, behind one socket: each is a whole node, and this process only looks after them."""

import asyncio
import random
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping

import structlog
from msgspec import Struct

from cratesync.engine.retry import RetryPolicy, backoff_seconds
from cratesync.server.own_client.supervisor import Supervisor

# A worker sends its clients away within five seconds and finishes what is in hand within five more.
END_SECONDS_MAX = 15.0

_log = structlog.stdlib.get_logger(__name__)


class WorkerTiming(Struct, frozen=True):
    """Seconds. One that lived for `settled` has its past failures forgiven."""

    first_wait: float = 0.5
    longest_wait: float = 30.0
    settled: float = 60.0


class Workers:
    """Keeps so many workers alive until it is told to stop. Each listens on the socket that it inherits, and ends when its standard input does:
    so none outlives this process, however that ends."""

    def __init__(
        self,
        count: int,
        listening: socket.socket,
        environ: Mapping[str, str],
        timing: WorkerTiming | None = None,
    ) -> None:
        self._count = count
        self._socket = listening
        self._environ = environ
        self._timing = timing or WorkerTiming()
        self._waits = RetryPolicy(
            first_seconds=self._timing.first_wait, longest_seconds=self._timing.longest_wait
        )
        self._processes: set[Process] = set()
        self._stopping = asyncio.Event()
        self._ending = False

    async def run(self, companion: Supervisor | None = None) -> None:
        """Until `stop`: then the own client is ended first, and after it all workers."""
        beside = None if companion is None else asyncio.create_task(companion.run())
        keeping = [asyncio.create_task(self._keep(number)) for number in range(1, self._count + 1)]
        try:
            await self._stopping.wait()
            if beside is not None:
                beside.cancel()
                await asyncio.wait((beside,))
            self._end()
            _, late = await asyncio.wait(keeping, timeout=END_SECONDS_MAX)
            if late:
                _log.warning("workers_killed", count=len(self._processes))
        finally:
            for process in self._processes:
                process.kill()
            tasks = keeping if beside is None else [*keeping, beside]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Stop soon; told twice, at once."""
        if self._stopping.is_set():
            self._end()
        self._stopping.set()

    def _end(self) -> None:
        self._ending = True
        for process in self._processes:
            process.terminate()

    async def _keep(self, number: int) -> None:
        failures = 0
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            began = clock()
            ended = await self._one_life()
            if self._stopping.is_set():
                return
            failures = 1 if clock() - began >= self._timing.settled else failures + 1
            wait = backoff_seconds(self._waits, failures, random.random())
            _log.warning("worker_ended", worker=number, why=ended, again_in_seconds=round(wait, 2))
            try:
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _one_life(self) -> str:
        """Why it ended."""
        try:
            process = await self._start()
        except OSError as error:
            return type(error).__name__
        self._processes.add(process)
        try:
            if self._ending:
                process.terminate()
            return f"exit code {await process.wait()}"
        finally:
            self._processes.discard(process)

    async def _start(self) -> Process:
        descriptor = self._socket.fileno()
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cratesync",
            "serve",
            "--worker-socket",
            str(descriptor),
            pass_fds=(descriptor,),
            stdin=PIPE,
            env=self._environ,
            start_new_session=True,  # Ctrl-C at our terminal is for us: we tell them
        )
