"""What must not stand in a report that is pasted where anybody can read it. Pure."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import quote

TEXT_CHARACTERS_MAX = 400
ID_MIN = 1000  # what is smaller is a count more often than an id

_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")
# A run of these may be an address; `ip_address` says whether it is one.
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?![\w:])"
)
# What is no word: tokens, codes, signatures.
_OPAQUE = re.compile(r"[A-Za-z0-9+/=]{24,}")
_NUMBER = re.compile(r"[0-9]{6,}")


class Redaction:
    """The one exit of whatever Discogs said.

    `secrets` go wherever they stand, the user name and `numbers` (this user's ids) where they stand alone, and so does
    every other number that is long enough to be an id.
    """

    def __init__(self, *, secrets: Iterable[str], username: str | None, numbers: Iterable[int]) -> None:
        names = {username, quote(username, safe="")} if username else set()
        self._secrets = _any_of(secrets)
        self._username = _any_of(names, alone=True)
        self._numbers = _any_of({str(number) for number in numbers if number >= ID_MIN}, alone=True)

    def __repr__(self) -> str:
        return "Redaction(<hidden>)"

    def scrub(self, text: str) -> str:
        """The text in one line, without what is private."""
        text = "".join(sign if sign.isprintable() else " " for sign in text)
        if self._secrets is not None:
            text = self._secrets.sub("TOKEN", text)
        text = _MAIL.sub("MAIL", _URL.sub("URL", text))
        if self._username is not None:
            text = self._username.sub("USER", text)
        if self._numbers is not None:
            text = self._numbers.sub("ID", text)
        text = _ADDRESS.sub(_without_address, text)
        return _NUMBER.sub("NUMBER", _OPAQUE.sub("CODE", text))[:TEXT_CHARACTERS_MAX]


def _any_of(texts: Iterable[str], *, alone: bool = False) -> re.Pattern[str] | None:
    longest_first = sorted({text for text in texts if text}, key=len, reverse=True)
    if not longest_first:
        return None
    found = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![^\W_])(?:{found})(?![^\W_])" if alone else found, re.IGNORECASE)


def _without_address(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:
        return found[0]
    return "ADDRESS"
