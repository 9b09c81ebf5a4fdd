import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cratesync.simulator import Simulator, SimulatorConfig

ITEMS = "/users/ada/collection/folders/0/releases"
FORBIDDEN = (
    "You are not allowed to view this resource. Please authenticate as the owner to view this content."
)


async def test_identity_names_the_user_of_the_token(ada):
    answer = await ada.get("/oauth/identity")

    assert answer.json()["username"] == answer.json()["consumer_name"] == "ada"
    assert answer.json()["resource_url"] == "http://discogs.test/users/ada"


@pytest.mark.parametrize("way", ["header", "query"])
async def test_a_token_is_taken_from_header_and_query(calling, way):
    headers = {"Authorization": "Discogs token=token-of-ada"} if way == "header" else {}
    query = {} if way == "header" else {"token": "token-of-ada"}
    async with calling(headers=headers) as client:
        assert (await client.get("/oauth/identity", params=query)).json()["username"] == "ada"


async def test_an_app_is_nobody(calling):
    async with calling(headers={"Authorization": "Discogs key=a, secret=b"}) as client:
        assert (await client.get("/oauth/identity")).status_code == 401
        assert (await client.get("/users/ada/collection/value")).status_code == 403


async def test_names_are_matched_without_case(ada):
    body = (await ada.get("/users/ADA/collection/folders")).json()

    assert body["folders"][0]["resource_url"] == "http://discogs.test/users/ada/collection/folders/0"


@pytest.mark.parametrize(
    ("asked", "page", "per_page", "count"),
    [
        ({}, 1, 50, 50),
        ({"per_page": 500}, 1, 100, 100),
        ({"per_page": -3}, 1, 1, 1),
        ({"per_page": 0}, 1, 1, 1),
        ({"page": -1}, 1, 50, 50),
        ({"page": 0}, 1, 50, 50),
        ({"page": 3, "per_page": 100}, 3, 100, 50),
    ],
)
async def test_pages_out_of_range_are_corrected(ada, asked, page, per_page, count):
    body = (await ada.get(ITEMS, params=asked)).json()

    assert (body["pagination"]["page"], body["pagination"]["per_page"]) == (page, per_page)
    assert body["pagination"]["items"] == 250
    assert len(body["releases"]) == count


@pytest.mark.parametrize(
    ("page", "relations"),
    [(1, ["next", "last"]), (2, ["first", "prev", "next", "last"]), (3, ["first", "prev"])],
)
async def test_a_page_names_the_others_and_repeats_what_was_asked(ada, page, relations):
    answer = await ada.get(
        ITEMS, params={"sort": "added", "per_page": 100, "page": page, "token": "token-of-ada"}
    )
    urls = answer.json()["pagination"]["urls"]

    assert list(urls) == relations
    assert answer.headers["link"].count("rel=") == len(relations)
    for url in urls.values():
        assert url.startswith(f"http://discogs.test{ITEMS}?sort=added&per_page=100&page=")
        assert "token=token-of-ada" in url


async def test_a_single_page_names_no_others(ada):
    answer = await ada.get("/users/ada/wants")

    assert answer.json()["pagination"] == {"page": 1, "pages": 1, "per_page": 50, "items": 30, "urls": {}}
    assert "link" not in answer.headers


async def test_a_page_beyond_the_end_does_not_exist(ada):
    answer = await ada.get(ITEMS, params={"page": 6})

    assert answer.status_code == 404
    assert answer.json() == {"message": "Page 6 is outside of valid range [1, 5]."}


async def test_an_empty_list_is_one_empty_page(clock, calling):
    simulator = Simulator(clock=clock)
    simulator.add_user("ada", "token-of-ada")
    async with calling(simulator=simulator) as client:
        body = (await client.get(ITEMS)).json()

    assert body == {
        "pagination": {"page": 1, "pages": 1, "per_page": 50, "items": 0, "urls": {}},
        "releases": [],
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    per_page=st.integers(1, 130),
    sort=st.sampled_from(["added", "label", "title", "rating"]),
    up=st.booleans(),
)
async def test_the_pages_of_any_size_and_order_hold_every_item_once(discogs, calling, per_page, sort, up):
    discogs.quota.clear()
    query = {"per_page": max(per_page, 5), "sort": sort, "sort_order": "asc" if up else "desc"}
    found, page, pages = [], 1, 1
    async with calling() as client:
        while page <= pages:
            body = (await client.get(ITEMS, params={**query, "page": page})).json()
            found += [item["instance_id"] for item in body["releases"]]
            page, pages = page + 1, body["pagination"]["pages"]

    assert len(found) == 250
    assert set(found) == set(discogs.user("ada").collection.instance_ids())


