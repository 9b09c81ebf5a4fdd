"""Discogs → client → server → database, with every program a process of its own."""

import json

import httpx

TOKEN = "ada-token-for-the-whole-way"


def from_discogs(world, path, name):
    """The whole list as the simulator itself tells it, under a quota of its own (another source address)."""
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    headers = {"Authorization": f"Discogs token={TOKEN}", "User-Agent": "the test itself"}
    found, number, pages = [], 1, 1
    with httpx.Client(base_url=world.discogs_url, transport=transport, headers=headers) as discogs:
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


def test_every_record_of_a_collection_and_a_wantlist_arrives_with_all_its_fields(world):
    world.window = 2.0
    world.simulate(f"ada:{TOKEN}:3000:250", latency_ms=5)
    world.serve()
    world.register(TOKEN)

    for kind, records in (("collection", 3000), ("wantlist", 250)):
        sync = world.client("sync", "--type", kind, "--json")
        assert sync.ends() == 0, sync.said
        report = json.loads(sync.out.read_text())
        assert (report["status"], report["summary"]["added"]) == ("completed", records)

    assert world.asked_more_than_once() == set()
    assert world.most_in_a_window() <= 58
    assert {call["status"] for call in world.journal()} == {200}
    owned = from_discogs(world, "/users/ada/collection/folders/0/releases", "releases")
    wanted = from_discogs(world, "/users/ada/wants", "wants")
    assert by_key(world.records("/api/collection"), "instanceId") == by_key(
        map(as_mirrored, owned), "instanceId"
    )
    assert by_key(world.records("/api/wantlist"), "releaseId") == by_key(
        map(as_mirrored, wanted), "releaseId"
    )
    assert world.files_with(TOKEN) == []


def test_a_server_that_is_not_there_is_exit_code_4(world):
    world.url = "http://127.0.0.1:9"

    sync = world.client("sync")

    assert sync.ends() == 4
    assert "Traceback" not in sync.said
