"""Who is calling: access tokens of minutes (JWT) and personal access tokens."""

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Literal, get_args
from uuid import UUID

import jwt
import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.accounts.holding import Holding, SignIn
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError, not_signed_in
from cratesync.server.ids import new_id
from cratesync.server.secret import Secret
from cratesync.server.store.access_tokens import (
    StoredToken,
    TokenOwner,
    count_tokens,
    find_token_owner,
    insert_token,
    mark_token_used,
)
from cratesync.server.store.database import Database
from cratesync.server.store.sessions import Session, SessionOwner, find_session_owner
from cratesync.server.store.users import find_user
from cratesync.server.transaction import UserGoneError
from cratesync.server.vault import Vault

Scope = Literal["fetch", "read", "sync", "account"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

ACCESS_SECONDS = 900
PERSONAL_PREFIX = "crs_"
PERSONAL_BYTES = 32
TOKEN_CHARACTERS_MAX = 4096
USE_NOTED_EVERY_SECONDS = 60

_ALGORITHM = "HS256"


class Identity(Struct, frozen=True, kw_only=True):
    """Who is calling, and what they may do: by a personal access token (`token_id`) or by a session (`session_id`)."""

    user_id: UUID
    username: str
    scopes: frozenset[str]
    expires_at: datetime | None
    token_id: UUID | None = None
    session_id: UUID | None = None


class _Claims(Struct, frozen=True):
    """The body of an access token (RFC 7519, section 4.1)."""

    sub: UUID
    sid: UUID
    exp: Annotated[int, Meta(ge=0, le=1 << 40)]
    scope: str


class Authenticator:
    """Issues tokens and tells whose a token is."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._holding = Holding(database, clock)

    def issue(self, session: Session) -> Secret:
        """An access token for everything a person may do, good for `ACCESS_SECONDS` and no longer than its session."""
        key_id, key = self._vault.access_key
        now = int(self._clock.now().timestamp())
        claims = {
            "sub": str(session.user_id),
            "sid": str(session.id),
            "iat": now,
            "exp": now + ACCESS_SECONDS,
            "jti": secrets.token_urlsafe(9),
            "scope": " ".join(SCOPES),
        }
        return Secret(jwt.encode(claims, key, _ALGORITHM, headers={"kid": key_id}))

    async def create_personal(
        self,
        user_id: UUID,
        *,
        name: str,
        scopes: tuple[str, ...],
        expires_at: datetime | None,
        at_most: int | None = None,
    ) -> tuple[StoredToken, Secret]:
        """A new personal access token. Its text is known now and never again. Raises `UserGoneError`, and `ApiError` (409) where
        the user has `at_most` so many already."""
        token = Secret(PERSONAL_PREFIX + secrets.token_urlsafe(PERSONAL_BYTES))
        stored = StoredToken(
            id=new_id(),
            name=name,
            scopes=scopes,
            created_at=self._clock.now(),
            expires_at=expires_at,
            last_used_at=None,
        )
        async with self._database.write() as connection:
            if await find_user(connection, user_id, locked=True) is None:
                raise UserGoneError
            if at_most is not None and await count_tokens(connection, user_id) >= at_most:
                raise ApiError(
                    "too_many_tokens", 409, f"There are {at_most} tokens already; delete one first."
                )
            await insert_token(connection, user_id, stored, _hash(token.reveal()))
        return stored, token

    async def authenticate(self, token: Secret) -> Identity:
        """Whose token this is. Raises `ApiError` (401) where it is nobody's, has expired or was revoked."""
        text = token.reveal()
        if not text or len(text) > TOKEN_CHARACTERS_MAX or not text.isascii():
            raise not_signed_in()
        if text.startswith(PERSONAL_PREFIX):
            return await self._authenticate_personal(text)
        return await self._authenticate_access(text)

    async def still_holds(self, identity: Identity) -> bool:
        """Whether a sign-in is still good: it has not expired, and neither token, session nor account was taken away."""
        if identity.expires_at is not None and identity.expires_at <= self._clock.now():
            return False
        return await self._holding.still(SignIn(identity.user_id, identity.token_id, identity.session_id))

    async def _authenticate_personal(self, text: str) -> Identity:
        async with self._database.read() as connection:
            owner = await find_token_owner(connection, _hash(text))
        now = self._clock.now()
        if owner is None or (owner.expires_at is not None and owner.expires_at <= now):
            raise not_signed_in("This access token is unknown, was revoked or has expired.")
        await self._note_use(owner, now)
        return Identity(
            user_id=owner.user_id,
            username=owner.username,
            scopes=frozenset(owner.scopes),
            expires_at=owner.expires_at,
            token_id=owner.id,
        )

    async def _note_use(self, owner: TokenOwner, now: datetime) -> None:
        before = owner.last_used_at
        if before is None or now - before >= timedelta(seconds=USE_NOTED_EVERY_SECONDS):
            async with self._database.write() as connection:
                await mark_token_used(connection, owner.id, now)

    async def _authenticate_access(self, text: str) -> Identity:
        claims = self._read_claims(text)
        expires_at = datetime.fromtimestamp(claims.exp, UTC)
        if expires_at <= self._clock.now():
            raise not_signed_in("The sign-in has expired; sign in again.")
        async with self._database.read() as connection:
            owner = await self._session_owner(connection, claims.sid, claims.sub)
        if owner is None:
            raise not_signed_in("This session has ended; sign in again.")
        return Identity(
            user_id=claims.sub,
            username=owner.username,
            scopes=frozenset(claims.scope.split()),
            expires_at=expires_at,
            session_id=claims.sid,
        )

    async def _session_owner(
        self, connection: AsyncConnection, session_id: UUID, user_id: UUID
    ) -> SessionOwner | None:
        """The user of a session that has not ended."""
        owner = await find_session_owner(connection, session_id, user_id)
        return None if owner is None or owner.expires_at <= self._clock.now() else owner

    def _read_claims(self, text: str) -> _Claims:
        try:
            key_id = jwt.get_unverified_header(text).get("kid")
            key = self._vault.known_access_key(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise not_signed_in()
            # The expiry is judged by our own clock, above.
            claims = jwt.decode(
                text,
                key,
                [_ALGORITHM],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            return msgspec.convert(claims, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            raise not_signed_in() from None


def _hash(text: str) -> bytes:
    """A token of 256 random bits needs no slow hash."""
    return sha256(text.encode()).digest()
