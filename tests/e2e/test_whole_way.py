"""Discogs → client → server → database, with every program a process of its own."""

import json
import shutil
from pathlib import Path

import httpx
import pytest

TOKEN = "ada-token-for-the-whole-way"
RECORDINGS = Path(__file__).parents[3] / "shared" / "fixtures" / "discogs"


def from_discogs(programs, path, name):
    """The whole list as the simulator itself tells it, under a quota of its own (another source address)."""
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    headers = {"Authorization": f"Discogs token={TOKEN}", "User-Agent": "the test itself"}
    found, number, pages = [], 1, 1
    with httpx.Client(base_url=programs.discogs, transport=transport, headers=headers) as discogs:
        while number <= pages:
            answer = discogs.get(path, params={"per_page": 100, "page": number}).raise_for_status().json()
            found += answer[name]
            number, pages = number + 1, answer["pagination"]["pages"]
    return found


def as_mirrored(record):
    """A record as Discogs sends it, in the words of the read API."""
    basic = record["basic_information"]
    shared = {
        "releaseId": record["id"],
        "rating": record["rating"],
        "dateAdded": record.get("date_added"),
        "masterId": basic.get("master_id"),
        "title": basic["title"],
        "year": basic["year"],
        "artists": [
            {key: artist[key] for key in ("id", "name", "anv", "join", "role", "tracks")}
            for artist in basic["artists"]
        ],
        "labels": [{key: label[key] for key in ("id", "name", "catno")} for label in basic["labels"]],
        "formats": [
            {key: carrier.get(key) for key in ("name", "qty", "text", "descriptions")}
            for carrier in basic["formats"]
        ],
        "genres": basic.get("genres", []),
        "styles": basic.get("styles", []),
        "thumb": basic["thumb"],
        "coverImage": basic.get("cover_image"),
    }
    if "instance_id" not in record:
        return shared | {"notes": record.get("notes")}
    notes = [{"fieldId": note["field_id"], "value": note["value"]} for note in record.get("notes", [])]
    return shared | {"instanceId": record["instance_id"], "folderId": record.get("folder_id"), "notes": notes}


def by_key(records, key):
    own = ("firstSeenAt", "updatedAt")
    return {
        record[key]: {name: value for name, value in record.items() if name not in own} for record in records
    }


def test_every_record_of_a_collection_and_a_wantlist_arrives_with_all_its_fields(programs):
    programs.simulate(f"ada:{TOKEN}:3000:250", window=2.0)
    programs.serve()
    programs.join("ada", TOKEN)

    code, collection = programs.sync("ada")
    assert (code, collection["status"], collection["summary"]["added"]) == (0, "completed", 3000)
    code, wantlist = programs.sync("ada", "--type", "wantlist")
    assert (code, wantlist["status"], wantlist["summary"]["added"]) == (0, "completed", 250)

    assert programs.asked_twice() == []
    assert programs.most_in_a_window() <= 58
    assert {call["status"] for call in programs.journal()} == {200}
    owned = from_discogs(programs, "/users/ada/collection/folders/0/releases", "releases")
    wanted = from_discogs(programs, "/users/ada/wants", "wants")
    assert by_key(programs.records("ada"), "instanceId") == by_key(map(as_mirrored, owned), "instanceId")
    assert by_key(programs.records("ada", "/api/wantlist"), "releaseId") == by_key(
        map(as_mirrored, wanted), "releaseId"
    )


@pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recorded answers lie beside a checkout, not inside it"
)
def test_a_recorded_collection_arrives_instance_for_instance(programs, tmp_path):
    folder = tmp_path / "recorded"
    folder.mkdir()
    recording = RECORDINGS / "collection__simonalanjones_discogs__2023_33items.json"
    shutil.copy(recording, folder)
    programs.simulate(f"ada:{TOKEN}:{folder}")
    programs.serve()
    programs.join("ada", TOKEN)

    assert programs.sync("ada")[0] == 0

    recorded = json.loads(recording.read_text())["releases"]
    assert by_key(programs.records("ada"), "instanceId") == by_key(map(as_mirrored, recorded), "instanceId")
