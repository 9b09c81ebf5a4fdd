"""A link that lets somebody in once: what a new server prints, an invitation, or a link that its operator made."""

from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from cratesync.client.errors import SettingError
from cratesync.client.secret import Secret
from cratesync.client.server_url import ServerUrl, parse_server_url


class OneTimeLink(Struct, frozen=True):
    """Where it leads, and the code behind the #. An invitation asks for a name and a password."""

    server: ServerUrl
    code: Secret
    is_invitation: bool


def parse_one_time_link(text: str) -> OneTimeLink:
    """Read what a user pasted. Raises `SettingError`, which never repeats the code."""
    try:
        parts = urlsplit(text.strip())
        fields = parse_qs(parts.fragment)
    except ValueError:
        raise SettingError("That is no URL.") from None
    for name in ("code", "invitation"):
        if codes := fields.get(name):
            server = parse_server_url(parts._replace(fragment="").geturl())
            return OneTimeLink(server, Secret(codes[0]), name == "invitation")
    raise SettingError("That is no one-time link: behind its # stands no code.")
