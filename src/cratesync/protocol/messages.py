"""Everything that is said on the wire, once.

The envelope `{id, type, channel, action, data, timestamp}` and the five sync messages are those of the design document;
PROTOCOL.md describes each field, its direction and what is illegal. Field names travel in camelCase.
Times are ISO 8601 in UTC with a `Z`. Optional fields that are not set are left out.
"""

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct, field

PROTOCOL_VERSION = 1
FRAME_BYTES_MAX = 8 * 1024 * 1024
REQUEST_EXPIRES_SECONDS = 25
CALL_SECONDS_MAX = 60

ShortText = Annotated[str, Meta(max_length=200)]
# Visible ASCII alone: ids are looked up in databases, and PostgreSQL takes no NUL.
Id = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-~]+\Z")]
ClientId = Annotated[str, Meta(max_length=200, pattern=r"^[!-~]*\Z")]


class Data(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The payload of a message."""


class Message(Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """The envelope. `id` names the message, `timestamp` says when it was made; neither steers anything."""

    id: ShortText
    timestamp: ShortText = ""


# --- authentication -------------------------------------------------------------------------------------------------


class ClientInfo(Data, frozen=True, kw_only=True):
    """What a client says of itself; every field may be missing."""

    client_id: ClientId = ""
    kind: ShortText = "unknown"
    name: ShortText = ""
    version: ShortText = ""
    max_in_flight: Annotated[int, Meta(ge=1, le=1000)] = 1
    reads_rate_limit_headers: bool = False
    holds_token: bool = False
    holding: Annotated[tuple[Id, ...], Meta(max_length=1000)] = ()


class Credentials(Data, frozen=True, kw_only=True):
    """An access JWT or a personal access token. Hidden from repr."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]
    client: ClientInfo = field(default_factory=ClientInfo)

    def __repr__(self) -> str:
        return f"Credentials(token=<hidden>, client={self.client!r})"


class Authenticate(Message, tag="authenticate", frozen=True, kw_only=True):
    """Client → server, first, within ten seconds; again at any time on an open socket."""

    channel: ShortText = "auth"
    action: ShortText = "authenticate"
    data: Credentials


class Endorsement(Data, frozen=True, kw_only=True):
    """One key's signature of another: the way by which a pinned key introduces its successor."""

    key_id: str
    signature: str


class SigningKey(Data, frozen=True, kw_only=True):
    """An Ed25519 public key (base64) that signs requests."""

    key_id: str
    public_key: str
    endorsements: tuple[Endorsement, ...] = ()


WatchOnly = Literal["token_without_fetch", "socket_not_private"]


class Welcome(Data, frozen=True, kw_only=True):
    """`connection_id` and `user_id` stand in the signed bytes of every request on this socket.

    `watch_only` says why this connection is never given one, where it is not.
    """

    connection_id: str
    user_id: str
    server_time: str
    frame_bytes_max: int
    protocol_version: int
    signing_keys: tuple[SigningKey, ...]
    watch_only: WatchOnly | None = None


class Authenticated(Message, tag="authenticated", frozen=True, kw_only=True):
    """Server → client: the answer to `authenticate`."""

    channel: str = "auth"
    action: str = "authenticated"
    data: Welcome


# --- requests and answers -------------------------------------------------------------------------------------------


class ApiRequest(Data, frozen=True, kw_only=True):
    """One HTTP call to make. `headers` holds the user's own token: hidden from repr."""

    request_id: Id
    url: str
    method: str
    headers: dict[str, str]
    attempt: int
    expires_at: str
    signature: str
    key_id: str

    def __repr__(self) -> str:
        return f"ApiRequest(request_id={self.request_id!r}, url={self.url!r}, attempt={self.attempt})"


class DiscogsApiRequest(Message, tag="discogs_api_request", frozen=True, kw_only=True):
    """Server → client: make this call."""

    channel: str = "sync"
    action: str = "make_request"
    data: ApiRequest


class ApiResponse(Data, frozen=True, kw_only=True):
    """What came back. `body` is the JSON as received, or any other body as a JSON string.

    `status` is 0 with an `error` of the form `code: sentence` where no HTTP answer was seen.
    """

    request_id: Id
    status: Annotated[int, Meta(ge=0, le=999)]
    headers: Annotated[dict[str, str], Meta(max_length=200)] = field(default_factory=dict)
    body: Raw = field(default_factory=lambda: Raw(b"null"))
    error: Annotated[str, Meta(max_length=2000)] | None = None
    attempt: Annotated[int, Meta(ge=0)] | None = None

    def __repr__(self) -> str:
        return f"ApiResponse(request_id={self.request_id!r}, status={self.status}, attempt={self.attempt})"


class DiscogsApiResponse(Message, tag="discogs_api_response", frozen=True, kw_only=True):
    """Client → server: the answer to one request."""

    channel: ShortText = "sync"
    action: ShortText = "request_complete"
    data: ApiResponse


AckOutcome = Literal["accepted", "duplicate", "unknown"]


class Ack(Data, frozen=True, kw_only=True):
    """After the commit: the client may forget this answer."""

    request_id: str
    outcome: AckOutcome


class ResponseAck(Message, tag="response_ack", frozen=True, kw_only=True):
    """Server → client."""

    channel: str = "sync"
    action: str = "response_ack"
    data: Ack


# --- progress -------------------------------------------------------------------------------------------------------

SyncType = Literal["collection", "wantlist"]


class Notice(Data, frozen=True, kw_only=True):
    """Something that did not go as hoped, and did not stop the sync."""

    code: str
    message: str


class Summary(Data, frozen=True, kw_only=True, omit_defaults=False):
    """What a sync did. `requests` counts calls, `seconds` is the time from start to end."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    requests: int = 0
    seconds: float = 0.0
    verified: bool = False
    held_removals: int = 0
    warnings: tuple[Notice, ...] = ()


class Progress(Data, frozen=True, kw_only=True):
    """A snapshot: safe to lose, to repeat and to reorder. The receiver keeps the highest `revision`."""

    session_id: str
    sync_type: SyncType
    status: str
    revision: int
    total_requests: int
    completed_requests: int
    failed_requests: int
    percent_complete: float
    items_done: int
    items_total: int | None = None
    estimated_time_left: str | None = None
    estimated_seconds_left: float | None = None
    current_action: str | None = None
    reason: str | None = None
    resume_at: str | None = None


class SyncProgress(Message, tag="sync_progress", frozen=True, kw_only=True):
    """Server → every connection of the user."""

    channel: str = "sync"
    action: str = "progress_update"
    data: Progress


class Completion(Data, frozen=True, kw_only=True):
    """The end of a sync that reached it."""

    session_id: str
    sync_type: SyncType
    status: Literal["completed"]
    revision: int
    summary: Summary


class SyncComplete(Message, tag="sync_complete", frozen=True, kw_only=True):
    """Server → every connection of the user, once a sync."""

    channel: str = "sync"
    action: str = "sync_complete"
    data: Completion


class Failure(Data, frozen=True, kw_only=True):
    """The end of a sync that failed: a stable `code`, a sentence for a person, and whether a retry makes sense."""

    session_id: str
    sync_type: SyncType
    status: Literal["failed"]
    revision: int
    code: str
    message: str
    retryable: bool
    summary: Summary


class SyncError(Message, tag="sync_error", frozen=True, kw_only=True):
    """Server → every connection of the user, once a sync."""

    channel: str = "sync"
    action: str = "sync_error"
    data: Failure


# --- liveness and faults --------------------------------------------------------------------------------------------


class Nothing(Data, frozen=True, kw_only=True):
    """An empty payload."""


class Ping(Message, tag="ping", frozen=True, kw_only=True):
    """Either way; answered by `pong`."""

    channel: ShortText = "connection"
    action: ShortText = "ping"
    data: Nothing = field(default_factory=Nothing)


class Pong(Message, tag="pong", frozen=True, kw_only=True):
    """The answer to `ping`."""

    channel: ShortText = "connection"
    action: ShortText = "pong"
    data: Nothing = field(default_factory=Nothing)


class Fault(Data, frozen=True, kw_only=True):
    """What was wrong with a message. `message_id` repeats its `id` where one could be read."""

    code: str
    message: str
    message_id: str | None = None


class ErrorMessage(Message, tag="error", frozen=True, kw_only=True):
    """Server → client: your message was not understood; nothing was stored, nothing is lost."""

    channel: str = "connection"
    action: str = "error"
    data: Fault


ClientMessage = Authenticate | DiscogsApiResponse | Ping | Pong
ServerMessage = (
    Authenticated
    | DiscogsApiRequest
    | ResponseAck
    | SyncProgress
    | SyncComplete
    | SyncError
    | ErrorMessage
    | Ping
    | Pong
)
