"""Settings come from the environment, and every fault is told at once."""

import os
import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cratesync.server.app import Server
from cratesync.server.clock import SystemClock
from cratesync.server.faults import StartupError
from cratesync.server.secret_keys import SecretKeyFile, parse_secret_keys
from cratesync.server.setting_texts import OWN_PATHS
from cratesync.server.settings import Settings, fields
from cratesync.server.settings_reference import render

ROOT = Path(__file__).parents[3]
KEY = b64encode(b"k" * 32).decode()


def faults(**environ) -> tuple[str, ...]:
    with pytest.raises(StartupError) as caught:
        Settings.from_environment({f"CRATESYNC_{name}": value for name, value in environ.items()})
    return caught.value.faults


def settings(**environ) -> Settings:
    return Settings.from_environment({f"CRATESYNC_{name}": value for name, value in environ.items()})


def test_no_variable_needs_to_be_set():
    found = settings()

    assert (found.host, found.port) == ("127.0.0.1", 8000)
    assert found.database_url.drivername == "sqlite+inline"
    assert found.registration_is_open


def test_an_empty_variable_counts_as_not_set():
    assert settings(PORT="", DISCOGS_URL=" ").port == 8000


def test_the_database_lies_in_the_data_folder(tmp_path):
    assert settings(DATA_DIR=str(tmp_path)).database_url.database == str(tmp_path / "cratesync.sqlite3")


@pytest.mark.parametrize(
    ("given", "drivername", "query"),
    [
        ("sqlite:////tmp/x.sqlite3", "sqlite+inline", {}),
        ("postgresql://anna@host/crates", "postgresql+asyncpg", {}),
        ("postgres://anna@host/crates?sslmode=require", "postgresql+asyncpg", {"ssl": "require"}),
        ("postgresql://anna@/crates?host=/run/postgresql", "postgresql+asyncpg", {"host": "/run/postgresql"}),
    ],
)
def test_a_database_url_is_written_as_people_write_it(given, drivername, query):
    url = settings(DATABASE_URL=given).database_url

    assert (url.drivername, dict(url.query)) == (drivername, query)


def test_all_faults_are_told_together_one_sentence_each():
    told = faults(
        PORT="99999",
        DISCOGS_WINDOW_SECONDS="nan",
        KEEP_RESPONSE_BODIES="some",
        OPEN_REGISTRATION="perhaps",
        DATABASE_URL="mysql://anna@host/crates",
        DISCOGS_URL="ftp://host",
        ALLOWED_ORIGINS="https://host/path",
        LEASE_SECONDS="0",
        ATTEMPTS_MAX="1.5",
    )

    assert len(told) == 9
    assert all(fault.startswith("CRATESYNC_") and fault.endswith(".") for fault in told)
    assert "CRATESYNC_PORT must be a whole number from 0 to 65,535, not '99999'." in told


def test_settings_that_contradict_each_other_are_a_fault():
    assert "DISCOGS_RESERVE" in faults(DISCOGS_LIMIT="2")[0]
    assert "needs PostgreSQL" in faults(DATABASE_SCHEMA="crates")[0]


@pytest.mark.parametrize("schema", ["Crates", "a b", 'a"b', "pg_catalog", "1a", "x" * 64])
def test_a_schema_needs_a_plain_name(schema):
    assert "DATABASE_SCHEMA" in faults(DATABASE_SCHEMA=schema, DATABASE_URL="postgresql://host/crates")[0]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://host", "nonsense"])
def test_a_database_must_be_named(url):
    assert "DATABASE_URL" in faults(DATABASE_URL=url)[0]


def test_registration_is_open_on_loopback_only_unless_said():
    assert settings(HOST="::1").registration_is_open
    assert settings(HOST="localhost").registration_is_open
    assert not settings(HOST="0.0.0.0").registration_is_open
    assert settings(HOST="0.0.0.0", OPEN_REGISTRATION="yes").registration_is_open
    assert not settings(OPEN_REGISTRATION="no").registration_is_open


