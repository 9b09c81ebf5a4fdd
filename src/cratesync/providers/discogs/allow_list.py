"""Every call that Cratesync ever asks a client to make at Discogs, and what else a client has to know of it.

Version 1 is read-only by construction: only GET, and none of these paths changes anything.
Source: https://www.discogs.com/developers, sections "User Identity", "User Collection", "User Wantlist" and "Database".
"""

import re

from cratesync.protocol.allow_list import AllowList
from cratesync.protocol.upstream import Upstream

BASE_URL = "https://api.discogs.com"

ALLOW_LIST = AllowList(
    paths=(
        "/oauth/identity",
        "/users/{username}/collection/folders",
        "/users/{username}/collection/fields",
        "/users/{username}/collection/value",
        "/users/{username}/collection/folders/0/releases",
        "/users/{username}/collection/releases/{#release_id}",
        "/users/{username}/wants",
        "/releases/{#release_id}",
    ),
    query=frozenset({"page", "per_page", "sort", "sort_order"}),
)

UPSTREAM = Upstream(
    base_url=BASE_URL,
    allow_list=ALLOW_LIST,
    # https://www.discogs.com/developers/#page:authentication,header:authentication-discogs-auth-flow
    authorization=re.compile(r"Discogs token=[!-~]{1,500}"),
    # https://www.discogs.com/developers/#page:home,header:home-rate-limiting
    rate_header="ratelimit",
)
