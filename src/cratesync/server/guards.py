"""Who may call a route: `guards=[requires("read")]`, and the handler asks for `identity: Identity`."""

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from cratesync.server.accounts.auth import Authenticator, Identity, Scope
from cratesync.server.accounts.visitor import Visitor, describe_visitor
from cratesync.server.call_limits import CallLimits
from cratesync.server.edge import AnyRequest, ApiError, not_signed_in
from cratesync.server.origins import Origins
from cratesync.server.parameters import KnownParameters, refuse_unknown
from cratesync.server.secret import Secret

PUBLIC: list[dict[str, list[str]]] = [{}]  # for the OpenAPI document: this route needs no token

Connection = ASGIConnection[BaseRouteHandler, object, object, State]


def requires(scope: Scope) -> Guard:
    """Let only callers in whose token has this scope."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        identity = await identify(connection)
        if scope not in identity.scopes:
            raise ApiError("scope_missing", 403, f"This token lacks the scope {scope!r}.", scope=scope)
        _know_all_parameters(connection)

    return guard


async def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Let anybody in who is signed in, whatever their token may do."""
    await identify(connection)
    _know_all_parameters(connection)


async def known_pages_alone(request: AnyRequest) -> None:
    """Litestar's `before_request` for what reads or sets the cookie. Raises `ApiError` (403) for a page that is neither our own
    nor of a listed origin."""
    origins: Origins = request.app.state.origins
    if not origins.allows(request.headers.get("origin"), request.headers.get("host")):
        raise ApiError("origin_refused", 403, "Pages of other sites may not do this.")


async def identify(connection: Connection | AnyRequest) -> Identity:
    """Whose request this is. Raises `ApiError` (401, and 429 where that user calls too often)."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise not_signed_in()
    authenticator: Authenticator = connection.app.state.authenticator
    identity = await authenticator.authenticate(Secret(token.strip()))
    limits: CallLimits = connection.app.state.call_limits
    limits.take(identity.user_id)
    connection.scope["user"] = identity
    return identity


def _know_all_parameters(connection: Connection) -> None:
    if connection.scope["query_string"]:
        known: KnownParameters = connection.app.state.known_parameters
        # Guards are handed a copy of the handler; this is itself.
        refuse_unknown(list(connection.query_params), known[connection.route_handler])


def provide_identity(request: AnyRequest) -> Identity:
    """The dependency `identity` of guarded handlers."""
    if not isinstance(request.user, Identity):
        raise TypeError("A handler that asks for the identity needs a guard.")
    return request.user


def address_of(request: AnyRequest) -> str:
    """The network address a request came from."""
    return request.client.host if request.client else ""


def visitor_of(request: AnyRequest) -> Visitor:
    """Who signs in, as the list of sessions shows it."""
    return describe_visitor(address_of(request), request.headers.get("user-agent", ""))
