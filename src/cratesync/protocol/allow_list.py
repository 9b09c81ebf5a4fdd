"""Which calls a client may be asked to make at all.

An allow-list is plain data, so that the same list guards the server's own output, the headless client and, generated into
TypeScript, the browser.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

METHOD = "GET"
URL_CHARACTERS_MAX = 2000

# What a `{name}` in a path template stands for: one path segment. Left out are `.`, `..` and every percent-encoded dot,
# slash or backslash, because a URL parser may read those as a way out of the template (WHATWG URL, "double-dot segment").
_SEGMENT = r"(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~-]|%(?!2[EeFf]|5[Cc])[0-9A-Fa-f]{2})+"
_NUMBER = r"[0-9]{1,18}"
_VALUE = re.compile(r"[A-Za-z0-9_.~-]{1,64}")


class AllowList(Struct, frozen=True):
    """Path templates below the provider's base URL, and the query parameters that may follow them.

    In a template `{name}` stands for one segment and `{#name}` for a whole number.
    """

    paths: tuple[str, ...]
    query: frozenset[str]

    def permits(self, *, base_url: str, method: str, url: str) -> bool:
        """Whether this call stays within the list. `base_url` is the caller's own setting, never a message's."""
        if (
            method != METHOD
            or len(url) > URL_CHARACTERS_MAX
            or not url.isascii()
            or not url.isprintable()
            or "\\" in url
        ):
            return False
        try:
            base, asked = urlsplit(base_url.rstrip("/")), urlsplit(url)
        except ValueError:
            return False
        if (asked.scheme, asked.netloc) != (base.scheme, base.netloc) or "#" in url or " " in url:
            return False
        if not asked.path.startswith(base.path + "/"):
            return False
        path = asked.path[len(base.path) :]
        return any(_pattern(template).fullmatch(path) for template in self.paths) and self._permits_query(
            asked.query
        )

    def _permits_query(self, query: str) -> bool:
        if not query:
            return True
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        except ValueError:
            return False
        names = [name for name, _ in pairs]
        return (
            len(set(names)) == len(names)
            and self.query.issuperset(names)
            and all(_VALUE.fullmatch(value) for _, value in pairs)
        )


@lru_cache(64)  # a provider has a handful of templates
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", template)
    return re.compile(
        "".join(
            (_NUMBER if part.startswith("{#") else _SEGMENT) if part.startswith("{") else re.escape(part)
            for part in parts
        )
    )
