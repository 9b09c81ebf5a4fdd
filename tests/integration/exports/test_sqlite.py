"""The SQLite file is whole, refers to nothing that is not there, and says what the API says."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from integration.exports.conftest import FIELDS, FOLDERS, VALUE
from mirrored import NOW, content, item, mirror


@pytest.fixture
def opened(tmp_path):
    """Opens an exported file, after looking whether it is sound."""
    open_files = []

    def open_(exported: bytes) -> sqlite3.Connection:
        path = tmp_path / "opened.sqlite"
        path.write_bytes(exported)
        file = sqlite3.connect(path)
        file.row_factory = sqlite3.Row
        open_files.append(file)
        assert [tuple(row) for row in file.execute("PRAGMA integrity_check")] == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        return file

    yield open_
    for file in open_files:
        file.close()


def rows(file: sqlite3.Connection, query: str) -> list[tuple]:
    return [tuple(row) for row in file.execute(query)]


def parts(file: sqlite3.Connection, table: str, release_id: int, **names: str) -> list[dict]:
    """What a release has several of, by the API's names."""
    found = file.execute(f"SELECT * FROM {table} WHERE release_id = ? ORDER BY position", (release_id,))  # noqa: S608
    return [{ours: row[theirs] for ours, theirs in names.items()} for row in found]


def same_instant(text: str, shown: str) -> bool:
    return datetime.fromisoformat(text) == datetime.fromisoformat(shown)


def assert_tells(file: sqlite3.Connection, record: sqlite3.Row, shown: dict) -> None:
    """A row and what it refers to are this record of the API."""
    release_id = record["release_id"]
    release = file.execute("SELECT * FROM releases WHERE release_id = ?", (release_id,)).fetchone()
    formats = parts(
        file,
        "release_formats",
        release_id,
        name="name",
        qty="quantity",
        text="text",
        descriptions="descriptions",
    )
    for each in formats:
        each["descriptions"] = json.loads(each["descriptions"] or "null")
    assert same_instant(record["first_seen_at"], shown["firstSeenAt"])
    assert same_instant(record["updated_at"], shown["updatedAt"])
    told = {
        "releaseId": release_id,
        "rating": record["rating"],
        "dateAdded": record["date_added"],
        "thumb": record["thumb"],
        "coverImage": record["cover_image"],
        "masterId": release["master_id"],
        "title": release["title"],
        "year": release["year"],
        "artists": parts(
            file,
            "release_artists",
            release_id,
            id="artist_id",
            name="name",
            anv="name_variation",
            join="joined_by",
            role="role",
            tracks="tracks",
        ),
        "labels": parts(
            file, "release_labels", release_id, id="label_id", name="name", catno="catalog_number"
        ),
        "formats": formats,
        "genres": [each["genre"] for each in parts(file, "release_genres", release_id, genre="genre")],
        "styles": [each["style"] for each in parts(file, "release_styles", release_id, style="style")],
    }
    assert told == {name: shown[name] for name in told}


async def test_every_item_is_there_with_all_that_the_api_shows(ada, opened):
    await ada.has_strange_records()

    file = opened(await ada.exported("collection", "sqlite"))

    shown = await ada.shown("collection")
    items = file.execute("SELECT * FROM items ORDER BY instance_id").fetchall()
    for row, record in zip(items, shown, strict=True):
        assert (row["instance_id"], row["folder_id"]) == (record["instanceId"], record["folderId"])
        noted = file.execute(
            "SELECT field_id, value FROM notes WHERE instance_id = ? ORDER BY position", (row["instance_id"],)
        )
        assert [{"fieldId": each[0], "value": each[1]} for each in noted] == record["notes"]
        assert_tells(file, row, record)


async def test_every_want_is_there_with_all_that_the_api_shows(ada, opened):
    await ada.has_strange_records()

    file = opened(await ada.exported("wantlist", "sqlite"))

    wants = file.execute("SELECT * FROM wants ORDER BY release_id").fetchall()
    for row, record in zip(wants, await ada.shown("wantlist"), strict=True):
        assert row["notes"] == record["notes"]
        assert_tells(file, row, record)


async def test_what_lies_beside_a_collection_is_there(ada, opened):
    await ada.has_strange_records()

    file = opened(await ada.exported("collection", "sqlite"))

    folders = [(each.id, each.name, each.count) for each in FOLDERS.folders]
    assert rows(file, "SELECT folder_id, name, count FROM folders ORDER BY position NULLS LAST") == [
        *folders,
        (99, None, None),
    ]
    fields = [(each.id, each.name, each.type, each.public, each.lines) for each in FIELDS.fields]
    assert rows(file, "SELECT field_id, name, type, public, lines FROM fields ORDER BY place NULLS LAST") == [
        *fields,
        (77, None, None, None, None),
    ]
    assert rows(file, "SELECT options FROM fields WHERE field_id < 4") == [
        ('["Mint (M)","Near Mint (NM or M-)"]',),
        ('["Generic"]',),
        (None,),
    ]
    assert rows(file, "SELECT minimum, median, maximum FROM value_history") == [
        (VALUE.minimum, VALUE.median, VALUE.maximum)
    ]


async def test_a_view_shows_each_record_in_one_row(ada, opened):
    await ada.has_strange_records()

    collection = (
        opened(await ada.exported("collection", "sqlite")).execute("SELECT * FROM collection").fetchall()
    )
    wantlist = opened(await ada.exported("wantlist", "sqlite")).execute("SELECT * FROM wantlist").fetchall()

    first, second = (dict(row) for row in collection[:2])
    assert first["artist"] == "Lanterns* & Åsa Ørn, 東京"
    assert (first["folder"], second["folder"]) == ("Uncategorized", "Jazz")
    assert first["Collection Media Condition"] == "Near Mint (NM or M-)"
    assert second['Collection Price "Paid"'] == "12,50"
    assert second["Collection notes (2)"] == "lower"
    assert [row["notes"] for row in wantlist] == ["=1+1", None, "for\r\nÅsa"]


async def test_releases_are_found_by_their_words(ada, opened):
    await ada.has_strange_records()

    file = opened(await ada.exported("collection", "sqlite"))

    found = rows(file, "SELECT rowid FROM releases_fts WHERE releases_fts MATCH 'harbour asa grune'")
    assert found == [(900101,)]


async def test_a_release_that_two_copies_tell_differently_is_as_the_newer_one_has_it(ada, server, opened):
    old = content(5, title="Old", genres=("Rock", "Pop"))
    new = content(5, title="New", genres=("Jazz",))
    await mirror(server.server.database, ada.user_id, "collection", [item(1, of=new)], now=NOW)
    others = [item(number, of=old) for number in range(2, 600)]
    await mirror(server.server.database, ada.user_id, "collection", others, now=NOW - timedelta(days=1))
    await mirror(
        server.server.database, ada.user_id, "collection", [item(600, of=new)], now=NOW + timedelta(days=1)
    )

    file = opened(await ada.exported("collection", "sqlite"))

    assert rows(file, "SELECT title, genre FROM releases") == [("New", "Jazz")]
    assert rows(file, "SELECT genre FROM release_genres") == [("Jazz",)]
    assert rows(file, "SELECT count(*) FROM items") == [(600,)]


async def test_an_empty_mirror_has_all_tables_and_says_what_it_is(ada, opened):
    with closing(opened(await ada.exported("collection", "sqlite"))) as file:
        assert rows(file, "SELECT * FROM collection") == []
        assert ("list", "collection") in rows(file, "SELECT * FROM about")
