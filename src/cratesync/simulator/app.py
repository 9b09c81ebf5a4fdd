"""The simulator itself: an ASGI application, and the object that tests hold in their hands."""

import random
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from cratesync.simulator.call import Call, Receive, Scope, Send, call_of, read_body
from cratesync.simulator.catalog import Catalog
from cratesync.simulator.clock import Clock, SystemClock
from cratesync.simulator.config import SimulatorConfig
from cratesync.simulator.control import CONTROL, Control
from cratesync.simulator.drift import Drift
from cratesync.simulator.faults import Faults, Kind
from cratesync.simulator.gate import Admitted, Gate, Reply
from cratesync.simulator.journal import Journal, Served, digest_of, iso
from cratesync.simulator.quota import Quota
from cratesync.simulator.sending import send_reply
from cratesync.simulator.serving import serving
from cratesync.simulator.users import User, Users
from cratesync.simulator.world import World


class Simulator:
    """A stateful Discogs. Hand it to any ASGI server, or let it serve itself:

    ```python
    simulator = Simulator(SimulatorConfig(limit=60))
    user = simulator.add_user("ada", "token-of-ada", items=250, wants=30)
    async with simulator.serving() as base_url:
        ...
    ```
    """

    def __init__(self, config: SimulatorConfig | None = None, *, clock: Clock | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.clock: Clock = clock or SystemClock()
        self.users = Users(Catalog(self.config.seed), lambda: int(self.clock.now().timestamp()))
        self.world = World(self.config, self.users.catalog, self.users)
        self.quota = Quota(self.config.window_seconds, rejected_counts=self.config.rejected_counts)
        self.image_quota = Quota(self.config.window_seconds)
        self.faults = Faults(self.config.seed)
        for fault in self.config.faults:
            self.faults.set(fault)
        self.journal = Journal(self.config.journal)
        self.drift = Drift(self.config.seed)
        self._gate = Gate(self.world, self.quota, self.image_quota, self.faults)
        self._control = Control(
            self.clock, self.users, self.faults, self.journal, self.drift, self.quota, self.image_quota
        )
        self._random = random.Random(self.config.seed)

    def add_user(self, name: str, token: str, items: int = 0, wants: int = 0) -> User:
        """Invent a user. Raises ValueError with a sentence where name or token are taken."""
        return self.users.add(name, token, items, wants)

    def load_user(self, name: str, token: str, path: Path) -> User:
        """A user with a recorded collection. Raises ValueError with a sentence where the folder holds none."""
        return self.users.load(name, token, path)

    def user(self, name: str) -> User:
        found = self.users.named(name)
        if found is None:
            raise KeyError(f"There is no user {name}.")
        return found

    def serving(self, host: str = "127.0.0.1", port: int = 0) -> AbstractAsyncContextManager[str]:
        """Serve in the running loop; gives the base URL. Port 0 chooses a free one."""
        return serving(self, host, port)

    def close(self) -> None:
        """Close the journal's file."""
        self.journal.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = call_of(scope, self.clock.monotonic(), self.config.public_url)
        if call.path.startswith(CONTROL):
            await self._control.answer(call, await read_body(receive), send)
            return
        time = iso(self.clock.now())
        reply = await self._reply(call, receive)
        credentials = call.credentials
        self.journal.write(
            Served(
                time=time,
                ip=call.address,
                token=digest_of(credentials.text) if credentials else None,
                method=call.method,
                path=call.recorded_path,
                status=reply.answer.status,
                slots=reply.slots,
                monotonic=call.arrived,
                fault=reply.fault.kind if reply.fault else None,
            )
        )
        ray = f"{self._random.getrandbits(64):016x}-DUS"
        reply = replace(reply, answer=reply.answer.at(call.base))
        await send_reply(send, call, reply, compress=self.config.compress, ray=ray)

    async def _reply(self, call: Call, receive: Receive) -> Reply:
        admitted = self._gate.admit(call)
        if isinstance(admitted, Reply):
            return admitted
        body = b"" if call.method in ("GET", "HEAD") else await read_body(receive)
        await self._wait(admitted)
        reply, visit = self._gate.answer(call, admitted, body)
        fault = reply.fault
        if fault is not None and fault.kind.drifts and visit is not None and visit.shown is not None:
            self.drift.strike(fault.kind, visit.shown)
        return reply

    async def _wait(self, admitted: Admitted) -> None:
        jitter = self.config.jitter * (2 * self._random.random() - 1)
        seconds = self.config.latency_ms / 1000 * (1 + jitter)
        if admitted.fault is not None and admitted.fault.kind is Kind.SLOW:
            seconds += admitted.fault.seconds
        if seconds > 0:
            await self.clock.sleep(seconds)
