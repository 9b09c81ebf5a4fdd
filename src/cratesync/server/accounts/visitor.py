"""Where a sign-in comes from, as its owner sees it in the list of sessions."""

from msgspec import Struct

USER_AGENT_CHARACTERS_MAX = 200


class Visitor(Struct, frozen=True):
    """A network address, and what the program there calls itself."""

    address: str
    user_agent: str


def describe_visitor(address: str, user_agent: str) -> Visitor:
    """A visitor with a user agent that is safe to keep and to show: cut short, and without control characters."""
    shown = "".join(character for character in user_agent if character.isprintable())
    return Visitor(address, shown[:USER_AGENT_CHARACTERS_MAX])
