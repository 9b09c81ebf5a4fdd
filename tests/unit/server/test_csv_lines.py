"""No cell of a CSV is a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cratesync.server.exports.csv_lines import harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n",
        " =1",
        "\u00a0+1",
        "\ufeff=1",
        "\x00=1",
        "＝1",
        "－1",
        "- oto - 4",
    ],
)
def test_what_could_be_a_formula_has_an_apostrophe_before_it(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1", "a=1", "'=1", "Åsa", '7"', "(-1)", " a", "1-2"])
def test_other_text_is_left_alone(text):
    assert harmless(text) == text


@given(st.text())
def test_no_text_begins_with_a_sign_once_its_space_is_taken_off(text):
    assert not harmless(text).strip().startswith(("=", "+", "-", "@"))
