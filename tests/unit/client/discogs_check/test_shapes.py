"""A shape is made of keys and kinds, and tells no value."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cratesync.client.discogs_check.shapes import ODD_KEY, PLACES_MAX, shape_of, unlike

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_each_place_counts_its_kinds():
    shape = shape_of({"items": [{"id": 1, "year": None}, {"id": 2, "year": 1997}, {"id": "3"}]})

    assert shape.kinds("items[]") == {"object": 3}
    assert shape.kinds("items[].id") == {"integer": 2, "string": 1}
    assert shape.kinds("items[].year") == {"null": 1, "integer": 1}
    assert shape.count("items[].title") == 0


def test_missing_odd_and_unknown_keys_are_told_apart():
    shape = shape_of({"items": [{"id": 1, "tags": ["a"], "more": 1}, {"tags": [5]}]})

    found = unlike(
        shape, "items[].", {"id": "integer", "tags": "list", "tags[]": "string", "text": "?string"}
    )

    assert found.missing == ("id",)
    assert found.odd == ("tags[] (integer)",)
    assert found.unknown == ("more",)


def test_a_key_in_every_object_of_a_nested_list_is_not_missing():
    shape = shape_of({"items": [{"notes": [{"id": 1}, {"id": 2}]}, {}]})

    expected = {"notes": "?list", "notes[]": "object", "notes[].id": "integer"}
    assert unlike(shape, "items[].", expected).missing == ()


def test_a_key_that_may_be_somebodys_text_is_not_told():
    assert ODD_KEY in shape_of({"Thriller, by Ada": 1}).places


def test_a_body_with_endless_keys_is_bounded():
    assert len(shape_of({f"key{number}": number for number in range(10_000)}).places) == PLACES_MAX


@settings(deadline=None)
@given(JSON)
def test_any_json_has_a_shape(value):
    assert shape_of(value).count("") == 1
