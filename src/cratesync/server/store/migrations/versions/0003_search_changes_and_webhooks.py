"""Search, changes with values, release details and webhooks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

# Imported rather than written again: what is stored has to fit what the running code looks for.
from cratesync.engine.records import Artist, Content, Label, Note
from cratesync.server.store import words

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Search, changes with values, release details and webhooks."""
    op.create_table(
        "release_details",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_release_details_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "release_id", name=op.f("pk_release_details")),
    )
    with op.batch_alter_table("release_details", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_release_details_fetched_at"), ["fetched_at"], unique=False)

    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_webhooks_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_webhooks_user_id"), ["user_id"], unique=False)

    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_webhook_deliveries_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_webhook_deliveries_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("idx_webhook_deliveries_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("idx_webhook_deliveries_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            batch_op.f("idx_webhook_deliveries_webhook_id_created_at"),
            ["webhook_id", "created_at"],
            unique=False,
        )

    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("before", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("after", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("idx_changes_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("idx_changes_user_id_key"), ["user_id", "key"], unique=False)

    with op.batch_alter_table("collection_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("artist_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("title_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("label_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("year_key", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("note_words", sa.Text(), nullable=True))

    with op.batch_alter_table("discogs_collection_syncs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_change_seq", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("mirrors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("overdue_told_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("release_contents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unreferenced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("idx_release_contents_unreferenced_at"), ["unreferenced_at"], unique=False
        )

    with op.batch_alter_table("wants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("artist_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("title_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("label_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("year_key", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("note_words", sa.Text(), nullable=True))

    _make_words()
    # The fields of a change have the names that they have on the wire now.
    op.execute("""UPDATE changes SET fields = replace(fields, '"folder_id"', '"folderId"')""")
    _fill("release_contents", ("digest",), _find_by_words)
    _fill("collection_items", ("user_id", "instance_id"), _item_keys)
    _fill("wants", ("user_id", "release_id"), _want_keys)


def _make_words() -> None:
    """The index of words; search.py says why it is made by hand."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE release_words USING fts5 "
            "(digest UNINDEXED, words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')"
        )
        return
    op.execute(
        "CREATE TABLE release_words ("
        "digest BYTEA CONSTRAINT pk_release_words PRIMARY KEY "
        "CONSTRAINT fk_release_words_digest REFERENCES release_contents (digest) ON DELETE CASCADE, "
        "words TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX idx_release_words_words ON release_words USING gin (words)")


def _fill(table: str, keys: tuple[str, ...], values_of: Callable[[sa.Row[Any]], dict[str, object]]) -> None:
    """Work out the new columns of the rows that are there, a thousand at a time; of a record's, with its content beside it."""
    connection = op.get_bind()
    rows = sa.Table(table, sa.MetaData(), autoload_with=connection)
    key = [rows.c[name] for name in keys]
    everything = sa.select(rows)
    if "content_digest" in rows.c:
        contents = sa.Table("release_contents", sa.MetaData(), autoload_with=connection)
        everything = everything.add_columns(*(contents.c[name] for name in _SORTED_BY)).join(
            contents, rows.c.content_digest == contents.c.digest
        )
    last: tuple[object, ...] | None = None
    while True:
        query = everything.order_by(*key).limit(1000)
        if last is not None:
            query = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, last)))
        found = connection.execute(query).all()
        if not found:
            return
        for row in found:
            these = [column == getattr(row, column.name) for column in key]
            if new := values_of(row):
                connection.execute(sa.update(rows).where(*these).values(**new))
        last = tuple(getattr(found[-1], name) for name in keys)


def _find_by_words(row: sa.Row[Any]) -> dict[str, object]:
    lists = {name: msgspec.json.decode(getattr(row, name)) for name in _LISTS}
    scalars = {name: getattr(row, name) for name in ("release_id", "master_id", "title", "year")}
    content = msgspec.convert({**_camel(scalars), **lists}, Content)
    _store_words(bytes(row.digest), " ".join(words.content_words(content)))
    return {}


def _store_words(digest: bytes, text: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        number = int.from_bytes(digest[:8]) >> 1
        insert = "INSERT INTO release_words (rowid, digest, words) VALUES (:number, :digest, :words)"
        connection.execute(sa.text(insert), {"number": number, "digest": digest, "words": text})
        return
    insert = (
        "INSERT INTO release_words (digest, words) "
        "VALUES (:digest, array_to_tsvector(string_to_array(:words, ' ')))"
    )
    connection.execute(sa.text(insert), {"digest": digest, "words": text})


def _item_keys(row: sa.Row[Any]) -> dict[str, object]:
    notes = msgspec.json.decode(row.notes, type=tuple[Note, ...])
    return _record_keys(row, words.note_words(notes))


def _want_keys(row: sa.Row[Any]) -> dict[str, object]:
    return _record_keys(row, words.note_words(row.notes))


def _record_keys(row: sa.Row[Any], found_by: str | None) -> dict[str, object]:
    added_at = _instant_of(row.date_added)
    if added_at is not None and _on_sqlite():
        added_at = added_at.replace(tzinfo=None)
    return {
        "added_at": added_at,
        "note_words": found_by,
        "artist_key": words.artist_key(msgspec.json.decode(row.artists, type=tuple[Artist, ...])),
        "title_key": words.title_key(row.title),
        "label_key": words.label_key(msgspec.json.decode(row.labels, type=tuple[Label, ...])),
        "year_key": words.year_key(row.year),
    }


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _instant_of(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def _camel(values: dict[str, object]) -> dict[str, object]:
    return {
        "".join([name.split("_")[0], *(part.capitalize() for part in name.split("_")[1:])]): value
        for name, value in values.items()
    }


_LISTS = ("artists", "labels", "formats", "genres", "styles")
_SORTED_BY = ("title", "year", "artists", "labels")
