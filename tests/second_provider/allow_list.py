"""What a client has to know of Shelfside: pure data, and the only file of this provider that a client imports."""

import re

from cratesync.protocol.allow_list import AllowList
from cratesync.protocol.upstream import Upstream

UPSTREAM = Upstream(
    base_url="https://api.shelfside.example/v2",
    # Every call that a client will ever make, and no other: all are GETs, and none of them changes anything.
    allow_list=AllowList(
        paths=("/me", "/keepers/{keeper}/rooms", "/keepers/{keeper}/copies", "/keepers/{keeper}/wishes"),
        query=frozenset({"limit", "after"}),
    ),
    # A client that is handed another form refuses the call, so a token of one API is never shown to another.
    authorization=re.compile(r"Bearer [!-~]{1,200}"),
    # `X-Quota-Limit` and `X-Quota-Left` are passed on to the server.
    rate_header="x-quota",
)
