"""Whatever Discogs said, nothing private of it is told again."""

import pytest

from cratesync.client.discogs_check.redaction import Redaction

TOKEN = "canaryToken123"
REDACTION = Redaction(secrets=[TOKEN], username="Ada.L", numbers=[4711, 7])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"token={TOKEN}", "token=TOKEN"),
        (f"xx{TOKEN.upper()}yy", "xxTOKENyy"),
        ("Hello ada.l!", "Hello USER!"),
        ("/users/ADA.L/wants", "/users/USER/wants"),
        ("see https://api.discogs.com/users/ada.l?token=x now", "see URL now"),
        ("from 203.0.113.9, port 80", "from ADDRESS, port 80"),
        ("from [2001:db8::1]", "from [ADDRESS]"),
        ("from ::1", "from ADDRESS"),
        ("mail ada@example.com", "mail MAIL"),
        ("instance 4711 of 47110", "instance ID of 47110"),
        ("release 249504", "release NUMBER"),
        ("(code: d3ede955d3ede955d3ede955d3ede955)", "(code: CODE)"),
        ("two\nlines\x1b[31m", "two lines [31m"),
    ],
)
def test_it_is_left_out(said, told):
    assert REDACTION.scrub(said) == told


@pytest.mark.parametrize(
    "said",
    [
        "Page 99999 is outside of valid range [1, 48].",
        'See "detail" for validation errors.',
        "Content-Type, authorization, User-Agent, Private-Auth-Secret, Discogs-UID",
        "12:30:45",
        "ada.lovelace is somebody else",
        "7 of 7",
    ],
)
def test_what_is_nobodys_stays(said):
    assert REDACTION.scrub(said) == said


def test_an_escaped_user_name_is_left_out_too():
    redaction = Redaction(secrets=[], username="Zoë", numbers=[])

    assert redaction.scrub("/users/Zo%C3%AB/wants of zoë") == "/users/USER/wants of USER"


def test_without_a_user_name_the_rest_still_goes():
    assert Redaction(secrets=[TOKEN], username=None, numbers=[]).scrub(f"a {TOKEN}") == "a TOKEN"


def test_a_long_text_is_cut_after_it_was_searched():
    assert TOKEN[:5] not in REDACTION.scrub("x " * 195 + TOKEN * 10)


def test_it_does_not_show_itself():
    assert TOKEN not in repr(REDACTION) + str(REDACTION)
