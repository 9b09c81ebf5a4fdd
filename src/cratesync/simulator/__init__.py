"""A stateful Discogs for tests, demos and other people's clients, written from what is known of the real one.

It imports nothing else of Cratesync: what it tests must not share its mistakes.

```python
from cratesync.simulator import Fault, Kind, Simulator, SimulatorConfig

simulator = Simulator(SimulatorConfig(limit=60, window_seconds=60))
ada = simulator.add_user("ada", "token-of-ada", items=250, wants=30)
simulator.faults.set(Fault(Kind.SERVER_ERROR, next=2, path="*/releases"))
async with simulator.serving() as base_url:  # runs in the current loop, on a free port
    ...  # any client, from any 127.0.0.N
    ada.collection.add(release_id=4711)  # edits show at once
assert sum(call.slots for call in simulator.journal) <= 60
```

The command line, the control path and every fault: docs/reference/simulator.md.
"""

from cratesync.simulator.app import Simulator
from cratesync.simulator.clock import Clock, SystemClock
from cratesync.simulator.config import SimulatorConfig
from cratesync.simulator.faults import Fault, Kind
from cratesync.simulator.journal import Served
from cratesync.simulator.users import User

__all__ = ("Clock", "Fault", "Kind", "Served", "Simulator", "SimulatorConfig", "SystemClock", "User")
