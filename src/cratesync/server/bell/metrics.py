"""How the bell fares, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class BellMetrics:
    """Counted as it happens. A note is what is said of one user at once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connected = Gauge(
            "cratesync_bell_connected",
            "Whether this node hears the other nodes, and they hear it.",
            registry=registry,
        )
        self.sent = Counter(
            "cratesync_bell_notes_sent", "Notes that this node rang the bell with.", registry=registry
        )
        self.heard = Counter("cratesync_bell_notes_heard", "Notes of other nodes.", registry=registry)
        self.dropped = Counter(
            "cratesync_bell_notes_dropped",
            "Messages that were too many or too long for the bell, and broken payloads. Who missed them reads the database.",
            registry=registry,
        )