async def test_the_default_order_is_that_of_the_first_label(ada):
    items = (await ada.get(ITEMS, params={"per_page": 100})).json()["releases"]
    labels = [item["basic_information"]["labels"][0]["name"].casefold() for item in items]

    assert labels == sorted(labels)


@pytest.mark.parametrize("query", [{"sort": "colour"}, {"sort_order": "sideways"}, {"page": "two"}])
async def test_an_unknown_order_is_refused_with_details(ada, query):
    answer = await ada.get(ITEMS, params=query)

    assert answer.status_code == 422
    assert answer.json()["message"] == 'See "detail" for validation errors.'
    assert answer.json()["detail"][0]["loc"] == ["query", next(iter(query))]


async def test_items_have_folder_and_notes_only_for_their_owner(discogs, ada, stranger):
    mine = (await ada.get(ITEMS, params={"per_page": 100})).json()["releases"]
    theirs = (await stranger.get(ITEMS, params={"per_page": 100})).json()["releases"]

    assert [item["instance_id"] for item in theirs] == [item["instance_id"] for item in mine]
    assert all("folder_id" in item for item in mine)
    assert not any("folder_id" in item for item in theirs)
    assert {note["field_id"] for item in theirs for note in item.get("notes", [])} <= {4}
    assert all(item.get("notes") != [] for item in mine + theirs)
    assert any("notes" not in item for item in mine)
    assert any("notes" in item for item in mine)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/users/ada/collection/folders", 200),
        ("/users/ada/collection/folders/0", 200),
        (ITEMS, 200),
        ("/users/ada/collection/folders/1/releases", 403),
        ("/users/ada/collection/folders/1", 403),
        ("/users/ada/collection/fields", 403),
        ("/users/ada/collection/value", 403),
        ("/users/ada/wants", 200),
        ("/users/ada", 200),
        ("/releases/4711", 200),
        ("/oauth/identity", 401),
    ],
)
async def test_what_a_stranger_may_see_of_a_public_collection(stranger, path, status):
    assert (await stranger.get(path)).status_code == status


@pytest.mark.parametrize("path", [ITEMS, "/users/ada/collection/folders", "/users/ada/wants"])
async def test_a_private_collection_is_its_owners_alone(discogs, ada, stranger, path):
    discogs.user("ada").make_private()

    assert (await stranger.get(path)).json() == {"message": FORBIDDEN}
    assert (await ada.get(path)).status_code == 200
    discogs.user("ada").make_public()
    assert (await stranger.get(path)).status_code == 200


async def test_a_stranger_is_shown_the_folder_of_everything_only(stranger):
    folders = (await stranger.get("/users/ada/collection/folders")).json()["folders"]

    assert [folder["id"] for folder in folders] == [0]


async def test_a_profile_tells_its_owner_more(discogs, ada, stranger):
    discogs.user("ada").make_private()
    mine, theirs = (await ada.get("/users/ada")).json(), (await stranger.get("/users/ada")).json()

    assert (mine["num_collection"], mine["num_wantlist"], mine["curr_abbr"]) == (250, 30, "EUR")
    assert mine.keys() - theirs.keys() == {"num_collection", "num_wantlist", "email", "num_unread"}
    assert theirs["curr_abbr"] == ""


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/users/nobody/collection/folders", 404, "User does not exist or may have been deleted."),
        ("GET", "/users/ada/collection/folders/42", 404, "The requested folder does not exist."),
        ("GET", "/releases/2147483647", 404, "That release does not exist or may have been deleted."),
        ("GET", "/releases/0", 404, "That release does not exist or may have been deleted."),
        ("GET", "/users/ada/collection/folders/", 404, "The requested resource was not found."),
        ("GET", "/users/ada/collection", 404, "The requested resource was not found."),
        ("PUT", "/releases/1", 405, "Method PUT is not allowed for this resource."),
        ("DELETE", "/oauth/identity", 405, "Method DELETE is not allowed for this resource."),
    ],
)
async def test_refusals_say_what_discogs_says(ada, method, path, status, message):
    answer = await ada.request(method, path)

    assert (answer.status_code, answer.json()) == (status, {"message": message})


