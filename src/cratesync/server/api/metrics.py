"""What the process counts, for Prometheus."""

from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from cratesync.server.guards import PUBLIC
from cratesync.server.mirror_metrics import MirrorMetrics


@get("/metrics", security=PUBLIC, tags=["Operation"], summary="Metrics in Prometheus' text format")
async def get_metrics(
    metrics: NamedDependency[CollectorRegistry], mirror_metrics: NamedDependency[MirrorMetrics]
) -> Response[bytes]:
    """Counters and gauges; no user's data."""
    await mirror_metrics.refresh()
    return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)
