"""Settings and addresses, each fault with its own sentence."""

import pytest

from cratesync.client.errors import SettingError
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import read_settings


@pytest.mark.parametrize(
    ("typed", "base", "socket"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ("https://Nas.Example/cratesync/", "https://nas.example/cratesync", "wss://nas.example/cratesync/ws"),
        ("https://nas.example:443", "https://nas.example", "wss://nas.example/ws"),
        (" http://[::1]:8000 ", "http://[::1]:8000", "ws://[::1]:8000/ws"),
    ],
)
def test_a_server_has_one_name_however_it_is_typed(typed, base, socket):
    server = parse_server_url(typed)

    assert (server.base, server.socket) == (base, socket)
    assert server.rest("/api/x") == f"{base}/api/x"


@pytest.mark.parametrize(
    "typed",
    [
        "nas:8000",
        "nas",
        "",
        "ftp://nas",
        "http://",
        "http://u:p@nas",
        "http://nas?x=1",
        "http://nas#x",
        "http://nas:x",
    ],
)
def test_what_is_no_server_is_refused(typed):
    with pytest.raises(SettingError):
        parse_server_url(typed)


@pytest.mark.parametrize(
    ("typed", "keeps"),
    [
        ("https://nas", True),
        ("http://127.0.0.1", True),
        ("http://127.0.0.5:1", True),
        ("http://localhost:8000", True),
        ("http://[::1]", True),
        ("http://nas:8000", False),
        ("http://192.168.1.2", False),
    ],
)
def test_only_tls_and_this_machine_keep_secrets(typed, keeps):
    assert parse_server_url(typed).keeps_secrets is keeps


def test_nothing_needs_to_be_set():
    settings = read_settings({})

    assert settings.discogs_url == "https://api.discogs.com"
    assert settings.local_address is None
    assert settings.max_in_flight == 12
    assert settings.account is None


def test_everything_can_be_set(tmp_path):
    settings = read_settings(
        {
            "CRATESYNC_DISCOGS_URL": "http://127.0.0.1:9/discogs/",
            "CRATESYNC_CLIENT_LOCAL_ADDRESS": "127.0.0.2",
            "CRATESYNC_CLIENT_MAX_IN_FLIGHT": "3",
            "CRATESYNC_CLIENT_DIR": str(tmp_path),
            "CRATESYNC_USERNAME": "ada",
            "CRATESYNC_PASSWORD": "canary-password",
            "CRATESYNC_CLIENT_TOKEN": "canary-token",
        }
    )

    assert settings.discogs_url == "http://127.0.0.1:9/discogs"
    assert settings.local_address == "127.0.0.2"
    assert settings.max_in_flight == 3
    assert settings.folder == tmp_path
    assert settings.account.password.reveal() == "canary-password"
    assert "canary" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRATESYNC_DISCOGS_URL", "api.discogs.com"),
        ("CRATESYNC_DISCOGS_URL", "https://api.discogs.com/?x=1"),
        ("CRATESYNC_CLIENT_LOCAL_ADDRESS", "eth0"),
        ("CRATESYNC_CLIENT_MAX_IN_FLIGHT", "0"),
        ("CRATESYNC_CLIENT_MAX_IN_FLIGHT", "many"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(SettingError, match=name):
        read_settings({name: value})
