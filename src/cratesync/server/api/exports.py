"""Exports of the mirror, as files."""

import re
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter

from cratesync.protocol.messages import SyncType
from cratesync.server.accounts.auth import Identity
from cratesync.server.api.attachment import Attachment
from cratesync.server.clock import Clock
from cratesync.server.exports.exporter import Exporter, ExportFormat
from cratesync.server.guards import requires
from cratesync.server.store.database import Database
from cratesync.server.store.users import find_user

_TAGS = ["Mirror"]
_MEDIA_TYPES: dict[ExportFormat, str] = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sqlite": "application/vnd.sqlite3",
}
_ANY = "application/octet-stream"  # for the description, which knows one type for a route
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Wanted = Annotated[
    ExportFormat,
    Parameter(description="`csv` and `xlsx` for spreadsheets, `jsonl` and `sqlite` with everything."),
]


@get(
    "/api/collection/export",
    guards=[requires("read")],
    tags=_TAGS,
    summary="The mirrored collection as a file",
    media_type=_ANY,
)
async def export_collection(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    exporter: NamedDependency[Exporter],
    clock: NamedDependency[Clock],
    format: Wanted = "csv",
) -> Attachment:
    """Every copy, without those that were removed. 429 `export_busy`: a user may fetch two at once."""
    return await _attach(identity.user_id, "collection", format, database, exporter, clock)


@get(
    "/api/wantlist/export",
    guards=[requires("read")],
    tags=_TAGS,
    summary="The mirrored wantlist as a file",
    media_type=_ANY,
)
async def export_wantlist(
    identity: NamedDependency[Identity],
    database: NamedDependency[Database],
    exporter: NamedDependency[Exporter],
    clock: NamedDependency[Clock],
    format: Wanted = "csv",
) -> Attachment:
    """Every want, without those that were removed. 429 `export_busy`: a user may fetch two at once."""
    return await _attach(identity.user_id, "wantlist", format, database, exporter, clock)


async def _attach(
    user_id: UUID, kind: SyncType, wanted: ExportFormat, database: Database, exporter: Exporter, clock: Clock
) -> Attachment:
    async with database.read() as connection:
        user = await find_user(connection, user_id)
    owner = user and (user.discogs_username or user.username)
    return Attachment(
        exporter.open(user_id, kind, wanted),
        filename=f"{_plain(owner or '')}-{kind}-{clock.now():%Y-%m-%d}.{wanted}",
        media_type=_MEDIA_TYPES[wanted],
    )


def _plain(name: str) -> str:
    """What every file system and every header takes."""
    return _UNSAFE.sub("_", name).strip("._-") or "cratesync"
