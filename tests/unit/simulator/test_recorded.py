import json
import random

import pytest

from cratesync.simulator import Simulator

ITEMS = "/users/ada/collection/folders/0/releases"


def recorded_item(number, **more):
    """An item as it might have been recorded: odd, old, and with keys nobody knows."""
    return {
        "instance_id": 900_000 + number,
        "id": 100 + number // 2,
        "rating": number % 6,
        "date_added": f"20{10 + number % 15}-05-25T04:16:{number % 60:02}-07:00",
        "folder_id": 1 + number % 3,
        "basic_information": {
            "id": 100 + number // 2,
            "title": f"Žízeň {number * 7919 % 1000}",
            "year": 0 if number % 5 else 1997,
            "labels": [{"name": f"Label {number * 104729 % 97}", "catno": "none", "future": None}],
            "formats": [{"name": "Vinyl", "qty": "2"}],
            "price": 5.413533834586466,
        },
    } | more


def recorded_want(number):
    return {
        "id": 7000 + number,
        "resource_url": f"https://api.discogs.com/users/ada/wants/{7000 + number}",
        "date_added": "2020-09-01T16:26:02-07:00",
        "basic_information": {"id": 7000 + number, "title": f"Want {number}"},
        "rating": 0,
        "notes": "",
    }


@pytest.fixture
def recording(tmp_path):
    """Writes recorded files and gives the folder."""

    def write(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content), "utf-8")
        return tmp_path

    return write


@pytest.fixture
def replayed(clock, calling):
    """Loads a folder as ada's; gives the user and a client."""

    def load(folder):
        simulator = Simulator(clock=clock)
        user = simulator.load_user("ada", "token-of-ada", folder)
        return user, calling(simulator=simulator)

    return load


async def read_all(client, path, name, per_page, **query):
    """Every entry of a list, read page by page."""
    entries, page, pages = [], 1, 1
    while page <= pages:
        answer = await client.get(path, params={**query, "page": page, "per_page": per_page})
        body = answer.json()
        pages = body["pagination"]["pages"]
        entries += body[name]
        page += 1
    assert body["pagination"]["items"] == len(entries)
    return entries


def by_id(items):
    return {item["instance_id"]: item for item in items}


@pytest.mark.parametrize("per_page", [1, 7, 50, 100])
async def test_every_recorded_item_comes_back_as_it_was_however_it_is_paged(recording, replayed, per_page):
    items = [recorded_item(number) for number in range(55)]
    random.Random(1).shuffle(items)
    folder = recording(a={"releases": items[:20]}, b={"releases": items[20:21]}, c={"releases": items[21:]})
    _, client = replayed(folder)
    async with client:
        found = await read_all(client, ITEMS, "releases", per_page, sort="added", sort_order="desc")

    assert by_id(found) == by_id(items)
    assert len(found) == 55


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda page: page,
        lambda page: {"body": page},
        lambda page: {"version": 1.1, "status": 200, "headers": [{"Age": 0}], "body": page},
        lambda page: [{"request": {"method": "GET"}, "response": {"status": 200, "body": page}}],
        lambda page: {"response": {"body": json.dumps(page)}},
        lambda page: page["releases"],
    ],
    ids=["bare", "body", "dump", "recording", "text", "array"],
)
async def test_a_page_is_found_in_any_wrapping(recording, replayed, wrapped):
    page = {"pagination": {"page": 1}, "releases": [recorded_item(number) for number in range(3)]}
    _, client = replayed(recording(page=wrapped(page)))
    async with client:
        found = await read_all(client, ITEMS, "releases", 100)

    assert by_id(found) == by_id(page["releases"])


async def test_wants_are_read_from_pages_and_arrays(recording, replayed):
    wants = [recorded_want(number) for number in range(9)]
    user, client = replayed(recording(a={"wants": wants[:4]}, b=wants[4:]))
    async with client:
        found = await read_all(client, "/users/ada/wants", "wants", 5, sort="added")

    assert found == wants
    assert len(user.collection) == 0


def test_an_item_recorded_twice_is_owned_once(recording, replayed):
    user, _ = replayed(recording(a={"releases": [recorded_item(1)]}, b={"releases": [recorded_item(1)]}))

    assert len(user.collection) == 1


