"""The part of the server's REST API that the client uses."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal, TypeAlias, TypeVar
from urllib.parse import quote

from msgspec import Struct

from cratesync.client.errors import ServerRefusedError, SignInRefusedError
from cratesync.client.rest import Rest
from cratesync.client.secret import Secret
from cratesync.client.sign_in import HINT, Access, SignIn
from cratesync.protocol.messages import Summary, SyncType

T = TypeVar("T")
ExportFormat: TypeAlias = Literal["csv", "jsonl", "xlsx", "sqlite"]
SCOPES = ("fetch", "read", "sync", "account")


class _Body(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is sent."""


class _Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """What comes back; fields that we do not use are skipped."""


class _UserPassword(_Body, frozen=True, kw_only=True):
    username: str
    password: str

    def __repr__(self) -> str:
        return f"_UserPassword(username={self.username!r}, password=<hidden>)"


class _Invited(_UserPassword, frozen=True, kw_only=True):
    invitation: str


class _LinkCode(_Body, frozen=True, kw_only=True):
    code: str
    username: str | None

    def __repr__(self) -> str:
        return "_LinkCode(<hidden>)"


class _SignedIn(_Answer, frozen=True, kw_only=True):
    access_token: str
    expires_in: float

    def __repr__(self) -> str:
        return "_SignedIn(access_token=<hidden>)"


class _TokenWish(_Body, frozen=True, kw_only=True):
    name: str
    scopes: tuple[str, ...]


class PersonalToken(_Answer, frozen=True, kw_only=True):
    """A personal access token, shown this once. Hidden from repr."""

    id: str
    token: str
    expires_at: str | None = None

    def __repr__(self) -> str:
        return f"PersonalToken(id={self.id!r}, token=<hidden>)"


class _DiscogsToken(_Body, frozen=True, kw_only=True):
    discogs_token: str

    def __repr__(self) -> str:
        return "_DiscogsToken(discogs_token=<hidden>)"


class TokenVerdict(_Answer, frozen=True, kw_only=True):
    """What Discogs says of a token; `None`: nobody has asked it yet."""

    message: str
    token_valid: bool | None = None


class User(_Answer, frozen=True, kw_only=True):
    """Who is signed in, and what is known of the Discogs token."""

    id: str
    username: str
    discogs_username: str | None = None
    has_discogs_token: bool = False
    token_valid: bool | None = None


class _SyncWish(_Body, frozen=True, kw_only=True):
    sync_type: SyncType
    full_sync: bool
    page_limit: int | None


class SyncStarted(_Answer, frozen=True, kw_only=True):
    """The sync that was started, or that was already on its way."""

    session_id: str
    status: str
    message: str
    attached: bool = False


class SyncStatus(_Answer, frozen=True, kw_only=True):
    """A sync as REST shows it. `error_code` names the fault of a failed one."""

    session_id: str
    status: str
    sync_type: SyncType = "collection"
    revision: int = 0
    total_requests: int = 0
    completed_requests: int = 0
    failed_requests: int = 0
    percent_complete: float = 0.0
    items_done: int = 0
    items_total: int | None = None
    estimated_time_left: str | None = None
    estimated_seconds_left: float | None = None
    current_action: str | None = None
    reason: str | None = None
    resume_at: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    summary: Summary | None = None


class PastSync(_Answer, frozen=True, kw_only=True):
    """A sync in the history."""

    session_id: str
    sync_type: SyncType
    status: str
    started_at: str | None = None
    completed_at: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    summary: Summary | None = None


class _Syncs(_Answer, frozen=True, kw_only=True):
    items: tuple[PastSync, ...] = ()


class MirrorSchedule(_Answer, frozen=True, kw_only=True):
    """When a list is synced next. Nothing is due before a first sync by hand."""

    sync_type: SyncType
    due_at: str | None = None
    not_before: str | None = None
    overdue: bool = False


class Schedule(_Answer, frozen=True, kw_only=True):
    """How often the server syncs by itself: `every` so many hours, `daily` at a time, or `off`."""

    mode: str
    every_hours: float | None = None
    daily_at: str | None = None
    time_zone: str | None = None
    mirrors: tuple[MirrorSchedule, ...] = ()


class RateLimit(_Answer, frozen=True, kw_only=True):
    """What the provider last said of the user's quota."""

    remaining: int | None = None
    limit: int | None = None
    window_reset: str | None = None
    last_updated: str | None = None


