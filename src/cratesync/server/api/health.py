"""Whether the process lives, and whether it can serve."""

from litestar import get
from litestar.di import NamedDependency
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cratesync.server.bodies import Shape
from cratesync.server.edge import ApiError
from cratesync.server.guards import PUBLIC
from cratesync.server.readiness import Readiness
from cratesync.server.store.database import Database

_TAGS = ["Operation"]


class Health(Shape, frozen=True, kw_only=True):
    """`live` or `ready`."""

    status: str


@get("/health/live", security=PUBLIC, tags=_TAGS, summary="Is the process alive")
async def live() -> Health:
    """Always 200 while the process answers at all."""
    return Health(status="live")


@get("/health/ready", security=PUBLIC, tags=_TAGS, summary="Can the server serve")
async def ready(readiness: NamedDependency[Readiness], database: NamedDependency[Database]) -> Health:
    """503 `not_ready` while it starts or stops, or its database does not answer."""
    if not readiness.is_ready:
        raise ApiError("not_ready", 503, "The server is starting or stopping.")
    try:
        async with database.read() as connection:
            await connection.execute(select(1))
    except (OSError, SQLAlchemyError):
        raise ApiError("not_ready", 503, "The database does not answer.") from None
    return Health(status="ready")
