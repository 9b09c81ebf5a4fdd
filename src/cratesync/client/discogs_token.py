"""A Discogs token as a person pasted it."""

from cratesync.client.errors import SettingError
from cratesync.client.secret import Secret

DISCOGS_TOKEN_CHARACTERS_MAX = 200


def checked_discogs_token(token: Secret) -> Secret:
    """The token itself. Raises `SettingError` for what cannot be one, and could not stand in a header either."""
    text = token.reveal()
    if (
        not (text and text.isascii() and text.isprintable() and " " not in text)
        or len(text) > DISCOGS_TOKEN_CHARACTERS_MAX
    ):
        raise SettingError("That is no Discogs token. Discogs shows it under Settings, Developers.")
    return token
