"""How a simulated Discogs behaves. Every field is an option of `cratesync simulate` too."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cratesync.simulator.faults import Fault

WantsSort = Literal["honoured", "refused", "ignored"]
ThrottleBody = Literal["message", "newline", "mixed"]


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    seed: int = 1
    limit: int = 60
    """Calls a window with credentials, per source address. Without credentials it is 25 of 60 of this."""
    window_seconds: float = 60.0
    image_limit: int = 40
    """Covers a window, counted apart: they come from another host."""
    preflight_counts: bool = True
    """Whether an OPTIONS uses a slot: one measurement says so, another speaks against it."""
    rejected_counts: bool = False
    """Whether a call answered 429 uses a slot too."""
    latency_ms: float = 0.0
    jitter: float = 0.0
    """Share of the latency by which calls differ: 0.25 means from 75 % to 125 %."""
    wants_sort: WantsSort = "honoured"
    """What becomes of `sort` on a wantlist, which Discogs does not document: obeyed, answered 422, or ignored."""
    throttle_body: ThrottleBody = "mixed"
    """A 429 was seen with a JSON message and with a bare newline."""
    compress: bool = True
    """Whether answers are gzipped for those who accept it."""
    public_url: str | None = None
    """The address that URLs in answers begin with; by default the one the call was sent to."""
    journal: Path | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def limit_unauthenticated(self) -> int:
        return max(1, self.limit * 25 // 60)
