"""What is kept of a record, and how odd it may be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cratesync.engine.outcomes import PageRead, Transient
from cratesync.engine.records import (
    Artist,
    Content,
    CustomField,
    Folder,
    Format,
    Item,
    Label,
    Note,
    Want,
    digest_of,
)
from cratesync.engine.tasks import Order, Page, Side
from unit.providers.discogs_answers import (
    encoded,
    only_item,
    page_with,
    page_with_basics,
    read,
    read_page,
    read_wants,
    sent,
)

HARBOUR = Content(
    release_id=900101,
    master_id=70011,
    title="Harbour Lights At Dawn",
    year=1979,
    artists=(
        Artist(id=50001, name="The Lanterns (2)", anv="Lanterns", join="&", role="", tracks=""),
        Artist(id=50002, name="Åsa Ørn", anv="", join="", role="", tracks=""),
    ),
    labels=(
        Label(id=40001, name="Tidewater", catno="TW 019"),
        Label(id=40002, name="Grüne Welle", catno="none"),
    ),
    formats=(
        Format(name="Vinyl", qty="2", text="Sea Green", descriptions=("LP", "Album", "Reissue")),
        Format(name="CD", qty="1"),
    ),
    genres=("Jazz", "Folk, World, & Country"),
    styles=("Nordic",),
)


def test_every_field_of_an_item_that_a_collector_cares_about_is_kept():
    body = b'{"pagination": {"page": 1, "pages": 1, "items": 1}, "releases": [ %s ]}'
    source = encoded(sent("collection_page")["releases"][0])
    assert only_item(body % source) == Item(
        instance_id=3000000001,
        release_id=900101,
        content=HARBOUR,
        source_digest=digest_of(source),
        folder_id=1,
        rating=4,
        date_added="2019-03-09T23:30:00-08:00",
        notes=(Note(1, "Near Mint (NM or M-)"), Note(2, "Generic"), Note(3, "From Märta\nsecond shelf")),
        thumb="https://i.discogs.com/madeup/rs:fit/h:150/w:150/R-900101.jpeg",
        cover_image="https://i.discogs.com/madeup/rs:fit/h:600/w:600/R-900101.jpeg",
    )


def test_every_field_of_a_want_is_kept():
    source = encoded(sent("wantlist_page")["wants"][1])
    _, want = read_wants(sent("wantlist_page")).records
    assert want == Want(
        release_id=900101,
        content=HARBOUR,
        source_digest=digest_of(source),
        rating=5,
        date_added="2025-06-05T10:00:00-07:00",
        notes="the green one",
        thumb="https://i.discogs.com/madeup/rs:fit/h:150/w:150/R-900101.jpeg",
        cover_image="https://i.discogs.com/madeup/rs:fit/h:600/w:600/R-900101.jpeg",
    )


def test_two_copies_of_a_release_are_two_items_of_one_content():
    one, other, _ = read_page(sent("collection_page")).records
    assert (one.release_id, one.content.digest()) == (other.release_id, other.content.digest())
    assert one.key != other.key
    assert one.source_digest != other.source_digest


def test_odd_but_usual_values_are_kept_as_they_are():
    *_, item = read_page(sent("collection_page")).records
    assert item.content.year == 0
    assert item.content.master_id == 0
    assert item.content.styles == ()
    assert item.content.formats[0].qty == "45"
    assert item.content.title == "Static ☂ Garden"
    assert item.thumb == ""
    assert item.notes == ()


def test_escaped_and_plain_text_is_the_same_content_of_other_bytes():
    plain, escaped = page_with(), json.dumps(page_with()).encode()
    assert only_item(plain).content == only_item(escaped).content
    assert only_item(plain).source_digest != only_item(escaped).source_digest


def test_an_item_of_nothing_but_ids_is_an_item():
    page = sent("collection_page")
    page["releases"] = [{"instance_id": 5, "id": 6}]
    assert only_item(page) == Item(
        instance_id=5,
        release_id=6,
        content=Content(release_id=6),
        source_digest=digest_of(b'{"instance_id": 5, "id": 6}'),
    )


def test_a_release_known_by_its_content_alone_is_an_item():
    page = sent("collection_page")
    page["releases"] = [{"instance_id": 5, "basic_information": {"id": 6}}]
    assert only_item(page).release_id == 6
    page["wants"] = [{"basic_information": {"id": 7}}]
    (want,) = read_wants(page).records
    assert want.release_id == want.content.release_id == 7
    assert want.notes is None


@pytest.mark.parametrize("unusable", [None, -1, 2**63, "", "x", 1.5, True, [], {}])
def test_a_record_without_a_usable_id_makes_no_page(unusable):
    for changes in ({"instance_id": unusable}, {"id": unusable, "basic_information": None}):
        outcome = read_page(page_with(**changes))
        assert isinstance(outcome, Transient)
        assert outcome.code == "wrong_shape"


@pytest.mark.parametrize("record", [None, 5, "x", [], [{}], {}])
def test_a_record_that_is_none_makes_no_page(record):
    page = sent("collection_page")
    page["releases"].append(record)
    page["wants"] = [record]
    for outcome in (read_page(page), read_wants(page)):
        assert isinstance(outcome, Transient)
        assert outcome.code == "wrong_shape"


@pytest.mark.parametrize(("usable", "instance_id"), [(0, 0), (2**63 - 1, 2**63 - 1), ("17", 17), (17.0, 17)])
def test_an_id_at_the_edge_or_as_text_is_usable(usable, instance_id):
    assert only_item(page_with(instance_id=usable)).instance_id == instance_id


LISTS = ("artists", "labels", "formats", "genres", "styles")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("odd", [None, [], {}, 5, "Rock", [None], [[]]])
def test_a_list_that_is_none_is_empty(name, odd):
    content = only_item(page_with_basics(**{name: odd})).content
    assert getattr(content, name) == ()
    assert content.title == HARBOUR.title


def test_every_optional_thing_may_be_null():
    item = sent("collection_page")["releases"][0]
    nulls = dict.fromkeys(item) | {"instance_id": 5, "id": 6}
    nulls["basic_information"] = dict.fromkeys(item["basic_information"])
    page = sent("collection_page") | {"releases": [nulls]}
    assert only_item(page).content == Content(release_id=6)


def test_every_part_of_a_credit_label_or_format_may_be_null_or_missing():
    content = only_item(
        page_with_basics(
            artists=[{"id": None, "name": None, "anv": None}, {}],
            labels=[{"id": None}, {"catno": None}],
            formats=[{"name": None, "qty": None, "text": None, "descriptions": None}, {"descriptions": []}],
        )
    ).content
    assert content.artists == (Artist(), Artist())
    assert content.labels == (Label(), Label())
    assert content.formats == (Format(), Format(descriptions=()))


def test_unknown_fields_are_ignored():
    page = page_with_basics(barcode=["5 012345 678900"], country=None)
    page |= {"news": {"x": 1}}
    page["releases"][0] |= {"videos": [{}], "notes_public": True}
    assert only_item(page).content == HARBOUR


@pytest.mark.parametrize(
    ("sent_year", "year"),
    [
        ("1997", 1997),
        (1997.0, 1997),
        ("", None),
        ("1997-05", None),
        (None, None),
        (2**31, None),
        (2**70, None),
        (-1, -1),
    ],
)
def test_a_year_is_a_number_or_nothing(sent_year, year):
    assert only_item(page_with_basics(year=sent_year)).content.year == year


@pytest.mark.parametrize(
    ("sent_rating", "rating"), [(5, 5), ("3", 3), (2**40, None), (True, None), ("good", None)]
)
def test_a_rating_is_a_number_or_nothing(sent_rating, rating):
    assert only_item(page_with(rating=sent_rating)).rating == rating


@pytest.mark.parametrize(
    ("sent_qty", "qty"), [("2", "2"), (2, 2), (2.0, 2), (2.5, "2.5"), (2**40, str(2**40)), (True, None)]
)
def test_a_quantity_is_text_or_a_number(sent_qty, qty):
    content = only_item(page_with_basics(formats=[{"name": "CD", "qty": sent_qty}])).content
    assert content.formats == (Format(name="CD", qty=qty),)


def test_a_number_where_text_belongs_becomes_text():
    item = only_item(
        page_with_basics(title=1984, genres=["Rock", 7, None, ["x"]], labels=[{"name": 4, "catno": 77.5}])
    )
    assert item.content.title == "1984"
    assert item.content.genres == ("Rock", "7")
    assert item.content.labels == (Label(name="4", catno="77.5"),)


def test_one_odd_value_costs_nothing_beside_it():
    odd = only_item(page_with_basics(year="1979", title=HARBOUR.title))
    assert odd.content == HARBOUR
    assert odd.notes == only_item(page_with()).notes


@pytest.mark.parametrize(
    ("sent_notes", "notes"),
    [
        (None, ()),
        ("text", ()),
        ([{"field_id": 4, "value": None}], (Note(4, None),)),
        ([{"field_id": "4", "value": 12}], (Note(4, "12"),)),
        (
            [{"value": "no field"}, {"field_id": None, "value": "x"}, {"field_id": 2, "value": ""}],
            (Note(2, ""),),
        ),
    ],
)
def test_notes_of_an_item_belong_to_a_field(sent_notes, notes):
    assert only_item(page_with(notes=sent_notes)).notes == notes


@pytest.mark.parametrize(("sent_notes", "notes"), [(None, None), ("", ""), ("x", "x"), ([], None), (5, "5")])
def test_notes_of_a_want_are_text(sent_notes, notes):
    wants = sent("wantlist_page")
    wants["wants"] = [wants["wants"][0] | {"notes": sent_notes}]
    (want,) = read_wants(wants).records
    assert want.notes == notes


def test_a_record_sent_twice_in_one_page_is_kept_once():
    page = sent("collection_page")
    page["releases"].append(page["releases"][0] | {"rating": 1})
    items = read_page(page).records
    assert [item.key for item in items] == [3000000001, 3000000002, 3000000003]
    assert items[0].rating == 4


def test_odd_folders_and_fields_are_read_as_far_as_they_can_be():
    folders = read(Side("folders"), {"folders": [{"id": "0", "name": None, "count": -1, "resource_url": 5}]})
    assert folders.record.folders == (Folder(0, ""),)
    fields = read(
        Side("fields"), {"fields": [{"id": 9, "name": "Wear", "options": None, "public": 1, "lines": "3"}]}
    )
    assert fields.record.fields == (CustomField(9, "Wear", "", lines=3),)


@pytest.mark.parametrize(
    ("side", "body"), [("folders", {"folders": [{}]}), ("fields", {"fields": [{"id": None}]})]
)
def test_a_folder_or_field_without_an_id_is_no_answer(side, body):
    outcome = read(Side(side), body)
    assert isinstance(outcome, Transient)
    assert outcome.code == "wrong_shape"


# --- what cannot be stored --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"a\ud83db", "a\ufffdb"),
        (r"a\uDE00b", "a\ufffdb"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ud83d\ude00\u0000", "😀\ufffd"),
        (r"C:\\u0000\\ud83d", r"C:\u0000\ud83d"),
        (r"C:\\u0000\u0000", "C:\\u0000\ufffd"),
        (r"\u00e9\n\"\u0000", 'é\n"\ufffd'),
    ],
)
def test_a_sign_stands_for_what_no_database_can_store(escaped, shown):
    body = encoded(page_with_basics(title="TITLE")).replace(b"TITLE", escaped.encode())
    item = only_item(body)
    assert item.content.title == shown
    assert "\x00" not in item.content.title
    item.content.digest()


@given(st.text(st.characters(exclude_categories=[]), max_size=20))
def test_any_text_that_json_can_hold_can_be_stored(title):
    item = only_item(json.dumps(page_with_basics(title=title)).encode())
    assert "\x00" not in item.content.title
    item.content.title.encode()
    if title.isprintable():
        assert item.content.title == title


def test_mended_records_have_equal_digests_for_equal_bytes_whatever_stands_beside_them():
    page = sent("collection_page")
    page["releases"][0]["basic_information"]["title"] = "TITLE"
    alone = sent("collection_page") | {"releases": page["releases"][:1]}
    mended = only_item(encoded(alone).replace(b"TITLE", rb"a\u0000")).source_digest
    beside = read_page(
        encoded(page).replace(b"TITLE", rb"a\u0000").replace(b"Uncategorized", rb"\ud800")
    ).records
    untouched = read_page(sent("collection_page")).records
    assert beside[0].source_digest == mended
    assert beside[2].source_digest == untouched[2].source_digest


def test_a_folder_name_is_mended_too():
    body = rb'{"folders": [{"id": 1, "name": "caf\u00e9 \ud83d"}]}'
    assert read(Side("folders"), body).record.folders == (Folder(1, "café \ufffd"),)


# --- order ------------------------------------------------------------------------------------------------------------


def order_of(*dates, asked):
    page = sent("collection_page")
    first = page["releases"][0]
    page["releases"] = [first | {"instance_id": n, "date_added": date} for n, date in enumerate(dates)]
    outcome = read(Page(1, 1, asked), page)
    assert isinstance(outcome, PageRead)
    return outcome.order_shown


OLD, NEW = "2020-01-01T00:00:00-08:00", "2021-01-01T00:00:00-08:00"


def test_the_order_is_trusted_only_where_it_shows():
    assert order_of(OLD, NEW, asked=Order.OLDEST)
    assert not order_of(NEW, OLD, asked=Order.OLDEST)
    assert order_of(NEW, OLD, asked=Order.NEWEST)
    assert not order_of(OLD, NEW, asked=Order.NEWEST)
    assert not order_of(OLD, NEW, OLD, asked=Order.OLDEST)


def test_any_order_will_do_where_none_was_asked_for():
    assert order_of(NEW, OLD, "x", None, asked=Order.UNSORTED)


@pytest.mark.parametrize("asked", [Order.OLDEST, Order.NEWEST])
def test_ties_and_single_records_are_in_order(asked):
    assert order_of(asked=asked)
    assert order_of(None, asked=asked)
    assert order_of(OLD, OLD, OLD, asked=asked)
    assert order_of("2020-01-01T08:00:00Z", OLD, asked=asked)


@pytest.mark.parametrize("asked", [Order.OLDEST, Order.NEWEST])
@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "2020-01-01T00:00:00", "2020-01-01", 5, "2020-13-01T00:00:00Z"]
)
def test_a_date_that_is_no_instant_shows_no_order(asked, date):
    assert not order_of(OLD, date, asked=asked)
    assert not order_of(date, date, asked=asked)


def test_instants_are_compared_and_not_their_clocks():
    before, after = "2024-11-03T01:45:00-07:00", "2024-11-03T01:15:00-08:00"
    assert order_of(before, after, asked=Order.OLDEST)
    assert not order_of(before, after, asked=Order.NEWEST)


def test_instants_at_the_ends_of_time_do_no_harm():
    assert order_of("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", asked=Order.OLDEST)
