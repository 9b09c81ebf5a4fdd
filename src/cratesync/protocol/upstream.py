"""What a client has to know of the API that it calls: pure data, and all of a provider that leaves the server's side."""

import re

from msgspec import Struct

from cratesync.protocol.allow_list import AllowList


class Upstream(Struct, frozen=True):
    """An outside API, as its clients see it.

    Calls go below `base_url` and stay within the `allow_list`. The user's token travels in `Authorization` alone, which has to
    match `authorization` as a whole. Of an answer's headers those are passed on whose lower-case names contain `rate_header`.
    """

    base_url: str
    allow_list: AllowList
    authorization: re.Pattern[str]
    rate_header: str
