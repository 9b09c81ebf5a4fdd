"""Whether a request may be made at all. Pure: hand in the session and the clock's reading.

A server that asks for anything else than a signed, fresh GET on the list is refused, whoever it is.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from cratesync.client.clock import parse_instant
from cratesync.client.session import Session
from cratesync.protocol.allow_list import METHOD, AllowList
from cratesync.protocol.messages import ApiRequest
from cratesync.protocol.signing import request_bytes, verify
from cratesync.providers.discogs.allow_list import UPSTREAM

_HEADERS = frozenset({"authorization", "user-agent", "accept"})
_HEADER_CHARACTERS_MAX = 1000


class Refusal(Struct, frozen=True):
    """`code` is one of the wire's `refused_*`; the sentence never repeats what the request held."""

    code: str
    sentence: str

    @property
    def error(self) -> str:
        """As it stands in the answer."""
        return f"{self.code}: {self.sentence}"


class Guard(Struct, frozen=True):
    """What this client lets through: all of it its own, never taken from a message."""

    base_url: str = UPSTREAM.base_url
    allow_list: AllowList = UPSTREAM.allow_list
    authorization: re.Pattern[str] = UPSTREAM.authorization

    def refusal(self, request: ApiRequest, session: Session, monotonic: float) -> Refusal | None:
        """Why this request is not made, or nothing."""
        if request.method != METHOD:
            return Refusal("refused_method", "This client makes GET calls only.")
        if not self.allow_list.permits(base_url=self.base_url, method=request.method, url=request.url):
            return Refusal(
                "refused_url",
                "The address is not on this client's list, or not below the base URL of its settings.",
            )
        return (
            self._header_refusal(request.headers)
            or _signature_refusal(request, session)
            or _expiry_refusal(request, session, monotonic)
        )

    def _header_refusal(self, headers: Mapping[str, str]) -> Refusal | None:
        names = [name.lower() for name in headers]
        if not _HEADERS.issuperset(names) or len(set(names)) != len(names):
            return Refusal("refused_header", "Only Authorization, User-Agent and Accept may come, each once.")
        for name, value in headers.items():
            if len(value) > _HEADER_CHARACTERS_MAX or not value.isascii() or not value.isprintable():
                return Refusal(
                    "refused_header", "A header holds a line break or another character that none may hold."
                )
            if name.lower() == "authorization" and not self.authorization.fullmatch(value):
                return Refusal("refused_header", "Authorization is not of the form that tokens take there.")
        return None


def _signature_refusal(request: ApiRequest, session: Session) -> Refusal | None:
    public_key = session.keys.get(request.key_id)
    if public_key is None:
        return Refusal(
            "refused_signature", "The request is signed with a key that this client does not trust."
        )
    try:
        signed = request_bytes(
            connection_id=session.connection_id,
            request_id=request.request_id,
            user_id=session.user_id,
            method=request.method,
            url=request.url,
            headers=request.headers,
            expires_at=request.expires_at,
        )
    except ValueError:
        return Refusal("refused_signature", "The request has a part that cannot be signed without doubt.")
    if not verify(public_key, request.signature, signed):
        return Refusal("refused_signature", "The signature is not that of this request on this connection.")
    return None


def _expiry_refusal(request: ApiRequest, session: Session, monotonic: float) -> Refusal | None:
    try:
        expires_at = parse_instant(request.expires_at)
    except ValueError:
        return Refusal(
            "refused_expired", "The request does not say in a readable way until when it may be made."
        )
    if session.clock.at(monotonic) > expires_at:
        return Refusal(
            "refused_expired", "The request came to its turn after the time until which it may be made."
        )
    return None
