"""What a person pastes to get in."""

import pytest

from cratesync.client.errors import SettingError
from cratesync.client.one_time_link import parse_one_time_link


@pytest.mark.parametrize(
    ("text", "server", "is_invitation"),
    [
        ("http://127.0.0.1:8000/#code=canary", "http://127.0.0.1:8000", False),
        (" https://nas.example/crates/#code=canary \n", "https://nas.example/crates", False),
        ("https://nas.example/#invitation=canary", "https://nas.example", True),
    ],
)
def test_it_names_the_server_and_holds_a_code(text, server, is_invitation):
    link = parse_one_time_link(text)

    assert (link.server.base, link.code.reveal()) == (server, "canary")
    assert link.is_invitation is is_invitation
    assert "canary" not in repr(link)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canary",
        "http://nas/",
        "http://nas/#canary",
        "http://nas/#code=",
        "ftp://nas/#code=canary",
        "http://[/#code=canary",
    ],
)
def test_anything_else_is_refused_without_repeating_it(text):
    with pytest.raises(SettingError) as told:
        parse_one_time_link(text)
    assert "canary" not in told.value.sentence
