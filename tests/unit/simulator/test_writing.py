import pytest

FOLDERS = "/users/ada/collection/folders"


@pytest.fixture
def item(discogs):
    collection = discogs.user("ada").collection
    return collection.item(collection.instance_ids()[5])


@pytest.fixture
def address(item):
    return f"{FOLDERS}/{item.folder_id}/releases/{item.release_id}/instances/{item.instance_id}"


async def test_a_folder_is_made_renamed_and_deleted(ada):
    made = await ada.post(FOLDERS, json={"name": "x" * 60})
    path = f"{FOLDERS}/{made.json()['id']}"
    renamed = await ada.post(path, json={"name": "Jazz"})

    assert (made.status_code, made.json()["name"], made.json()["count"]) == (201, "x" * 50, 0)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Jazz")
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.get(path)).status_code == 404


async def test_a_folder_with_items_and_those_of_everybody_stay(discogs, ada):
    collection = discogs.user("ada").collection
    own = next(
        folder_id for folder_id in collection.folders.ids() if folder_id != 1 and collection.size(folder_id)
    )
    found = [(await ada.delete(f"{FOLDERS}/{folder_id}")).status_code for folder_id in (own, 1, 0)]

    assert found == [422, 404, 404]
    assert {0, 1, own} <= {folder_id for folder_id, _ in collection.folders}


async def test_each_call_adds_another_copy(discogs, ada):
    first, second = [await ada.post(f"{FOLDERS}/1/releases/4711") for _ in range(2)]

    assert first.status_code == second.status_code == 201
    assert first.json()["instance_id"] != second.json()["instance_id"]
    assert list(first.json()) == sorted(first.json())
    assert not {"genres", "styles"} & first.json()["basic_information"].keys()
    assert len(discogs.user("ada").collection) == 252


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/999/releases/4711", "The requested folder does not exist."),
        ("/0/releases/4711", "The requested folder does not exist."),
        ("/1/releases/2147483647", "That release does not exist or may have been deleted."),
    ],
)
async def test_a_copy_needs_a_folder_and_a_release(ada, path, message):
    answer = await ada.post(FOLDERS + path)

    assert (answer.status_code, answer.json()["message"]) == (404, message)


async def test_an_item_is_rated_and_moved(discogs, ada, item, address):
    target = next(known for known in discogs.user("ada").collection.folders.ids() if known != item.folder_id)
    answer = await ada.post(address, json={"rating": 2, "folder_id": target})
    changed = discogs.user("ada").collection.item(item.instance_id)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (changed.rating, changed.folder_id) == (2, target)
    assert (await ada.get(f"/releases/{item.release_id}/rating/ada")).json()["rating"] == 2


async def test_an_item_cannot_be_moved_to_nowhere(ada, address):
    answer = await ada.post(address, json={"folder_id": 999999999})

    assert (answer.status_code, answer.json()) == (
        422,
        {"message": "Invalid folder_id: folder does not exist."},
    )


async def test_an_item_is_deleted_once(ada, address):
    assert (await ada.delete(address)).status_code == 204
    again = await ada.delete(address)

    assert again.status_code == 404
    assert (
        again.json()["message"] == "The requested collection item does not exist in this user's collection."
    )


@pytest.mark.parametrize(
    ("field", "text", "status"),
    [(3, "anything", 204), (1, "Mint (M)", 204), (1, "perfect", 422), (99, "x", 422)],
)
async def test_a_field_takes_what_it_offers(ada, address, field, text, status):
    answer = await ada.post(f"{address}/fields/{field}", json={"value": text})

    assert answer.status_code == status
    if status == 422:
        assert answer.json()["detail"][0]["loc"] == ["body", "value"]


async def test_a_field_needs_its_item_and_folder(ada, item):
    missing = await ada.post(
        f"{FOLDERS}/1/releases/{item.release_id}/instances/1/fields/1", json={"value": "x"}
    )
    nowhere = await ada.post(f"{FOLDERS}/999/releases/1/instances/1/fields/1", json={"value": "x"})

    assert (missing.status_code, missing.json()["message"]) == (
        404,
        "Release not found in user's collection.",
    )
    assert (nowhere.status_code, nowhere.json()["detail"][0]["loc"]) == (422, ["path", "folder_id"])


async def test_a_body_that_is_no_json_is_refused(ada, address):
    answer = await ada.post(address, content=b"{rating:")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body"]


async def test_a_rating_is_given_read_and_taken_back(ada):
    path = "/releases/4711/rating/ada"
    given = await ada.put(path, json={"rating": 4})

    assert (given.status_code, given.json()) == (201, {"release_id": 4711, "rating": 4, "username": "ada"})
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.get(path)).json()["rating"] == 0


async def test_a_want_is_put_edited_and_deleted(discogs, ada):
    path = "/users/ada/wants/4711"
    put = await ada.put(path, json={"notes": "please"})
    edited = await ada.post(path, json={"notes": "soon", "rating": 3})

    assert (put.status_code, put.json()["notes"]) == (201, "please")
    assert (edited.status_code, edited.json()["notes"], edited.json()["rating"]) == (200, "soon", 3)
    assert [(await ada.delete(path)).status_code for _ in range(2)] == [204, 204]
    assert len(discogs.user("ada").wantlist) == 30


async def test_an_unknown_release_cannot_be_wanted(ada):
    answer = await ada.put("/users/ada/wants/2147483647")

    assert answer.status_code == 404
    assert answer.json()["message"] == "That release does not exist in the user's wantlist."


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", FOLDERS, 403),
        ("POST", FOLDERS + "/1/releases/5", 403),
        ("PUT", "/users/ada/wants/5", 403),
        ("DELETE", "/users/ada/wants/5", 403),
        ("PUT", "/releases/5/rating/ada", 401),
    ],
)
async def test_nobody_writes_for_somebody_else(discogs, stranger, method, path, status):
    assert (await stranger.request(method, path, json={"name": "x", "rating": 1})).status_code == status
    assert len(discogs.user("ada").collection) == 250
