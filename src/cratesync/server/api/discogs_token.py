"""The user's Discogs token: written, never read."""

from litestar import delete, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from cratesync.server.accounts.auth import Identity
from cratesync.server.bodies import Body, Shape
from cratesync.server.guards import requires
from cratesync.server.secret import Secret
from cratesync.server.token_desk import TokenDesk

_TAGS = ["Accounts"]


class TokenBody(Body, frozen=True, kw_only=True):
    """A personal access token of Discogs."""

    discogs_token: str

    def __repr__(self) -> str:
        return "TokenBody(<hidden>)"


class TokenSaved(Shape, frozen=True, kw_only=True):
    """`tokenValid` is null where Discogs has not been asked yet: that happens as soon as a client is connected."""

    message: str
    token_valid: bool | None


@put("/api/users/discogs-token", guards=[requires("account")], tags=_TAGS, summary="Save the Discogs token")
async def put_token(
    data: JSONBody[TokenBody], identity: NamedDependency[Identity], token_desk: NamedDependency[TokenDesk]
) -> TokenSaved:
    """Kept encrypted, and checked by a call of the user's own client. 400 `malformed_token`,
    409 `discogs_account_mismatch`."""
    valid = await token_desk.save(identity.user_id, Secret(data.discogs_token))
    message = {
        True: "Discogs token updated successfully",
        False: "Discogs does not accept this token",
        None: "Discogs token saved; it is checked as soon as a client is connected",
    }[valid]
    return TokenSaved(message=message, token_valid=valid)


@delete(
    "/api/users/discogs-token",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Forget the Discogs token",
)
async def delete_token(identity: NamedDependency[Identity], token_desk: NamedDependency[TokenDesk]) -> None:
    """Active syncs end with `discogs_token_missing`; the mirror stays."""
    await token_desk.forget(identity.user_id)