class TestBehindAProxy:
    @pytest.mark.parametrize(
        ("given", "path"),
        [
            ("https://home.example", ""),
            ("https://home.example/", ""),
            ("https://home.example/cratesync/", "/cratesync"),
            ("https://home.example:8443/my/crates", "/my/crates"),
            ("http://[::1]:8000/a.b", "/a.b"),
        ],
    )
    def test_a_public_url_may_end_in_a_path(self, given, path):
        found = settings(PUBLIC_URL=given)
        assert (found.public_url, found.public_path) == (given.rstrip("/"), path)

    def test_without_one_links_begin_at_the_root(self):
        assert settings().public_path == ""

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ("home.example", "http or https URL"),
            ("ftp://home.example", "http or https URL"),
            ("https://anna@home.example", "without user"),
            ("https://home.example?x=1", "without user"),
            ("https://*.example", "must name one host"),
            ("https://bücher.example", "in ASCII"),
            ("https://home.example/a//b", "must have a path"),
            ("https://home.example/a/../b", "must have a path"),
            ("https://home.example/a%20b", "must have a path"),
            ('https://home.example/a"b', "must have a path"),
            ("https://home.example/api", "one of the server's own"),
            ("https://home.example/ws/crates", "one of the server's own"),
        ],
    )
    def test_a_public_url_that_cannot_be_is_refused(self, given, why):
        (told,) = faults(PUBLIC_URL=given)
        assert told.startswith("CRATESYNC_PUBLIC_URL must")
        assert why in told

    def test_every_address_of_the_server_begins_in_a_way_that_no_public_path_may(self, tmp_path):
        server = Server(settings(DATA_DIR=str(tmp_path)), SystemClock(), parse_secret_keys(f"k:{KEY}"))
        first = {route.path.split("/")[1] for route in server.app.routes}
        assert first - {""} == OWN_PATHS

    def test_proxies_are_addresses_and_networks(self):
        found = settings(TRUSTED_PROXIES="127.0.0.1, ::1,172.18.0.0/16 , 2001:db8::/32")
        assert found.trusted_proxies == ("127.0.0.1", "::1", "172.18.0.0/16", "2001:db8::/32")
        assert settings().trusted_proxies == ()

    @pytest.mark.parametrize(
        "given", ["*", "nginx", "127.0.0.1:8000", "192.0.2.5/24", "0.0.0.0/0", "::/0", "unix:"]
    )
    def test_proxies_are_nothing_else(self, given):
        (told,) = faults(TRUSTED_PROXIES=f"127.0.0.1,{given}")
        assert told.startswith("CRATESYNC_TRUSTED_PROXIES must")
        assert told.endswith(".")

    def test_origins_are_kept_as_browsers_write_them(self):
        found = settings(ALLOWED_ORIGINS="https://Crates.example:443/, http://localhost:5173")
        assert found.allowed_origins == ("https://crates.example", "http://localhost:5173")

    @pytest.mark.parametrize(
        "given", ["*", "https://*.example", "crates.example", "null", "https://host/path"]
    )
    def test_what_is_no_origin_is_refused(self, given):
        assert faults(ALLOWED_ORIGINS=given)[0].startswith("CRATESYNC_ALLOWED_ORIGINS must")


def test_registration_is_closed_behind_a_public_address_unless_said():
    assert not settings(PUBLIC_URL="https://nas.example").registration_is_open
    assert settings(PUBLIC_URL="http://localhost:9000").registration_is_open
    assert settings(PUBLIC_URL="https://nas.example", OPEN_REGISTRATION="yes").registration_is_open