class Accounts:
    """What can be asked without being signed in. The server's cookie is kept by the pool of connections, in memory."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def sign_in(self, username: str, password: Secret) -> Access:
        """Sign in by name and password. Raises `SignInRefusedError`."""
        return await self._enter(
            "/api/auth/login", _UserPassword(username=username, password=password.reveal())
        )

    async def register(self, username: str, password: Secret, invitation: Secret | None = None) -> Access:
        """Make the account, and be signed in."""
        body = _UserPassword(username=username, password=password.reveal())
        if invitation is not None:
            body = _Invited(username=username, password=password.reveal(), invitation=invitation.reveal())
        return await self._enter("/api/auth/register", body)

    async def follow_link(self, code: Secret, username: str | None) -> Access:
        """Sign in by a one-time link; the name is for the first account of a new server."""
        return await self._enter("/api/auth/link", _LinkCode(code=code.reveal(), username=username))

    async def refresh(self) -> Access | None:
        """Sign in by the cookie of an earlier sign-in; nothing where that is not good any more."""
        try:
            answer = await self._rest.send("POST", "/api/auth/refresh")
        except ServerRefusedError:
            return None
        return _access(self._rest.read(answer, _SignedIn)) if answer else None

    async def leave(self, token: Secret | None) -> None:
        """End the session of the cookie and of the access token. A cookie for TLS alone, or for a path of the public URL, does not
        come back to a server that was reached by another way. A server that refuses has ended it, or will."""
        with suppress(ServerRefusedError):
            await self._rest.send("POST", "/api/auth/logout", token=token)

    async def _enter(self, path: str, body: Struct) -> Access:
        try:
            return _access(await self._rest.call("POST", path, _SignedIn, body=body))
        except ServerRefusedError as refusal:
            if refusal.status == 401:
                raise SignInRefusedError(refusal.sentence) from None
            raise


def _access(signed_in: _SignedIn) -> Access:
    return Access(Secret(signed_in.access_token), signed_in.expires_in)


class PasswordEntrance:
    """The ways in for one name and password."""

    def __init__(self, accounts: Accounts, username: str, password: Secret) -> None:
        self._accounts = accounts
        self._username = username
        self._password = password

    async def sign_in(self) -> Access:
        """Begin a session. Raises `SignInRefusedError`."""
        return await self._accounts.sign_in(self._username, self._password)

    async def refresh(self) -> Access | None:
        """The next access token of the session; nothing where there is none."""
        return await self._accounts.refresh()

    async def leave(self, token: Secret | None) -> None:
        """End the session."""
        await self._accounts.leave(token)


class Api:
    """What a signed-in user asks. A refused token is replaced once, where that is possible."""

    def __init__(self, rest: Rest, sign_in: SignIn) -> None:
        self._rest = rest
        self._sign_in = sign_in

    async def create_token(self, name: str) -> PersonalToken:
        """A personal access token with the scopes that this client needs."""
        return await self._call(
            "POST", "/api/auth/tokens", PersonalToken, _TokenWish(name=name, scopes=SCOPES)
        )

    async def revoke_token(self, token_id: str) -> None:
        """End a personal access token."""
        await self._send("DELETE", f"/api/auth/tokens/{quote(token_id, safe='')}")

    async def me(self) -> User:
        """Who is signed in."""
        return await self._call("GET", "/api/users/me", User)

    async def save_discogs_token(self, token: Secret) -> TokenVerdict:
        """Hand the Discogs token over; the server waits a while for Discogs' verdict."""
        body = _DiscogsToken(discogs_token=token.reveal())
        return await self._call("PUT", "/api/users/discogs-token", TokenVerdict, body)

    async def start_sync(self, sync_type: SyncType, *, full: bool, page_limit: int | None) -> SyncStarted:
        """Start a sync, or find the one of that type that is on its way."""
        wish = _SyncWish(sync_type=sync_type, full_sync=full, page_limit=page_limit)
        try:
            return await self._call("POST", "/api/discogs/syncCollection", SyncStarted, wish)
        except ServerRefusedError as refusal:
            if refusal.code != "sync_already_active" or refusal.session_id is None:
                raise
            return SyncStarted(
                session_id=refusal.session_id, status="in_progress", message=refusal.sentence, attached=True
            )

    async def sync_status(self, session_id: str) -> SyncStatus:
        """How a sync stands."""
        return await self._call("GET", f"/api/discogs/syncStatus/{quote(session_id, safe='')}", SyncStatus)

    async def syncs(self) -> tuple[PastSync, ...]:
        """The latest syncs, newest first."""
        return (await self._call("GET", "/api/discogs/syncs", _Syncs)).items

    async def schedule(self) -> Schedule:
        """When syncs run by themselves."""
        return await self._call("GET", "/api/users/me/schedule", Schedule)

    async def rate_limit(self) -> RateLimit:
        """What is left of the quota."""
        return await self._call("GET", "/api/discogs/rateLimit", RateLimit)

    async def export(self, kind: SyncType, wanted: ExportFormat, take: Callable[[bytes], None]) -> int:
        """Hand over the bytes of a list's export as they come, and say how many they were."""
        path = f"/api/{kind}/export?format={wanted}"
        return await self._signed_in(lambda token: self._rest.download(path, take, token=token))

    async def _call(self, method: str, path: str, shape: type[T], body: Struct | None = None) -> T:
        return self._rest.read(await self._send(method, path, body), shape)

    async def _send(self, method: str, path: str, body: Struct | None = None) -> bytes:
        return await self._signed_in(lambda token: self._rest.send(method, path, body=body, token=token))

    async def _signed_in(self, ask: Callable[[Secret], Awaitable[T]]) -> T:
        try:
            return await ask(await self._sign_in.token())
        except ServerRefusedError as refusal:
            if refusal.status != 401:
                raise
            sentence = refusal.sentence
        if self._sign_in.refused():
            try:
                return await ask(await self._sign_in.token())
            except ServerRefusedError as refusal:
                if refusal.status != 401:
                    raise
                sentence = refusal.sentence
        raise SignInRefusedError(f"{sentence} {HINT}")