async def test_files_that_hold_nothing_of_a_collection_are_passed_over(recording, replayed):
    artist_page = {"releases": [{"id": 5, "title": "No item", "type": "master"}]}
    user, _ = replayed(
        recording(
            a={"releases": [recorded_item(1)]},
            b={"message": "Not found."},
            c=[1, None, "x"],
            d=None,
            e=artist_page,
        )
    )

    assert len(user.collection) == 1


async def test_folders_fields_and_value_are_derived(recording, replayed):
    noted = recorded_item(1, notes=[{"field_id": 8, "value": "mint"}])
    _, client = replayed(recording(a={"releases": [noted, recorded_item(2), recorded_item(4)]}))
    async with client:
        folders = (await client.get("/users/ada/collection/folders")).json()["folders"]
        fields = (await client.get("/users/ada/collection/fields")).json()["fields"]
        value = (await client.get("/users/ada/collection/value")).json()

    assert [(folder["id"], folder["count"]) for folder in folders] == [(0, 3), (2, 2), (3, 1), (1, 0)]
    assert [field["id"] for field in fields] == [1, 2, 3, 8]
    assert value.keys() == {"maximum", "median", "minimum"}


async def test_folders_fields_and_value_are_taken_as_recorded(recording, replayed):
    fields = [{"id": 5, "name": "Shelf", "type": "textarea", "position": 1, "public": True, "lines": 2}]
    value = {"maximum": "$3.00", "median": "$2.00", "minimum": "$1.00"}
    _, client = replayed(
        recording(
            a={"releases": [recorded_item(2)]},
            folders={"folders": [{"id": 3, "name": "Jazz", "count": 77, "resource_url": "x"}]},
            fields=[{"response": {"body": {"fields": fields}}}],
            value=value,
        )
    )
    async with client:
        folders = (await client.get("/users/ada/collection/folders")).json()["folders"]

        assert [(folder["name"], folder["count"]) for folder in folders] == [
            ("All", 1),
            ("Jazz", 1),
            ("Uncategorized", 0),
        ]
        assert (await client.get("/users/ada/collection/fields")).json() == {"fields": fields}
        assert (await client.get("/users/ada/collection/value")).json() == value


async def test_an_edit_changes_nothing_else_of_a_recorded_item(recording, replayed):
    user, client = replayed(recording(a={"releases": [recorded_item(2)]}))
    instance_id = 900_002
    user.rate(101, 1)
    user.collection.move(instance_id, 1)
    user.collection.note(instance_id, 3, "scratched")
    user.collection.retitle(101, "New Title")
    expected = recorded_item(2, rating=1, folder_id=1, notes=[{"field_id": 3, "value": "scratched"}])
    expected["basic_information"]["title"] = "New Title"
    async with client:
        assert (await client.get(ITEMS)).json()["releases"] == [expected]

        user.collection.note(instance_id, 3, "")
        assert "notes" not in (await client.get(ITEMS)).json()["releases"][0]


async def test_copies_and_release_are_found_by_their_recorded_id(recording, replayed):
    items = [recorded_item(2), recorded_item(3)]
    _, client = replayed(recording(a={"releases": items}))
    async with client:
        copies = (await client.get("/users/ada/collection/releases/101")).json()
        release = (await client.get("/releases/101")).json()

    assert copies["releases"] == items
    assert release["title"] == items[1]["basic_information"]["title"]


async def test_a_stranger_sees_recorded_items_without_folder_and_private_notes(recording, replayed, calling):
    item = recorded_item(2, notes=[{"field_id": 3, "value": "secret"}])
    _, client = replayed(recording(a={"releases": [item]}))
    async with client:
        client.headers.pop("authorization")
        (found,) = (await client.get(ITEMS)).json()["releases"]

    assert found.keys() == item.keys() - {"folder_id", "notes"}


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "No JSON file in .* holds a page with releases or wants"),
        ({"a.json": "{}"}, "No JSON file in .* holds a page with releases or wants"),
        ({"a.json": '{"releases": ['}, "a.json cannot be read"),
    ],
)
def test_a_folder_that_cannot_be_served_is_told_in_a_sentence(tmp_path, files, sentence):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(ValueError, match=sentence):
        Simulator().load_user("ada", "token", tmp_path)


def test_a_path_that_is_no_folder_is_told_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="is no folder"):
        Simulator().load_user("ada", "token", tmp_path / "missing")
