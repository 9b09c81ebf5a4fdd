from collections import Counter
from itertools import pairwise
from statistics import mean

import pytest

from cratesync.simulator.catalog import Catalog
from cratesync.simulator.pacific import epoch_of
from cratesync.simulator.seeded import SeededItems, SeededWants
from cratesync.simulator.users import Users

COUNT = 3104


def users(seed=1):
    return Users(Catalog(seed), today=lambda: 1_790_000_000)


@pytest.fixture(scope="module")
def items():
    collection = users().add("brother", "token", items=COUNT).collection
    return [collection.item(instance_id) for instance_id in collection.instance_ids()]


def test_a_collection_has_as_many_items_as_asked_for(items):
    assert len({item.instance_id for item in items}) == COUNT


def test_the_same_seed_and_name_give_the_same_items_whoever_else_there_is(items):
    elsewhere = users()
    elsewhere.add("somebody", "else", items=10)
    collection = elsewhere.add("brother", "other-token", items=COUNT).collection

    assert [collection.item(key) for key in collection.instance_ids()] == items


def test_instance_ids_of_two_users_never_meet():
    both = users()
    ada = both.add("ada", "1", items=1000).collection
    bob = both.add("bob", "2", items=1000).collection

    assert not set(ada.instance_ids()) & set(bob.instance_ids())


def test_users_own_some_of_the_same_releases():
    known = users()
    owned = [
        {
            known_item.release_id
            for key in user.collection.instance_ids()
            if (known_item := user.collection.item(key))
        }
        for user in (known.add(name, name, items=4000) for name in "abc")
    ]

    assert owned[0] & owned[1] or owned[1] & owned[2] or owned[0] & owned[2]


def test_dates_only_grow():
    collection = users().add("ada", "1", items=2000).collection
    dates = [epoch_of(collection.item(key).date_added) for key in collection.instance_ids()]

    assert all(earlier <= later for earlier, later in pairwise(dates))


def test_one_in_twenty_items_is_a_second_copy_and_mostly_in_another_folder(items):
    copies = Counter(item.release_id for item in items)
    twice = {release_id for release_id, count in copies.items() if count > 1}
    folders = {release: {item.folder_id for item in items if item.release_id == release} for release in twice}

    assert len(twice) / COUNT == pytest.approx(138 / 3104, abs=0.015)
    assert sum(len(found) > 1 for found in folders.values()) / len(twice) > 0.85


def test_copies_of_a_release_share_their_rating(items):
    ratings = {}
    for item in items:
        assert ratings.setdefault(item.release_id, item.rating) == item.rating


def test_ratings_are_given_as_often_as_was_measured(items):
    shares = Counter(item.rating for item in items)

    for rating, measured in {0: 1316, 5: 633, 4: 948, 3: 192}.items():
        assert shares[rating] / COUNT == pytest.approx(measured / 3104, abs=0.04)


def test_all_copies_of_a_release_are_found_from_its_id(items):
    source = SeededItems(Catalog(1), "ada", 5, 3000, [1, 2, 3])
    expected = {}
    keys = list(source.keys())
    for key in keys:
        expected.setdefault(source.entry(key).release_id, []).append(key)

    for release_id, copies in expected.items():
        assert list(source.keys_of_release(release_id)) == copies
    assert source.keys_of_release(2_147_483_647) == ()


def test_an_id_that_was_never_given_is_nobodys():
    source = SeededItems(Catalog(1), "ada", 5, 100, [1])
    first, last = min(source.keys()), max(source.keys())

    assert source.entry(first) is not None
    assert [source.entry(key) for key in (first - 3, first + 1, last + 3, 0, -1)] == [None] * 5


def test_wants_are_releases_that_are_not_owned():
    source = SeededWants(Catalog(1), "ada", 300)
    owned = SeededItems(Catalog(1), "ada", 1, 3000, [1])
    keys = list(source.keys())

    assert len(set(keys)) == 300
    assert all(source.entry(key).release_id == key for key in keys)
    assert not any(owned.keys_of_release(key) for key in keys)
    assert source.entry(1) is None


def test_items_are_of_the_size_of_recorded_ones(items):
    sizes = [len(item.wire(owner=True, public_fields=frozenset())) for item in items[:500]]

    assert 1000 < mean(sizes) < 1500


def test_six_hundred_thousand_items_can_be_read_from_both_ends():
    collection = users().add("collector", "1", items=600_000).collection
    newest = collection.page(0, "added", descending=True, start=0, count=100)
    oldest = collection.page(0, "added", descending=False, start=0, count=100)
    last = collection.page(0, "added", descending=True, start=599_900, count=100)

    assert len(collection) == 600_000
    assert last == oldest[::-1]
    assert epoch_of(newest[0].date_added) > epoch_of(oldest[0].date_added)


def test_a_small_collection_has_no_folders_and_a_large_one_many():
    known = users()

    assert known.add("few", "1", items=5).collection.folders.ids() == [1]
    assert len(known.add("many", "2", items=3104).collection.folders.ids()) == 31
