"""What is heard of other nodes, handed to the members here."""

from collections.abc import Callable

import structlog

from cratesync.server.bell.catching_up import CatchingUp
from cratesync.server.bell.metrics import BellMetrics
from cratesync.server.bell.notes import BrokenPayloadError, Note, read
from cratesync.server.gateway.hub import Hub

_log = structlog.stdlib.get_logger(__name__)


class Hearing:
    """Believes what it hears, as only nodes can ring, but for its size and its shape. `echo` is called for what this node said itself."""

    def __init__(
        self, *, node: str, hub: Hub, catching_up: CatchingUp, metrics: BellMetrics, echo: Callable[[], None]
    ) -> None:
        self._node = node
        self._hub = hub
        self._catching_up = catching_up
        self._metrics = metrics
        self._echo = echo

    def hear(self, payload: bytes) -> None:
        """Take one payload."""
        try:
            tidings = read(payload)
        except BrokenPayloadError:
            self._metrics.dropped.inc()
            _log.warning("bell_payload_broken", size=len(payload))
            return
        if tidings.node == self._node:
            self._echo()
            return
        self._metrics.heard.inc(len(tidings.notes))
        if tidings.everybody:
            self._catching_up.look_at_everybody()
        for note in tidings.notes:
            self._take(note)

    def _take(self, note: Note) -> None:
        if note.messages:
            self._hub.tell(
                note.user, [bytes(message) for message in note.messages], first=note.first, last=note.last
            )
        if note.look:
            self._catching_up.look_at(note.user)
        if note.rings:
            self._hub.ring(note.user)
