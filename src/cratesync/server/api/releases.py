"""Single releases, with all that is told of them."""

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter

from cratesync.engine.records import ReleaseDetails
from cratesync.server.accounts.auth import Identity
from cratesync.server.bodies import Shape
from cratesync.server.guards import requires
from cratesync.server.release_desk import ReleaseDesk

RELEASE_ID_MAX = 10**18 - 1  # the longest number that the allow-list lets through

ReleaseId = Annotated[int, Parameter(ge=1, le=RELEASE_ID_MAX, description="Discogs' number of the release.")]


class ReleaseShape(Shape, frozen=True, kw_only=True):
    """The release as Discogs told it at `fetchedAt`, values as they were sent. `stale` says that this was more than six hours
    ago and that it could not be asked for again just now."""

    release: ReleaseDetails
    fetched_at: datetime
    stale: bool


@get(
    "/api/releases/{release_id:int}",
    guards=[requires("read")],
    tags=["Mirror"],
    summary="One release, with tracks, credits and all",
)
async def get_release(
    release_id: ReleaseId, identity: NamedDependency[Identity], release_desk: NamedDependency[ReleaseDesk]
) -> ReleaseShape:
    """What was told in the last six hours is answered at once. Anything else is asked of Discogs by your own client, ahead of a
    sync's pages, and waited for, ten seconds at most. An older copy is shown, marked as stale, where that does not work. Else:
    404 `release_not_found`, 409 `discogs_token_missing`, `discogs_token_rejected`, `discogs_account_mismatch`,
    429 `too_many_releases_asked`, 501 `release_unsupported`, 502 `release_failed` with a `reason`, 503 `no_client`,
    503 `not_here_yet`: the request stays open, so ask again."""
    shown = await release_desk.show(identity.user_id, release_id)
    return ReleaseShape(release=shown.details, fetched_at=shown.fetched_at, stale=shown.stale)