async def test_an_unknown_token_is_refused_everywhere(calling):
    async with calling(headers={"Authorization": "Discogs token=wrong"}) as client:
        for path in ("/oauth/identity", ITEMS, "/releases/1", "/users/ada"):
            answer = await client.get(path)
            assert answer.status_code == 401
            assert answer.json()["message"].startswith("Invalid consumer token.")


async def test_without_a_user_agent_the_edge_answers_a_page(ada, discogs):
    ada.headers["user-agent"] = ""
    answer = await ada.get("/oauth/identity")

    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "x-discogs-ratelimit" not in answer.headers
    assert [call.slots for call in discogs.journal] == [0]


async def test_copies_of_a_release_are_found_and_none_is_no_error(discogs, ada):
    collection = discogs.user("ada").collection
    release_id = collection.item(collection.instance_ids()[0]).release_id
    collection.add(release_id)
    copies = (await ada.get(f"/users/ada/collection/releases/{release_id}")).json()
    none = await ada.get("/users/ada/collection/releases/2147483647")

    assert [item["id"] for item in copies["releases"]] == [release_id] * 2
    assert (none.status_code, none.json()["releases"], none.json()["pagination"]["items"]) == (200, [], 0)


async def test_notes_of_wants_are_text(ada):
    wants = (await ada.get("/users/ada/wants")).json()["wants"]

    assert all(isinstance(want["notes"], str) for want in wants)
    assert all(want["id"] == want["basic_information"]["id"] for want in wants)


@pytest.mark.parametrize(("behaviour", "status"), [("honoured", 200), ("refused", 422), ("ignored", 200)])
async def test_a_sort_of_wants_is_obeyed_refused_or_ignored(clock, calling, behaviour, status):
    simulator = Simulator(SimulatorConfig(wants_sort=behaviour), clock=clock)
    user = simulator.add_user("ada", "token-of-ada", wants=40)
    async with calling(simulator=simulator) as client:
        answer = await client.get("/users/ada/wants", params={"sort": "added", "sort_order": "desc"})

        assert answer.status_code == status
        assert (await client.get("/users/ada/wants")).status_code == 200
    if status == 200:
        found = [want["id"] for want in answer.json()["wants"]]
        assert (found == user.wantlist.release_ids()[::-1]) == (behaviour == "honoured")


async def test_a_release_tells_what_the_collection_shows_and_more(ada):
    item = (await ada.get(ITEMS, params={"per_page": 1})).json()["releases"][0]["basic_information"]
    release = (await ada.get(f"/releases/{item['id']}")).json()

    for name in ("title", "year", "artists", "labels", "formats", "genres", "thumb"):
        assert release[name] == item[name]
    assert release["tracklist"]
    assert release["community"]["rating"].keys() == {"count", "average"}


async def test_no_address_of_an_answer_leads_elsewhere(ada):
    assert "simulator.invalid" not in (await ada.get(ITEMS)).text


async def test_addresses_can_be_given_another_beginning(clock, calling):
    simulator = Simulator(SimulatorConfig(public_url="https://api.example.test"), clock=clock)
    simulator.add_user("ada", "token-of-ada", items=200)
    async with calling(simulator=simulator) as client:
        body = (await client.get(ITEMS)).json()

    assert body["pagination"]["urls"]["next"].startswith("https://api.example.test/users/")
    assert body["releases"][0]["basic_information"]["resource_url"].startswith(
        "https://api.example.test/releases/"
    )


async def test_a_cover_is_a_picture_and_its_address_cannot_be_altered(ada):
    items = (await ada.get(ITEMS, params={"per_page": 100})).json()["releases"]
    thumb = next(item["basic_information"]["thumb"] for item in items if item["basic_information"]["thumb"])
    picture = await ada.get(thumb, headers={"Origin": "https://page.test"})

    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    assert "access-control-allow-origin" not in picture.headers
    assert (await ada.get(thumb.replace("w:150", "w:900"))).status_code == 403
    assert (await ada.get("/images/spacer.gif")).content.startswith(b"GIF89a")
    assert (await ada.post("/images/spacer.gif")).status_code == 405


async def test_latency_passes_and_varies_by_its_share(clock, calling):
    simulator = Simulator(SimulatorConfig(latency_ms=200, jitter=0.5), clock=clock)
    waits = []
    async with calling(simulator=simulator) as client:
        for _ in range(20):
            before = clock.seconds
            await client.get("/releases/1")
            waits.append(clock.seconds - before)

    assert all(0.1 <= wait <= 0.3 for wait in waits)
    assert max(waits) - min(waits) > 0.05
