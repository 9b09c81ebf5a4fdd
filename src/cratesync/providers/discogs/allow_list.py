"""Every call that Cratesync ever asks a client to make at Discogs.

Version 1 is read-only by construction: only GET, and none of these paths changes anything.
Source: https://www.discogs.com/developers, sections "User Identity", "User Collection", "User Wantlist" and "Database".
"""

from cratesync.protocol.allow_list import AllowList

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
