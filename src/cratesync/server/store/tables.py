"""Every table. The names and columns of the design document are kept to the letter; the rest is ours.

Columns that end in `_steady` hold the process clock's seconds (see `clock.py`); all other times are UTC instants.
The large tables lead their keys with `user_id`, and every look-up carries the user.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)

from cratesync.engine.learning import Learned
from cratesync.engine.pacing import Pace
from cratesync.engine.plan import Plan
from cratesync.engine.records import Artist, Format, Label, Note
from cratesync.engine.schedule import Schedule
from cratesync.engine.tasks import Task
from cratesync.protocol.messages import Summary
from cratesync.server.store.columns import Encoded, Instant
from cratesync.server.store.differences import Differences

metadata = MetaData(
    naming_convention={
        "ix": "idx_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ACTIVE_STATUSES = ("initiated", "in_progress", "paused")
OPEN_STATUSES = ("pending", "sent", "retrying")


def _owner(*, primary_key: bool = False) -> Column[object]:
    return Column(
        "user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),  # case-folded: Anna and anna are one
    Column("password_hash", Text),  # null for an account that was made by a link alone
    Column("is_owner", Boolean, nullable=False, server_default=text("false")),  # the first account
    Column("discogs_token", Text),  # encrypted; see vault.py
    Column("discogs_token_version", Integer, nullable=False, server_default="0"),
    Column("discogs_token_state", Text),  # unchecked, valid, rejected, mismatched; null without a token
    Column("discogs_username", Text),
    Column("discogs_account_id", BigInteger),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owner(),
    Column("name", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", Encoded[tuple[str, ...]](tuple[str, ...]), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Index(None, "user_id"),
)

# The sign-ins that refresh themselves by a cookie. Nothing of the cookie is stored; see refresh_cookies.py.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owner(),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

# One-time codes. The user is whom a code signs in, or who made an invitation; a code of the operator's has none.
sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),  # first_account, sign_in, invitation
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index(None, "user_id"),
)

# One row a user, locked by everything that claims, answers or changes: it holds the pace and counts what must not race.
discogs_sync = Table(
    "discogs_sync",
    metadata,
    _owner(primary_key=True),
    Column("rate_limit_remaining", Integer),
    Column("rate_limit_limit", Integer),
    Column("rate_limit_window_reset", Instant),
    Column("last_rate_limit_check", Instant),
    Column("pace", Encoded[Pace](Pace)),
    Column(
        "learned", Encoded[dict[str, Learned]](dict[str, Learned])
    ),  # by digest of the client's network address
    Column("latency_seconds", Float),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("change_seq", BigInteger, nullable=False, server_default="0"),
    Column("fetcher_node", Text),
    Column("fetcher_connection", Text),
    Column("fetcher_client", Text),
    Column("fetcher_address", Text),
    Column("fetcher_reads_headers", Boolean, nullable=False, server_default=text("false")),
    Column("fetcher_in_flight_max", Integer, nullable=False, server_default="1"),
    Column("fetcher_rank", Integer, nullable=False, server_default="0"),
    Column("fetcher_alive_until_steady", Float),
    Column("updated_at", Instant, nullable=False),
)

syncs = Table(
    "discogs_collection_syncs",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owner(),
    Column("session_id", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False, server_default="initiated"),
    Column("total_requests", Integer, nullable=False, server_default="0"),
    Column("completed_requests", Integer, nullable=False, server_default="0"),
    Column("failed_requests", Integer, nullable=False, server_default="0"),
    Column("started_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Column("error_message", Text),
    Column("sync_type", Text, nullable=False),
    Column("last_page", Integer),
    Column("total_pages", Integer),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("error_code", Text),
    Column("origin", Text, nullable=False, server_default="person"),  # person, schedule
    Column("account", Text),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("percent", Float, nullable=False, server_default="0"),
    Column("plan", Encoded[Plan](Plan), nullable=False),
    Column("summary", Encoded[Summary](Summary)),
    Column("last_answer_at", Instant, nullable=False),
    Column("first_change_seq", BigInteger),  # the feed's newest number when it began
    Index(None, "user_id"),
    Index(None, "status"),
    Index(
        "uq_discogs_collection_syncs_active",
        "user_id",
        "sync_type",
        unique=True,
        sqlite_where=text("status IN ('initiated', 'in_progress', 'paused')"),
        postgresql_where=text("status IN ('initiated', 'in_progress', 'paused')"),
    ),
)

requests = Table(
    "discogs_api_requests",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owner(),
    Column("sync_session_id", Uuid, ForeignKey("discogs_collection_syncs.id", ondelete="CASCADE")),
    Column("request_id", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("method", Text, nullable=False, server_default="GET"),
    Column("headers", Encoded[dict[str, str]](dict[str, str])),  # never a credential
    Column("status", Text, nullable=False, server_default="pending"),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("response_status", Integer),
    Column("response_headers", Encoded[dict[str, str]](dict[str, str])),
    Column("response_body", Text),
    Column("error_message", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("task", Encoded[Task](Task), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("due_steady", Float),
    Column("lease_until_steady", Float),
    Column("connection_id", Text),
    Column("client_id", Text),
    Column("token_version", Integer),
    Column("error_code", Text),
    Column("left_over", Boolean, nullable=False, server_default=text("false")),
    Index(None, "sync_session_id"),
    Index(None, "user_id", "status", "priority", "id"),
    Index(None, "status"),
)

mirrors = Table(
    "mirrors",
    metadata,
    _owner(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("checked_at", Instant),
    Column("verified_at", Instant),
    Column("full_at", Instant),
    Column("due_at", Instant),
    Column("try_at", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("overdue_told_at", Instant),  # the due time that webhooks were told was missed
    Index(None, "due_at"),
)

# How often a user's mirrors are synced unasked; no row means: as the server's setting says.
schedules = Table(
    "schedules",
    metadata,
    _owner(primary_key=True),
    Column("schedule", Encoded[Schedule](Schedule), nullable=False),
    Column("updated_at", Instant, nullable=False),
)

# Their words are in `release_words`, which is made by hand (see search.py).
contents = Table(
    "release_contents",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("release_id", BigInteger, nullable=False),
    Column("master_id", BigInteger),
    Column("title", Text),
    Column("year", Integer),
    Column("artists", Encoded[tuple[Artist, ...]](tuple[Artist, ...]), nullable=False),
    Column("labels", Encoded[tuple[Label, ...]](tuple[Label, ...]), nullable=False),
    Column("formats", Encoded[tuple[Format, ...]](tuple[Format, ...]), nullable=False),
    Column("genres", Encoded[tuple[str, ...]](tuple[str, ...]), nullable=False),
    Column("styles", Encoded[tuple[str, ...]](tuple[str, ...]), nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("unreferenced_at", Instant),  # when the sweep first found that nothing refers to it
    Index(None, "unreferenced_at"),
)


def _mirrored() -> tuple[Column[object], ...]:
    return (
        Column("rating", Integer),
        Column("date_added", Text),
        Column("added_at", Instant),  # the instant of `date_added`, where it is one
        # What lists are sorted by, null where there is nothing; see words.py. It stands with each record and not with its
        # content, so that a list is sorted without a look at fifty thousand contents.
        Column("artist_key", Text),
        Column("title_key", Text),
        Column("label_key", Text),
        Column("year_key", Integer),
        Column("note_words", Text),  # the words of the notes, for the search
        Column("thumb", Text),
        Column("cover_image", Text),
        Column("content_digest", LargeBinary, nullable=False),
        Column("source_digest", LargeBinary, nullable=False),
        Column("first_seen_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
        Column("removed_at", Instant),
    )


items = Table(
    "collection_items",
    metadata,
    _owner(primary_key=True),
    Column("instance_id", BigInteger, primary_key=True, autoincrement=False),
    Column("release_id", BigInteger, nullable=False),
    Column("folder_id", BigInteger),
    Column("notes", Encoded[tuple[Note, ...]](tuple[Note, ...]), nullable=False),
    *_mirrored(),
    Index(None, "content_digest"),
)

wants = Table(
    "wants",
    metadata,
    _owner(primary_key=True),
    Column("release_id", BigInteger, primary_key=True, autoincrement=False),
    Column("notes", Text),
    *_mirrored(),
    Index(None, "content_digest"),
)

folders = Table(
    "collection_folders",
    metadata,
    _owner(primary_key=True),
    Column("folder_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("count", Integer),
)

custom_fields = Table(
    "collection_fields",
    metadata,
    _owner(primary_key=True),
    Column("field_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),  # the order in which the source sent them
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("position", Integer),
    Column("public", Boolean),
    Column("options", Encoded[tuple[str, ...]](tuple[str, ...])),
    Column("lines", Integer),
)

values = Table(
    "collection_values",
    metadata,
    _owner(primary_key=True),
    Column("recorded_at", Instant, primary_key=True),
    Column("minimum", Text),
    Column("median", Text),
    Column("maximum", Text),
)

# What each page of a scan held, as a JSON array of keys: what a scan has seen is told by these alone,
# so that reading an unchanged page writes one row and not a hundred.
scan_pages = Table(
    "scan_pages",
    metadata,
    _owner(primary_key=True),
    Column(
        "sync_session_id",
        Uuid,
        ForeignKey("discogs_collection_syncs.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("scan", Integer, primary_key=True, autoincrement=False),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("items_said", Integer),  # where the source tells it
    Column("record_keys", Encoded[tuple[int, ...]](tuple[int, ...]), nullable=False),
    Column("read_steady", Float, nullable=False),
)

# Records that a scan missed and whose absence is still to be shown.
removal_candidates = Table(
    "removal_candidates",
    metadata,
    _owner(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("release_id", BigInteger, nullable=False),
    Column("absent", Boolean, nullable=False, server_default=text("false")),
)

# Records shown absent, but so many that the user is asked first.
held_removals = Table(
    "held_removals",
    metadata,
    _owner(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("sync_session_id", Uuid, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    _owner(primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", BigInteger, nullable=False),
    Column("action", Text, nullable=False),  # added, updated, removed, restored
    Column("fields", Encoded[tuple[str, ...]](tuple[str, ...]), nullable=False),
    Column("before", Encoded[Differences](Differences)),  # of what was updated
    Column("after", Encoded[Differences](Differences)),
    Column("sync_session_id", Uuid),
    Column("at", Instant, nullable=False),
    Index(None, "user_id", "key"),
    Index(None, "at"),
)

# Single releases with all that Discogs says of them, asked for by a user and kept for that user's sight.
release_details = Table(
    "release_details",
    metadata,
    _owner(primary_key=True),
    Column("release_id", BigInteger, primary_key=True, autoincrement=False),
    Column("details", Text, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Index(None, "fetched_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owner(),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # encrypted; see vault.py
    Column("events", Encoded[tuple[str, ...]](tuple[str, ...]), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("disabled_reason", Text),
    Index(None, "user_id"),
)

# One row for each event and webhook: what is to be delivered, and the log of what was.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owner(),
    Column("webhook_id", Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant),  # null once it is delivered or has failed
    Column("response_status", Integer),
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "user_id"),
    Index(None, "webhook_id", "created_at"),
    Index(None, "due_at"),
    Index(None, "created_at"),
)
