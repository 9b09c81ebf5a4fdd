"""What a backup looks like: gzip of lines of JSON. An array is a row; the objects say what they are rows of.

    {"format": "cratesync backup", "version": 1, "revision": "0003", …}
    {"table": "users", "columns": ["id", "username", …]}
    ["0199…", "anna", …]
    …
    {"tables": [{"table": "users", "rows": 1, "digest": "…"}, …], "digest": "…"}

The last line counts, and has the digest (SHA-256, of the lines with their ends) of each table's rows and of all that is before
it; so a file that was cut off or changed is known by it. Digests of a table are alike on both databases.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

FORMAT = "cratesync backup"
VERSION = 1

KEYS_MAX = 1_000
LINE_BYTES_MAX = 64 * 1024 * 1024
EXPANSION_MAX = 200
"""How many times larger than the file its lines may be: real ones are some ten times, made to fill a disk a thousand."""


KeyId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,32}\Z")]


class Head(Struct, frozen=True, kw_only=True, rename="camel"):
    """The first line. `key_ids` names the keys of the instance that made it; `keys` are they themselves, if they were asked for."""

    format: str
    version: int
    revision: Annotated[str, Meta(pattern=r"\A[0-9a-z]{1,32}\Z")]
    made_at: Annotated[datetime, Meta(tz=True)]
    made_by: Annotated[str, Meta(pattern=r"\A[0-9a-z.+-]{1,40}\Z")]
    key_ids: Annotated[tuple[KeyId, ...], Meta(max_length=KEYS_MAX)]
    keys: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"Head(revision={self.revision!r}, made_at={self.made_at!r})"


class Began(Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of this table follow, their values in this order."""

    table: str
    columns: tuple[str, ...]


class Counted(Struct, frozen=True, forbid_unknown_fields=True):
    """How many rows of a table there were, and their digest."""

    table: str
    rows: int
    digest: str


class Sum(Struct, frozen=True, forbid_unknown_fields=True):
    """The last line."""

    tables: tuple[Counted, ...]
    digest: str

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(counted.rows for counted in self.tables)

    def rows_of(self, table: str) -> int:
        """Of one table; none where there is no such table."""
        return next((counted.rows for counted in self.tables if counted.table == table), 0)
