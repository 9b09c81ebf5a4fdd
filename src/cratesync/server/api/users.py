"""The person who is signed in."""

from datetime import datetime
from uuid import UUID

from litestar import delete, get
from litestar.di import NamedDependency
from litestar.params import JSONBody

from cratesync.server.accounts.accounts import Accounts
from cratesync.server.accounts.auth import Identity
from cratesync.server.bodies import Body, Shape
from cratesync.server.edge import AnyRequest
from cratesync.server.guards import address_of, requires
from cratesync.server.secret import Secret
from cratesync.server.store.users import User

_TAGS = ["Accounts"]
_VERDICTS = {"valid": True, "rejected": False, "mismatched": False}


class Me(Shape, frozen=True, kw_only=True):
    """An account. `tokenValid` is null while the Discogs token is unchecked, or there is none."""

    id: UUID
    username: str
    is_owner: bool
    has_password: bool
    discogs_username: str | None
    has_discogs_token: bool
    token_valid: bool | None
    discogs_token_state: str | None
    created_at: datetime


class PasswordBody(Body, frozen=True, kw_only=True):
    """The account's password, once more; null for an account that has none."""

    password: str | None

    def __repr__(self) -> str:
        return "PasswordBody(<hidden>)"


@get("/api/users/me", guards=[requires("read")], tags=_TAGS, summary="Who is signed in")
async def get_me(identity: NamedDependency[Identity], accounts: NamedDependency[Accounts]) -> Me:
    """The account of the caller."""
    return describe(await accounts.find(identity.user_id))


@delete(
    "/api/users/me", status_code=204, guards=[requires("account")], tags=_TAGS, summary="Delete the account"
)
async def delete_me(
    data: JSONBody[PasswordBody],
    identity: NamedDependency[Identity],
    request: AnyRequest,
    accounts: NamedDependency[Accounts],
) -> None:
    """Deletes the account and everything of it, for good. 403 `bad_password`."""
    password = None if data.password is None else Secret(data.password)
    await accounts.delete(identity.user_id, password, address=address_of(request))


def describe(user: User) -> Me:
    """An account as its owner sees it."""
    return Me(
        id=user.id,
        username=user.username,
        is_owner=user.is_owner,
        has_password=user.password_hash is not None,
        discogs_username=user.discogs_username,
        has_discogs_token=user.has_discogs_token,
        token_valid=_VERDICTS.get(user.discogs_token_state or ""),
        discogs_token_state=user.discogs_token_state,
        created_at=user.created_at,
    )
