"""How many mirrors grew old, for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge

from cratesync.server.clock import Clock
from cratesync.server.store import schedules
from cratesync.server.store.database import Database


class MirrorMetrics:
    """Gauges that are counted anew when somebody looks."""

    def __init__(self, registry: CollectorRegistry, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._overdue = Gauge(
            "cratesync_mirrors_overdue",
            "Mirrors that their schedule wanted synced more than ten minutes ago, of all users on all nodes.",
            ["sync_type"],
            registry=registry,
        )

    async def refresh(self) -> None:
        """Count."""
        async with self._database.read() as connection:
            counted = await schedules.count_overdue(connection, now=self._clock.now())
        for kind, count in counted.items():
            self._overdue.labels(sync_type=kind).set(count)
