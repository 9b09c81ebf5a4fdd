"""Personal access tokens."""

from datetime import UTC, datetime
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, JSONBody

from cratesync.server.accounts.auth import SCOPES, Authenticator, Identity
from cratesync.server.bodies import Body, Shape
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError, not_found
from cratesync.server.guards import requires
from cratesync.server.store.access_tokens import StoredToken, delete_token, list_tokens
from cratesync.server.store.database import Database

TOKENS_MAX = 100
NAME_CHARACTERS_MAX = 100

_TAGS = ["Accounts"]


class NewTokenBody(Body, frozen=True, kw_only=True):
    """What a personal access token may do (`fetch`, `read`, `sync`, `account`), and until when."""

    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None


class NewToken(Shape, frozen=True, kw_only=True):
    """A personal access token. `token` is shown this once."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    token: str
    created_at: datetime
    expires_at: datetime | None

    def __repr__(self) -> str:
        return f"NewToken(id={self.id}, name={self.name!r})"


class TokenEntry(Shape, frozen=True, kw_only=True):
    """A personal access token in a list."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class TokenList(Shape, frozen=True, kw_only=True):
    """All tokens, the newest first."""

    items: list[TokenEntry]


@post(
    "/api/auth/tokens",
    status_code=201,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Create an access token",
)
async def create_token(
    data: JSONBody[NewTokenBody],
    identity: NamedDependency[Identity],
    authenticator: NamedDependency[Authenticator],
    clock: NamedDependency[Clock],
) -> NewToken:
    """For scripts and the headless client. No token can create one that may do more than itself, or that lasts longer: then
    `expiresAt` is its own."""
    name = _check_name(data.name)
    scopes = _check_scopes(data.scopes, identity)
    expires_at = _within_makers_own(_check_expiry(data.expires_at, clock.now()), identity)
    stored, token = await authenticator.create_personal(
        identity.user_id, name=name, scopes=scopes, expires_at=expires_at, at_most=TOKENS_MAX
    )
    return NewToken(
        id=stored.id,
        name=stored.name,
        scopes=stored.scopes,
        token=token.reveal(),
        created_at=stored.created_at,
        expires_at=stored.expires_at,
    )


@get("/api/auth/tokens", guards=[requires("account")], tags=_TAGS, summary="List the access tokens")
async def get_tokens(identity: NamedDependency[Identity], database: NamedDependency[Database]) -> TokenList:
    """Never with their text."""
    async with database.read() as connection:
        return TokenList(items=[_entry(token) for token in await list_tokens(connection, identity.user_id)])


@delete(
    "/api/auth/tokens/{token_id:uuid}",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Revoke an access token",
    media_type=MediaType.JSON,
)
async def revoke_token(
    token_id: FromPath[UUID], identity: NamedDependency[Identity], database: NamedDependency[Database]
) -> None:
    """It signs nobody in from now on."""
    async with database.write() as connection:
        if not await delete_token(connection, identity.user_id, token_id):
            raise not_found("No such token")


def _entry(token: StoredToken) -> TokenEntry:
    return TokenEntry(
        id=token.id,
        name=token.name,
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )


def _check_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise ApiError(
            "invalid_name", 400, f"A token's name has 1 to {NAME_CHARACTERS_MAX} characters.", field="name"
        )
    return name


def _check_scopes(asked: tuple[str, ...], identity: NamedDependency[Identity]) -> tuple[str, ...]:
    if not asked or not set(asked) <= set(SCOPES):
        raise ApiError("invalid_scopes", 400, f"Choose scopes among {', '.join(SCOPES)}.", field="scopes")
    scopes = tuple(scope for scope in SCOPES if scope in asked)
    for scope in scopes:
        if scope not in identity.scopes:
            raise ApiError("scope_missing", 403, f"This token lacks the scope {scope!r} itself.", scope=scope)
    return scopes


def _check_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is None:
        return None
    fault = ApiError(
        "invalid_expiry", 400, "The expiry must lie ahead and name its offset.", field="expiresAt"
    )
    if expires_at.tzinfo is None:
        raise fault
    try:
        expires_at = expires_at.astimezone(UTC)
    except OverflowError:  # in UTC it is before the year 1, or after the year 9999
        raise fault from None
    if expires_at <= now:
        raise fault
    return expires_at


def _within_makers_own(expires_at: datetime | None, maker: Identity) -> datetime | None:
    """A session may make tokens that outlive it; a personal token may not."""
    if maker.token_id is None or maker.expires_at is None:
        return expires_at
    return maker.expires_at if expires_at is None else min(expires_at, maker.expires_at)
