"""Signing in and out, and the password."""

from litestar import Response, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from cratesync.server.accounts.accounts import Accounts
from cratesync.server.accounts.auth import ACCESS_SECONDS, SCOPES, Authenticator, Identity
from cratesync.server.accounts.refresh_cookies import NAME, RefreshCookies
from cratesync.server.accounts.sessions import Sessions, SignedIn
from cratesync.server.api.users import Me, describe
from cratesync.server.bodies import Body, Shape
from cratesync.server.edge import AnyRequest, ApiError, not_signed_in
from cratesync.server.guards import PUBLIC, address_of, identify, known_pages_alone, requires, visitor_of
from cratesync.server.secret import Secret

_TAGS = ["Accounts"]


class CredentialsBody(Body, frozen=True, kw_only=True):
    """A name and a password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"CredentialsBody(username={self.username!r})"


class RegistrationBody(Body, frozen=True, kw_only=True):
    """A name and a password, and the code of an invitation where the server is not open to all."""

    username: str
    password: str
    invitation: str | None = None

    def __repr__(self) -> str:
        return f"RegistrationBody(username={self.username!r})"


class LinkBody(Body, frozen=True, kw_only=True):
    """What stands behind `#code=` in a one-time link. `username` names the first account, where the link makes it."""

    code: str
    username: str | None = None

    def __repr__(self) -> str:
        return "LinkBody(<hidden>)"


class PasswordChangeBody(Body, frozen=True, kw_only=True):
    """`currentPassword` is null for an account that has none."""

    current_password: str | None
    new_password: str

    def __repr__(self) -> str:
        return "PasswordChangeBody(<hidden>)"


class SignIn(Shape, frozen=True, kw_only=True):
    """An access token, to be sent as `Authorization: Bearer …`, and whose it is."""

    access_token: str
    token_type: str
    expires_in: int
    user: Me

    def __repr__(self) -> str:
        return f"SignIn(user={self.user!r})"


@post(
    "/api/auth/register",
    status_code=201,
    security=PUBLIC,
    before_request=known_pages_alone,
    tags=_TAGS,
    summary="Make an account",
)
async def register(
    data: JSONBody[RegistrationBody],
    request: AnyRequest,
    accounts: NamedDependency[Accounts],
    authenticator: NamedDependency[Authenticator],
    refresh_cookies: NamedDependency[RefreshCookies],
) -> Response[SignIn]:
    """Makes an account and signs in. Where registration is not open it takes an invitation: 403 `registration_closed`,
    401 `bad_code`. The first account is the owner's. 409 `username_taken`."""
    signed_in = await accounts.register(
        data.username,
        Secret(data.password),
        None if data.invitation is None else Secret(data.invitation),
        visitor_of(request),
    )
    return _welcome(signed_in, request, authenticator, refresh_cookies, status=201)


@post(
    "/api/auth/login",
    status_code=200,
    security=PUBLIC,
    before_request=known_pages_alone,
    tags=_TAGS,
    summary="Sign in",
)
async def login(
    data: JSONBody[CredentialsBody],
    request: AnyRequest,
    accounts: NamedDependency[Accounts],
    authenticator: NamedDependency[Authenticator],
    refresh_cookies: NamedDependency[RefreshCookies],
) -> Response[SignIn]:
    """401 `bad_credentials`; 429 `too_many_requests` with `retryAfterSeconds` after many failures."""
    signed_in = await accounts.sign_in(data.username, Secret(data.password), visitor_of(request))
    return _welcome(signed_in, request, authenticator, refresh_cookies)


@post(
    "/api/auth/link",
    status_code=200,
    security=PUBLIC,
    before_request=known_pages_alone,
    tags=_TAGS,
    summary="Sign in by a one-time link",
    responses={
        201: ResponseSpec(SignIn, description="The link made the first account.", generate_examples=False)
    },
)
async def follow_link(
    data: JSONBody[LinkBody],
    request: AnyRequest,
    accounts: NamedDependency[Accounts],
    authenticator: NamedDependency[Authenticator],
    refresh_cookies: NamedDependency[RefreshCookies],
) -> Response[SignIn]:
    """The link that a new server prints makes the first account (201), which has no password. 401 `bad_code` where the code is
    unknown, used or expired."""
    signed_in, is_new = await accounts.follow_link(Secret(data.code), data.username, visitor_of(request))
    return _welcome(signed_in, request, authenticator, refresh_cookies, status=201 if is_new else 200)


