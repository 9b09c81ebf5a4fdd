"""The tables of an exported SQLite file, in the words of Discogs. They read well in Datasette (https://datasette.io)."""

from collections.abc import Sequence

from cratesync.protocol.messages import SyncType

_RELEASES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE releases (
    release_id INTEGER PRIMARY KEY,
    master_id INTEGER,
    title TEXT,
    year INTEGER,
    artist TEXT,
    label TEXT,
    catalog_number TEXT,
    format TEXT,
    genre TEXT,
    style TEXT,
    updated_at TEXT NOT NULL -- of the record that says so
);
CREATE TABLE release_artists (
    release_id INTEGER NOT NULL REFERENCES releases (release_id),
    position INTEGER NOT NULL,
    artist_id INTEGER,
    name TEXT,
    name_variation TEXT,
    joined_by TEXT,
    role TEXT,
    tracks TEXT,
    PRIMARY KEY (release_id, position)
);
CREATE TABLE release_labels (
    release_id INTEGER NOT NULL REFERENCES releases (release_id),
    position INTEGER NOT NULL,
    label_id INTEGER,
    name TEXT,
    catalog_number TEXT,
    PRIMARY KEY (release_id, position)
);
CREATE TABLE release_formats (
    release_id INTEGER NOT NULL REFERENCES releases (release_id),
    position INTEGER NOT NULL,
    name TEXT,
    quantity TEXT,
    text TEXT,
    descriptions TEXT, -- a JSON array
    PRIMARY KEY (release_id, position)
);
CREATE TABLE release_genres (
    release_id INTEGER NOT NULL REFERENCES releases (release_id),
    position INTEGER NOT NULL,
    genre TEXT NOT NULL,
    PRIMARY KEY (release_id, position)
);
CREATE TABLE release_styles (
    release_id INTEGER NOT NULL REFERENCES releases (release_id),
    position INTEGER NOT NULL,
    style TEXT NOT NULL,
    PRIMARY KEY (release_id, position)
);
"""

_COLLECTION = """
CREATE TABLE folders (folder_id INTEGER PRIMARY KEY, position INTEGER, name TEXT, count INTEGER);
CREATE TABLE fields (
    field_id INTEGER PRIMARY KEY,
    place INTEGER,
    name TEXT,
    type TEXT,
    position INTEGER,
    public INTEGER,
    options TEXT, -- a JSON array
    lines INTEGER
);
CREATE TABLE items (
    instance_id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES releases (release_id),
    folder_id INTEGER REFERENCES folders (folder_id),
    rating INTEGER,
    date_added TEXT,
    thumb TEXT,
    cover_image TEXT,
    first_seen_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE notes (
    instance_id INTEGER NOT NULL REFERENCES items (instance_id),
    position INTEGER NOT NULL,
    field_id INTEGER NOT NULL REFERENCES fields (field_id),
    value TEXT,
    PRIMARY KEY (instance_id, position)
);
CREATE TABLE value_history (recorded_at TEXT PRIMARY KEY, minimum TEXT, median TEXT, maximum TEXT);
"""

_WANTLIST = """
CREATE TABLE wants (
    release_id INTEGER PRIMARY KEY REFERENCES releases (release_id),
    rating INTEGER,
    notes TEXT,
    date_added TEXT,
    thumb TEXT,
    cover_image TEXT,
    first_seen_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
"""

# Made after the rows, which is faster and leaves smaller files.
_INDEXES = """
CREATE INDEX release_artists_name ON release_artists (name);
CREATE INDEX release_labels_name ON release_labels (name);
CREATE INDEX release_genres_genre ON release_genres (genre);
CREATE INDEX release_styles_style ON release_styles (style);
CREATE VIRTUAL TABLE releases_fts USING fts5 (
    title, artist, label, catalog_number, genre, style,
    content="releases", content_rowid="release_id", tokenize="unicode61 remove_diacritics 2"
);
INSERT INTO releases_fts (releases_fts) VALUES ('rebuild');
"""

_COLLECTION_INDEXES = """
CREATE INDEX items_release_id ON items (release_id);
CREATE INDEX items_folder_id ON items (folder_id);
CREATE INDEX notes_field_id ON notes (field_id);
"""

_RELEASE_COLUMNS = tuple(
    f"releases.{name}"
    for name in ("artist", "title", "year", "label", "catalog_number", "format", "genre", "style")
)


def tables(kind: SyncType) -> str:
    """What is there before the first row."""
    return _RELEASES + (_COLLECTION if kind == "collection" else _WANTLIST)


def indexes(kind: SyncType) -> str:
    """What is made after the last row."""
    return _INDEXES + (_COLLECTION_INDEXES if kind == "collection" else "")


def collection_view(headings: dict[int, str]) -> str:
    """A view of every copy in one row, with a column for each custom field."""
    noted = (
        f"(SELECT value FROM notes WHERE instance_id = items.instance_id AND field_id = {field_id}) AS {_quoted(heading)}"  # noqa: S608 - a number and a quoted name
        for field_id, heading in headings.items()
    )
    columns = ["items.instance_id", "items.release_id", *_RELEASE_COLUMNS]
    columns += ["folders.name AS folder", "items.rating", "items.date_added", *noted]
    tables = "items JOIN releases USING (release_id) LEFT JOIN folders USING (folder_id)"
    return _view("collection", columns, tables)


def wantlist_view() -> str:
    """A view of every want in one row."""
    columns = ["wants.release_id", *_RELEASE_COLUMNS, "wants.rating", "wants.notes", "wants.date_added"]
    return _view("wantlist", columns, "wants JOIN releases USING (release_id)")


def _view(name: str, columns: Sequence[str], tables: str) -> str:
    return f"CREATE VIEW {name} AS SELECT {', '.join(columns)} FROM {tables}"  # noqa: S608 - our own names, and quoted ones


def _quoted(name: str) -> str:
    """A name in SQL, whatever is in it. https://www.sqlite.org/lang_keywords.html"""
    return '"' + name.replace("\0", "").replace('"', '""') + '"'
