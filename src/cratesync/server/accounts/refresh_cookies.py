"""The cookie that a session refreshes itself by: `{session id}.{generation}.{key id}.{mac}`.

The mac is HMAC-SHA256 over session id and generation, so nothing secret is stored, and the current cookie of a session can be
given out again at any time.
"""

import hmac
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit
from uuid import UUID

from litestar.datastructures import Cookie

from cratesync.server.accounts.sessions import Presented
from cratesync.server.clock import Clock
from cratesync.server.edge import AnyRequest
from cratesync.server.store.sessions import Session
from cratesync.server.vault import Vault

NAME = "cratesync_refresh"
CHARACTERS_MAX = 200
_GENERATION_DIGITS_MAX = 9


class RefreshCookies:
    """Writes and reads them."""

    def __init__(self, vault: Vault, clock: Clock, *, public_url: str | None) -> None:
        public = urlsplit(public_url or "")
        self._vault = vault
        self._clock = clock
        self._path = f"{public.path.rstrip('/')}/api/auth"
        self._only_tls = public.scheme == "https"

    def of(self, session: Session, request: AnyRequest) -> Cookie:
        """The current cookie of a session."""
        key_id, key = self._vault.refresh_key
        mac = _mac(key, session.id, session.generation)
        lasts = session.expires_at - self._clock.now()
        return self._cookie(
            request, f"{session.id}.{session.generation}.{key_id}.{mac}", int(lasts.total_seconds())
        )

    def none(self, request: AnyRequest) -> Cookie:
        """What makes a browser forget its cookie."""
        return self._cookie(request, "", 0)

    def read(self, text: str) -> Presented | None:
        """What a cookie says, if it is one of ours."""
        if len(text) > CHARACTERS_MAX or not text.isascii() or text.count(".") != 3:
            return None
        session_text, generation_text, key_id, mac = text.split(".")
        key = self._vault.known_refresh_key(key_id)
        if key is None or not generation_text.isdecimal() or len(generation_text) > _GENERATION_DIGITS_MAX:
            return None
        try:
            session_id, generation = UUID(session_text), int(generation_text)
        except ValueError:
            return None
        if not hmac.compare_digest(mac, _mac(key, session_id, generation)):
            return None
        return Presented(session_id, generation)

    def _cookie(self, request: AnyRequest, value: str, max_age: int) -> Cookie:
        return Cookie(
            key=NAME,
            value=value,
            path=self._path,
            max_age=max_age,
            httponly=True,
            secure=self._only_tls or request.url.scheme == "https",
            samesite="strict",
        )


def _mac(key: bytes, session_id: UUID, generation: int) -> str:
    digest = hmac.digest(key, b"%s.%d" % (session_id.bytes, generation), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
