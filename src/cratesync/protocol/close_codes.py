"""Why a socket was closed, and whether to come back.

Codes from 4500 to 4999 are terminal: the client stops and tells its user. After any other code, known or not, the
client reconnects with full jitter (the ranges are Centrifuge's; see PROTOCOL.md).
"""

from enum import IntEnum

TERMINAL_FIRST = 4500
TERMINAL_LAST = 4999


class CloseCode(IntEnum):
    """Every code that the server closes with on purpose."""

    GOING_AWAY = 1001
    FRAME_TOO_LARGE = 1009
    SERVER_RESTARTS = 1012

    AUTHENTICATION_TIMEOUT = 4000
    TOO_MANY_CONNECTIONS = 4001
    OUTBOX_FULL = 4002
    TOO_MANY_MESSAGES = 4003
    SERVER_FAULT = 4004

    BAD_MESSAGE = 4500
    SIGN_IN_AGAIN = 4501
    VERSION_TOO_OLD = 4502
    ORIGIN_REFUSED = 4503


def is_terminal(code: int) -> bool:
    """Whether a client that was closed with this code must not reconnect by itself."""
    return TERMINAL_FIRST <= code <= TERMINAL_LAST
