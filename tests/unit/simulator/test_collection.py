import pytest

from cratesync.simulator.catalog import Catalog
from cratesync.simulator.listing import SORTS, sort_value
from cratesync.simulator.pacific import epoch_of
from cratesync.simulator.users import Users

TODAY = 1_790_000_000


@pytest.fixture
def ada():
    return Users(Catalog(1), today=lambda: TODAY).add("ada", "token", items=300, wants=20)


@pytest.fixture
def collection(ada):
    return ada.collection


@pytest.mark.parametrize("sort", SORTS)
def test_pages_put_together_are_the_whole_collection_in_order(collection, sort):
    pages = [collection.page(0, sort, descending=False, start=start, count=70) for start in range(0, 300, 70)]
    items = [item for page in pages for item in page]

    assert {item.instance_id for item in items} == set(collection.instance_ids())
    if sort == "added":
        values = [epoch_of(item.date_added) for item in items]
    else:
        values = [sort_value(item, sort) for item in items]
    assert values == sorted(values)


@pytest.mark.parametrize("sort", SORTS)
def test_descending_is_ascending_backwards(collection, sort):
    forth = collection.page(0, sort, descending=False, start=0, count=300)
    back = [
        item
        for start in range(0, 300, 70)
        for item in collection.page(0, sort, descending=True, start=start, count=70)
    ]

    assert back == forth[::-1]


def test_ties_are_in_the_order_of_dates(collection):
    items = collection.page(0, "rating", descending=False, start=0, count=300)
    unrated = [epoch_of(item.date_added) for item in items if item.rating == 0]

    assert unrated == sorted(unrated)


def test_folder_counts_add_up_and_fit_the_pages(collection):
    folders = [collection.folder(folder_id) for folder_id, _ in collection.folders]

    assert folders[0].count == 300 == sum(folder.count for folder in folders[1:])
    for folder in folders:
        assert len(collection.page(folder.id, "added", descending=False, start=0, count=300)) == folder.count


def test_folders_are_listed_all_first_then_by_name_without_case(collection):
    names = [name for _, name in collection.folders]

    assert names[0] == "All"
    assert names[1:] == sorted(names[1:], key=str.casefold)


def test_an_added_copy_is_the_newest_and_counted(collection):
    before = collection.size(1)
    item = collection.add(release_id=4711, folder_id=1)

    assert collection.page(0, "added", descending=True, start=0, count=1) == [item]
    assert (len(collection), collection.size(1)) == (301, before + 1)
    assert collection.copies_of(4711) == [item]


def test_what_is_added_is_never_older_than_what_was_there(collection):
    stamps = [epoch_of(collection.add(release_id).date_added) for release_id in (1, 2, 3)]

    assert stamps == [TODAY, TODAY + 1, TODAY + 2]


def test_one_more_copy_has_the_rating_of_the_others(ada):
    owned = ada.collection.item(ada.collection.instance_ids()[0])
    ada.rate(owned.release_id, 2)
    copy = ada.collection.add(owned.release_id)

    assert copy.rating == 2
    assert copy.instance_id != owned.instance_id
    assert {item.rating for item in ada.collection.copies_of(owned.release_id)} == {2}


def test_a_removed_item_is_gone_from_every_view(collection):
    gone = collection.item(collection.instance_ids()[7])
    collection.page(0, "title", descending=False, start=0, count=1)
    before = collection.size(gone.folder_id)
    collection.remove(gone.instance_id)

    assert collection.item(gone.instance_id) is None
    assert gone.instance_id not in collection.instance_ids()
    assert gone not in collection.copies_of(gone.release_id)
    assert collection.size(gone.folder_id) == before - 1
    assert gone not in collection.page(0, "title", descending=False, start=0, count=300)


def test_a_moved_item_changes_folders_only(collection):
    item = collection.item(collection.instance_ids()[7])
    target = next(folder_id for folder_id in collection.folders.ids() if folder_id != item.folder_id)
    before = collection.size(target)
    moved = collection.move(item.instance_id, target)

    assert (moved.folder_id, moved.instance_id, moved.date_added) == (
        target,
        item.instance_id,
        item.date_added,
    )
    assert collection.size(target) == before + 1
    assert moved in collection.page(target, "added", descending=False, start=0, count=300)


def test_a_note_can_be_written_changed_and_cleared(collection):
    key = collection.instance_ids()[3]
    collection.note(key, 3, "first")
    collection.note(key, 3, "second")

    assert [note.value for note in collection.item(key).notes if note.field_id == 3] == ["second"]
    collection.note(key, 3, "")
    assert all(note.field_id != 3 for note in collection.item(key).notes)


def test_nobody_can_edit_what_they_do_not_own(collection):
    with pytest.raises(KeyError, match="ada owns no instance 5"):
        collection.remove(5)


def test_a_rating_shows_in_collection_and_wantlist(ada):
    wanted = ada.wantlist.release_ids()[0]
    ada.rate(wanted, 1)

    assert ada.wantlist.want(wanted).rating == 1
    assert ada.rating_of(wanted) == 1
    assert ada.rating_of(123) == 0


def test_a_release_is_wanted_at_most_once(ada):
    first = ada.wantlist.add(4711, "please")

    assert ada.wantlist.add(4711) == first
    assert len(ada.wantlist) == 21
    assert ada.wantlist.page("added", descending=True, start=0, count=1) == [first]
    assert ada.wantlist.remove(4711)
    assert not ada.wantlist.remove(4711)


def test_a_name_or_token_is_given_once():
    known = Users(Catalog(1), today=lambda: TODAY)
    known.add("ada", "token")

    with pytest.raises(ValueError, match="There is a user ADA already"):
        known.add("ADA", "other")
    with pytest.raises(ValueError, match="belongs to somebody else"):
        known.add("bob", "token")
    with pytest.raises(ValueError, match="needs a name"):
        known.add("", "x")
    with pytest.raises(ValueError, match="-1 items"):
        known.add("bob", "x", items=-1)