@post(
    "/api/auth/refresh",
    status_code=200,
    security=PUBLIC,
    before_request=known_pages_alone,
    tags=_TAGS,
    summary="Get the next access token by the cookie",
    responses={204: ResponseSpec(None, description="There is no cookie: nobody is signed in.")},
)
async def refresh(
    request: AnyRequest,
    sessions: NamedDependency[Sessions],
    authenticator: NamedDependency[Authenticator],
    refresh_cookies: NamedDependency[RefreshCookies],
) -> Response[SignIn]:
    """Sets the next cookie; for its first 30 s, the same one again. A cookie is good for 30 s after its successor was set. 401
    `session_ended` where an older one is used: it may have been copied."""
    text = request.cookies.get(NAME)
    if not text:
        return Response(None, status_code=204)  # type: ignore[arg-type]  # the declared type is the one with a body
    try:
        presented = refresh_cookies.read(text)
        if presented is None:
            raise not_signed_in("This session is unknown; sign in again.")
        signed_in = await sessions.refresh(presented, visitor_of(request))
    except ApiError as error:
        error.headers["Set-Cookie"] = refresh_cookies.none(request).to_header(header="")
        raise
    return _welcome(signed_in, request, authenticator, refresh_cookies)


@post(
    "/api/auth/logout",
    status_code=204,
    security=PUBLIC,
    before_request=known_pages_alone,
    tags=_TAGS,
    summary="Sign out",
    responses={204: ResponseSpec(None, description="Nobody is signed in here.")},
)
async def logout(
    request: AnyRequest, sessions: NamedDependency[Sessions], refresh_cookies: NamedDependency[RefreshCookies]
) -> Response[None]:
    """Ends the session of the cookie and that of the access token, if there is one. Personal access tokens stay good."""
    ended = set()
    presented = refresh_cookies.read(request.cookies.get(NAME, ""))
    if presented is not None:
        ended.add(presented.session_id)
    try:
        identity = await identify(request)
    except ApiError:
        identity = None  # nobody was signed in by it any more
    if identity is not None and identity.session_id is not None:
        ended.add(identity.session_id)
    if ended:
        await sessions.sign_out(ended)
    return Response(None, status_code=204, cookies=[refresh_cookies.none(request)])


@put(
    "/api/auth/password",
    status_code=204,
    guards=[requires("account")],
    tags=_TAGS,
    summary="Change the password",
)
async def change_password(
    data: JSONBody[PasswordChangeBody],
    request: AnyRequest,
    identity: NamedDependency[Identity],
    accounts: NamedDependency[Accounts],
) -> None:
    """Ends all other sessions; personal access tokens stay good, so revoke those that somebody else may know. An account without a
    password gets its first one with `currentPassword: null`. 403 `bad_password`."""
    if data.current_password is None and not identity.scopes >= set(SCOPES):
        # A password may do everything, so a token that may not does not get to choose the first one.
        raise ApiError("scope_missing", 403, "This token may not set the first password of an account.")
    await accounts.change_password(
        identity.user_id,
        None if data.current_password is None else Secret(data.current_password),
        Secret(data.new_password),
        session_id=identity.session_id,
        address=address_of(request),
    )


def _welcome(
    signed_in: SignedIn,
    request: AnyRequest,
    authenticator: Authenticator,
    refresh_cookies: RefreshCookies,
    *,
    status: int = 200,
) -> Response[SignIn]:
    body = SignIn(
        access_token=authenticator.issue(signed_in.session).reveal(),
        token_type="bearer",  # noqa: S106 - the scheme's name
        expires_in=ACCESS_SECONDS,
        user=describe(signed_in.user),
    )
    return Response(body, status_code=status, cookies=[refresh_cookies.of(signed_in.session, request)])