def test_neither_repr_nor_a_fault_shows_a_secret():
    shown = repr(settings(SECRET_KEYS=f"k1:{KEY}", DATABASE_URL="postgresql://anna:geheim@host/crates"))
    told = faults(
        SECRET_KEYS="k1:Z2VoZWlt",
        DATABASE_URL="mysql://anna:geheim@host/crates",
        DISCOGS_URL="http://a:geheim@b",
    )

    assert KEY not in shown
    assert "geheim" not in shown
    assert "kkkk" not in shown
    assert "geheim" not in " ".join(told)
    assert "Z2VoZWlt" not in " ".join(told)


def test_every_setting_is_in_the_reference():
    assert (ROOT / "docs/reference/settings.md").read_text() == render(), (
        "run: python -m cratesync.server.settings_reference > docs/reference/settings.md"
    )
    assert all(field.description.endswith(".") or "`" in field.description for field in fields())


class TestSecretKeys:
    def test_the_first_key_is_the_current_one(self):
        keys = parse_secret_keys(f"new:{KEY}, old:{KEY}")

        assert (keys.current.id, [key.id for key in keys.older]) == ("new", ["old"])

    @pytest.mark.parametrize(
        "text", ["", "k1", f":{KEY}", "k1:short", "k1:c2hvcnQ=", f"a.b:{KEY}", f"a:{KEY},a:{KEY}"]
    )
    def test_what_is_no_key_is_refused(self, text):
        with pytest.raises(ValueError, match=r"must|names|holds"):
            parse_secret_keys(text)

    def test_the_file_is_made_once_and_for_its_owner_alone(self, tmp_path):
        file = SecretKeyFile(tmp_path / "data")
        first = file.read_or_create()

        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert file.read_or_create() == first
        assert [entry.name for entry in file.path.parent.iterdir()] == ["secret.keys"]

    def test_of_many_first_starts_at_once_one_wins(self, tmp_path):
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: SecretKeyFile(tmp_path).read_or_create(), range(16)))

        assert len({keys.current.material for keys in found}) == 1

    def test_a_new_key_is_put_in_front(self, tmp_path):
        file = SecretKeyFile(tmp_path)
        first = file.read_or_create()
        second = file.add_current()

        assert second.older == first.all
        assert file.read_or_create() == second
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600

    @pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
    def test_a_file_that_others_can_read_is_refused(self, tmp_path):
        file = SecretKeyFile(tmp_path)
        file.read_or_create()
        file.path.chmod(0o640)

        with pytest.raises(StartupError, match="chmod 600"):
            file.read_or_create()

    def test_a_broken_file_is_told_without_its_content(self, tmp_path):
        file = SecretKeyFile(tmp_path)
        file.path.write_text("k1:geheim")
        file.path.chmod(0o600)

        with pytest.raises(StartupError) as caught:
            file.read_or_create()
        assert "geheim" not in str(caught.value)


POSTGRES = "postgresql://anna@host/crates"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("redis://host", "redis://host"),
        ("rediss://:geheim@host:6380/3", "rediss://:geheim@host:6380/3"),
        ("valkey://anna:geheim@host/0", "redis://anna:geheim@host/0"),
    ],
)
def test_a_bell_is_named_by_its_url_and_its_password_is_not_shown(given, url):
    found = settings(DATABASE_URL=POSTGRES, BELL_URL=given)

    assert found.bell_url.reveal() == url
    assert "geheim" not in repr(found)


@pytest.mark.parametrize(
    "given",
    ["host", "http://host", "redis://", "redis://host/name", "redis://host?db=1", "redis://geheim@:1x"],
)
def test_what_is_no_bell_is_refused_without_being_repeated(given):
    [fault] = faults(DATABASE_URL=POSTGRES, BELL_URL=given)

    assert fault.startswith("CRATESYNC_BELL_URL must be a redis://")
    assert "geheim" not in fault


def test_several_workers_and_a_bell_need_postgresql():
    assert settings(DATABASE_URL=POSTGRES, WORKERS="4").workers == 4
    assert [fault.partition(" ")[0] for fault in faults(WORKERS="2", BELL_URL="redis://host")] == [
        "CRATESYNC_WORKERS",
        "CRATESYNC_BELL_URL",
    ]
