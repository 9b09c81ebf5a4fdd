"""What is asked of Discogs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cratesync import __version__
from cratesync.engine.provider import Provider
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side
from cratesync.providers.discogs.provider import DiscogsProvider
from unit.providers.discogs_answers import ACCOUNT, DISCOGS, EVERY_TASK, RELEASE


def url(task, kind="collection", account=ACCOUNT):
    return DISCOGS.build(kind, task, account).url.removeprefix("https://api.discogs.com")


def page(order, number=2):
    return Page(number=number, scan=1, order=order)


def test_identity_is_asked_for_without_knowing_the_account():
    assert url(Identity(), account=None) == "/oauth/identity"


def test_a_collection_page_holds_100_items_in_the_order_they_were_added():
    items = "/users/shelf.keeper/collection/folders/0/releases"
    assert url(page(Order.OLDEST)) == f"{items}?per_page=100&page=2&sort=added&sort_order=asc"
    assert url(page(Order.NEWEST)) == f"{items}?per_page=100&page=2&sort=added&sort_order=desc"


def test_a_wantlist_page_can_be_asked_for_without_any_order():
    wants = "/users/shelf.keeper/wants?per_page=100&page=2"
    assert url(page(Order.OLDEST), "wantlist") == f"{wants}&sort=added&sort_order=asc"
    assert url(page(Order.NEWEST), "wantlist") == f"{wants}&sort=added&sort_order=desc"
    assert url(page(Order.UNSORTED), "wantlist") == wants


def test_a_lookup_asks_for_all_copies_of_one_release():
    assert url(Lookup(release_id=249504)) == "/users/shelf.keeper/collection/releases/249504?per_page=100"


def test_a_release_is_asked_for_without_knowing_the_account():
    assert url(Release(release_id=249504), account=None) == "/releases/249504"
    assert DISCOGS.profile.details


def test_a_collection_has_folders_fields_and_value_beside_it_and_a_wantlist_nothing():
    sides = DISCOGS.profile.sides
    assert [url(Side(name)) for name in sides["collection"]] == [
        "/users/shelf.keeper/collection/folders",
        "/users/shelf.keeper/collection/fields",
        "/users/shelf.keeper/collection/value",
    ]
    assert sides["wantlist"] == ()


def test_no_request_holds_a_credential():
    call = DISCOGS.build("collection", Identity(), None)
    assert call.headers == {
        "User-Agent": f"Cratesync/{__version__}",
        "Accept": "application/vnd.discogs.v2.discogs+json",
    }


def test_the_token_travels_in_one_header():
    assert DISCOGS.authorize("canary") == ("Authorization", "Discogs token=canary")


@pytest.mark.parametrize("task", [task for task in EVERY_TASK if task not in (Identity(), RELEASE)])
def test_everything_but_identity_and_a_release_needs_an_account(task):
    with pytest.raises(ValueError, match="needs a Discogs username"):
        DISCOGS.build("collection", task, None)


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("wantlist", Side("folders")),
        ("collection", Side("orders")),
        ("collection", page(Order.OLDEST, number=0)),
        ("wantlist", Lookup(release_id=1)),
        ("collection", Lookup(release_id=-1)),
        ("collection", Lookup(release_id=10**18)),
    ],
)
def test_what_discogs_does_not_have_cannot_be_asked_for(kind, task):
    with pytest.raises(ValueError, match=r"\.$"):
        DISCOGS.build(kind, task, ACCOUNT)


@pytest.mark.parametrize(
    ("username", "segment"),
    [
        ("_.bartholomews", "_.bartholomews"),
        ("R-Search", "R-Search"),
        ("a b", "a%20b"),
        ("Jürgen?#", "J%C3%BCrgen%3F%23"),
    ],
)
def test_a_username_is_one_encoded_segment(username, segment):
    assert url(Side("value"), account=username) == f"/users/{segment}/collection/value"


@pytest.mark.parametrize("username", ["", ".", "..", "a/b", "a\\b", "a\x00b", "a\nb", "\ud800", "x" * 101])
def test_a_username_that_cannot_be_part_of_a_url_is_refused_with_a_sentence(username):
    with pytest.raises(ValueError, match=r"no Discogs username: .*\.$"):
        DISCOGS.build("collection", Side("value"), username)


@given(st.text(max_size=120), st.sampled_from(EVERY_TASK), st.sampled_from(["collection", "wantlist"]))
def test_whatever_can_be_built_is_permitted(username, task, kind):
    try:
        call = DISCOGS.build(kind, task, username)
    except ValueError:
        return
    assert DISCOGS.permits("GET", call.url)
    assert call.url.startswith("https://api.discogs.com/")


def test_nothing_but_reading_is_permitted():
    asked = "https://api.discogs.com/users/x/wants"
    assert DISCOGS.permits("GET", asked)
    assert not DISCOGS.permits("DELETE", asked)
    assert not DISCOGS.permits("GET", "https://api.discogs.com/marketplace/orders")
    assert not DISCOGS.permits("GET", "https://discogs.example/users/x/wants")


def test_another_base_url_limit_and_window_can_be_set():
    local: Provider = DiscogsProvider("http://127.0.0.1:9/discogs/", "Tests/1", calls=3, window_seconds=1.5)
    call = local.build("collection", Side("value"), "x")
    assert call.url == "http://127.0.0.1:9/discogs/users/x/collection/value"
    assert call.headers["User-Agent"] == "Tests/1"
    assert local.permits("GET", call.url)
    assert not local.permits("GET", "https://api.discogs.com/users/x/collection/value")
    profile = local.profile
    assert (profile.name, profile.calls, profile.window_seconds, profile.page_size) == (
        "Discogs",
        3,
        1.5,
        100,
    )


def test_a_client_may_change_its_copy_of_the_headers_without_harm():
    DISCOGS.build("collection", Identity(), None).headers["Authorization"] = "canary"
    assert "Authorization" not in DISCOGS.build("collection", Identity(), None).headers
