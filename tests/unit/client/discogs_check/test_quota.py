"""What a row of answers says of the quota, and when it says nothing."""

import pytest

from cratesync.client.discogs_check.quota import Rate, Reading, rate_of, steps


def row(text):
    """`0 1 2p 3`: p marks a preflight, ? an answer without the number."""
    return [
        Reading(None if word[0] == "?" else int(word.rstrip("p")), preflight=word.endswith("p"))
        for word in text.split()
    ]


@pytest.mark.parametrize(
    ("used", "verdict"),
    [
        ("0 1 2 3p 4 5p 6 7 8", "counts"),
        ("0 1 2 3p 3 4p 4 5 6", "free"),
        ("7 8 9 ?p 11 ?p 13 14", "counts"),
        ("0 1 2 3p 4 4p 5 6", "unclear"),
        ("0 1 1 3p 4 5p 6 7", "unclear"),
        ("0 1 2 3p 2 3p 4 5", "unclear"),
        ("0 1 2 3", "not_seen"),
        ("0 1 2p 3", "not_seen"),
        ("? ? ?p ?", "not_seen"),
        ("", "not_seen"),
    ],
)
def test_a_preflight_is_judged_by_a_clean_row_only(used, verdict):
    assert steps(row(used)).verdict == verdict


def test_steps_with_and_without_a_preflight_are_told_apart():
    found = steps(row("0 1 2p 3 4p 5p 6 9"))

    assert found.plain == (1, 3)
    assert found.over_preflight == (2,)


def test_an_answer_without_the_number_ends_a_row():
    assert steps(row("0 1 ? 5 6")).plain == (1, 1)


def test_both_spellings_of_the_limit_are_read():
    assert rate_of({"x-discogs-ratelimit": "60", "x-discogs-ratelimit-used": " 1 "}) == Rate(60, 1, None)
    assert rate_of({"x-discogs-ratelimit-limit": "25"}).limit == 25


@pytest.mark.parametrize("value", ["", "-1", "many", "6e1", "٣", "1" * 40])
def test_what_is_no_number_is_none(value):
    assert rate_of({"x-discogs-ratelimit-remaining": value}) == Rate()
