"""What can end a command, whose fault it is and what to do next.

ClientError ─┬─ SettingError             (2) the user's settings
             ├─ SignInRefusedError       (3) credentials, or the Discogs token
             ├─ ServerNotReachedError    (4) the way to the server, or the server itself
             ├─ ServerRefusedError       (1, or 3) the server said no, and why
             ├─ UntrustedKeyError        (1) the server is not the one that was pinned
             ├─ FolderError              (1) the client's own folder
             ├─ OutputError              (1) what was asked for cannot be written
             └─ InterruptedBySignalError (128 + signal) the user
"""

FAILED = 1
MISUSED = 2
SIGN_IN_REFUSED = 3
NOT_REACHED = 4

# The server's codes that say: it is the Discogs token.
DISCOGS_TOKEN_CODES = frozenset(
    {"discogs_token_missing", "discogs_token_rejected", "discogs_account_mismatch", "token_rejected"}
)


class ClientError(Exception):
    """Ends the command with `exit_code`; `sentence` is for a person, `code` for a script."""

    code = "failed"
    exit_code = FAILED

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SettingError(ClientError):
    """A setting or option that cannot be used."""

    code = "bad_setting"
    exit_code = MISUSED


class SignInRefusedError(ClientError):
    """No credentials, or the server does not take them."""

    code = "sign_in_refused"
    exit_code = SIGN_IN_REFUSED


class ServerNotReachedError(ClientError):
    """Nobody answered, or a proxy answered in the server's stead."""

    code = "server_not_reached"
    exit_code = NOT_REACHED


class ServerRefusedError(ClientError):
    """The server understood and said no. `session_id` is set where it named a sync."""

    def __init__(self, status: int, code: str, sentence: str, session_id: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.session_id = session_id
        if status in {401, 403} or code in DISCOGS_TOKEN_CODES:
            self.exit_code = SIGN_IN_REFUSED


class UntrustedKeyError(ClientError):
    """The server shows a signing key that no pinned key vouches for."""

    code = "untrusted_key"


class FolderError(ClientError):
    """The client's folder cannot be read or written."""

    code = "folder_unusable"


class OutputError(ClientError):
    """The file, or standard output, takes nothing (more)."""

    code = "output_unusable"


class InterruptedBySignalError(ClientError):
    """Ctrl-C, or a polite request to end."""

    code = "interrupted"

    def __init__(self, signal_number: int, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = 128 + signal_number


def only_client_error(group: BaseExceptionGroup[BaseException]) -> ClientError | None:
    """The client error of a task group, if there is nothing worse in it."""
    ours, others = group.split(ClientError)
    if ours is None or others is not None:
        return None
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, ClientError) else None
