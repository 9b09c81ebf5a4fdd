"""Invitations: how the owner lets others in."""

from datetime import datetime
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath

from cratesync.server.accounts.accounts import Accounts
from cratesync.server.accounts.auth import Identity
from cratesync.server.accounts.sign_in_codes import SignInCodes
from cratesync.server.bodies import Shape
from cratesync.server.edge import AnyRequest, ApiError
from cratesync.server.guards import requires
from cratesync.server.settings import Settings

_TAGS = ["Accounts"]


class NewInvitation(Shape, frozen=True, kw_only=True):
    """An invitation for one person. `code` and `link` are shown this once."""

    id: UUID
    code: str
    link: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"NewInvitation(id={self.id})"


class InvitationEntry(Shape, frozen=True, kw_only=True):
    """An invitation in a list. `usedAt` is null until somebody made an account with it."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class InvitationList(Shape, frozen=True, kw_only=True):
    """All invitations that have not expired, the newest first."""

    items: list[InvitationEntry]


@post(
    "/api/auth/invitations",
    status_code=201,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Invite somebody",
)
async def invite(
    request: AnyRequest,
    identity: NamedDependency[Identity],
    accounts: NamedDependency[Accounts],
    codes: NamedDependency[SignInCodes],
    settings: NamedDependency[Settings],
) -> NewInvitation:
    """Good for one account within 24 hours, by `invitation` in `/api/auth/register`. 403 `owner_only`."""
    await _only_for_owner(identity, accounts)
    made = await codes.invite(identity.user_id)
    base = settings.public_url or str(request.base_url).rstrip("/")
    return NewInvitation(
        id=made.stored.id, code=made.text.reveal(), link=made.link(base), expires_at=made.stored.expires_at
    )


@get("/api/auth/invitations", guards=[requires("account")], tags=_TAGS, summary="List the invitations")
async def get_invitations(
    identity: NamedDependency[Identity],
    accounts: NamedDependency[Accounts],
    codes: NamedDependency[SignInCodes],
) -> InvitationList:
    """Never with their code. 403 `owner_only`."""
    await _only_for_owner(identity, accounts)
    return InvitationList(
        items=[
            InvitationEntry(
                id=code.id, created_at=code.created_at, expires_at=code.expires_at, used_at=code.used_at
            )
            for code in await codes.invitations()
        ]
    )


@delete(
    "/api/auth/invitations/{invitation_id:uuid}",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Take an invitation back",
    media_type=MediaType.JSON,
)
async def take_back(
    invitation_id: FromPath[UUID],
    identity: NamedDependency[Identity],
    accounts: NamedDependency[Accounts],
    codes: NamedDependency[SignInCodes],
) -> None:
    """Nobody gets in by it any more; who did already, stays. 403 `owner_only`."""
    await _only_for_owner(identity, accounts)
    await codes.take_back(invitation_id)


async def _only_for_owner(identity: Identity, accounts: Accounts) -> None:
    if not (await accounts.find(identity.user_id)).is_owner:
        raise ApiError("owner_only", 403, "Only the owner of this server can do this.")
