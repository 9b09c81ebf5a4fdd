"""The tables, as far as they are needed here, mapped as the ORM's documentation does it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Json(TypeDecorator[Any]):
    """JSON in a column of text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value, dialect):  # noqa: ARG002 - the base names it
        return None if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    def process_result_value(self, value, dialect):  # noqa: ARG002 - same
        return None if value is None else json.loads(value)


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - the ORM's own way to say it
        datetime: DateTime(timezone=True),
        int: BigInteger,
        bytes: LargeBinary,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class User(Base):
    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str]
    discogs_username: Mapped[str | None]
    discogs_account_id: Mapped[int | None]
    discogs_token_state: Mapped[str | None]
    updated_at: Mapped[datetime]


class AccessToken(Base):
    __tablename__ = "access_tokens"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    token_hash: Mapped[bytes]


class Ledger(Base):
    __tablename__ = "discogs_sync"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    rate_limit_remaining: Mapped[int | None]
    rate_limit_limit: Mapped[int | None]
    last_rate_limit_check: Mapped[datetime | None]
    pace: Mapped[dict[str, Any] | None]
    revision: Mapped[int]
    change_seq: Mapped[int]
    fetcher_connection: Mapped[str | None]
    updated_at: Mapped[datetime]


class Sync(Base):
    __tablename__ = "discogs_collection_syncs"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    session_id: Mapped[str]
    status: Mapped[str]
    total_requests: Mapped[int]
    completed_requests: Mapped[int]
    failed_requests: Mapped[int]
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    sync_type: Mapped[str]
    last_page: Mapped[int | None]
    total_pages: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    origin: Mapped[str]
    account: Mapped[str | None]
    calls: Mapped[int]
    percent: Mapped[float]
    plan: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any] | None]
    last_answer_at: Mapped[datetime]
    first_change_seq: Mapped[int | None]


class ApiRequest(Base):
    __tablename__ = "discogs_api_requests"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    sync_session_id: Mapped[UUID | None]
    request_id: Mapped[str]
    url: Mapped[str]
    method: Mapped[str]
    headers: Mapped[dict[str, Any] | None]
    status: Mapped[str]
    retry_count: Mapped[int]
    response_status: Mapped[int | None]
    response_headers: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    task: Mapped[dict[str, Any]]
    priority: Mapped[int]
    attempt: Mapped[int]
    lease_until_steady: Mapped[float | None]
    connection_id: Mapped[str | None]


class ReleaseContent(Base):
    __tablename__ = "release_contents"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    release_id: Mapped[int]
    master_id: Mapped[int | None]
    title: Mapped[str | None]
    year: Mapped[int | None]
    artists: Mapped[list[Any]]
    labels: Mapped[list[Any]]
    formats: Mapped[list[Any]]
    genres: Mapped[list[Any]]
    styles: Mapped[list[Any]]
    stored_at: Mapped[datetime]
    unreferenced_at: Mapped[datetime | None]


class CollectionItem(Base):
    __tablename__ = "collection_items"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int]
    folder_id: Mapped[int | None]
    notes: Mapped[list[Any]]
    rating: Mapped[int | None]
    date_added: Mapped[str | None]
    added_at: Mapped[datetime | None]
    artist_key: Mapped[str | None]
    title_key: Mapped[str | None]
    label_key: Mapped[str | None]
    year_key: Mapped[int | None]
    note_words: Mapped[str | None]
    thumb: Mapped[str | None]
    cover_image: Mapped[str | None]
    content_digest: Mapped[bytes]
    source_digest: Mapped[bytes]
    first_seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Change(Base):
    __tablename__ = "changes"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[int]
    action: Mapped[str]
    fields: Mapped[list[Any]]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    sync_session_id: Mapped[UUID | None]
    at: Mapped[datetime]


class ScanPage(Base):
    __tablename__ = "scan_pages"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    sync_session_id: Mapped[UUID] = mapped_column(primary_key=True)
    scan: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    items_said: Mapped[int | None]
    record_keys: Mapped[list[Any]]
    read_steady: Mapped[float]


class Folder(Base):
    __tablename__ = "collection_folders"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[str]
    count: Mapped[int | None]


class CustomField(Base):
    __tablename__ = "collection_fields"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    name: Mapped[str]
    type: Mapped[str]
    position: Mapped[int | None]
    public: Mapped[bool | None]
    options: Mapped[list[Any] | None]
    lines: Mapped[int | None]


class Value(Base):
    __tablename__ = "collection_values"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    minimum: Mapped[str | None]
    median: Mapped[str | None]
    maximum: Mapped[str | None]
