"""What the first account is called, if nobody chose a name for it."""

import getpass
import re

from cratesync.server.accounts.accounts import is_username

NOBODY = "me"


def first_username() -> str:
    """A tidy form of the name of whoever runs this process."""
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container whose user has no name
        return NOBODY
    tidy = re.sub(r"[^A-Za-z0-9._-]+", "", name)
    return tidy if is_username(tidy) else NOBODY
