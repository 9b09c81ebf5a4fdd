"""Whose pages may connect, by the two headers that tell."""

import pytest

from cratesync.server.origins import Origins

LISTED = "https://crates.example"


def allowed(origin, host="nas:8000", *, public_url=None, on_loopback=False) -> bool:
    return Origins(frozenset({LISTED}), public_url, on_loopback=on_loopback).allows(origin, host)


def test_a_program_that_is_no_page_names_no_origin():
    assert allowed(None)
    assert allowed(None, None)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://nas:8000", "nas:8000"),
        ("http://nas:8000", "NAS:8000"),
        ("https://nas", "nas"),
        ("https://nas", "nas:443"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_our_own_pages_may_connect(origin, host):
    assert allowed(origin, host)


def test_pages_of_a_listed_origin_may_connect_to_whatever_host():
    assert allowed(LISTED)
    assert allowed(LISTED, None)


@pytest.mark.parametrize(
    "origin",
    [
        "http://nas",
        "http://nas:8001",
        "https://evil.example",
        "http://nas:8000.evil.example",
        "http://crates.example",
    ],
)
def test_other_pages_may_not(origin):
    assert not allowed(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "nas:8000",
        "//nas:8000",
        "http://",
        "http://[",
        "http://nas:x",
        "http://nas:8000/",
        "http://nas:8000/page",
        "http://anna@nas:8000",
        "HTTP://nas:8000",
        "http://nas:8000\n",
        "http://nas:\t8000",
        "ftp://nas:8000",
        "http://nas:8000, http://nas:8000",
        "*",
    ],
)
def test_what_no_browser_says_is_refused(origin):
    assert not allowed(origin)


@pytest.mark.parametrize("host", [None, "", "[", "nas:x", "anna@nas:8000"])
def test_without_a_sound_host_no_page_is_our_own(host):
    assert not allowed("http://nas:8000", host)


@pytest.mark.parametrize(
    "public_url",
    ["https://home.example/cratesync", "https://Home.example:443", "https://home.example"],
)
class TestWithAPublicUrl:
    def test_its_pages_may_connect_whatever_host_the_proxy_names(self, public_url):
        assert allowed("https://home.example", "127.0.0.1:8000", public_url=public_url)

    def test_they_may_not_without_tls_even_by_the_same_name(self, public_url):
        assert not allowed("http://home.example", "home.example", public_url=public_url)

    def test_going_around_the_proxy_is_still_our_own(self, public_url):
        assert allowed("http://nas:8000", "nas:8000", public_url=public_url)
        assert allowed("http://home.example:8000", "home.example:8000", public_url=public_url)


class TestWhereThisMachineAloneReachesTheServer:
    """A stranger's name can be made to point at loopback, and then its page calls under that name."""

    @pytest.mark.parametrize(
        "name", ["evil.example", "nas", "192.0.2.1", "127.0.0.1.evil.example", "[2001:db8::1]"]
    )
    def test_a_page_under_another_name_is_not_our_own(self, name):
        assert not allowed(f"http://{name}:8000", f"{name}:8000", on_loopback=True)

    @pytest.mark.parametrize("name", ["127.0.0.1", "127.8.9.10", "[::1]", "localhost"])
    def test_a_page_of_loopback_is(self, name):
        assert allowed(f"http://{name}:8000", f"{name}:8000", on_loopback=True)
        assert not allowed(f"http://{name}:8000", "evil.example:8000", on_loopback=True)

    def test_listed_pages_and_programs_come_in_as_ever(self):
        assert allowed(LISTED, on_loopback=True)
        assert allowed(None, on_loopback=True)

    def test_the_public_url_is_our_own(self):
        public_url = "http://localhost:9000/crates"
        assert allowed("http://localhost:9000", "127.0.0.1:8000", public_url=public_url, on_loopback=True)
