"""Which pages may call."""

import pytest

from cratesync.server.origins import Origins

LISTED = frozenset({"https://crates.example"})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://nas:8000", True),
        ("https://crates.example", True),
        ("https://public.example:8443", True),
        ("http://public.example:8443", False),
        ("https://public.example", False),
        ("https://public.example:8443.evil.example", False),
        ("http://nas", False),
        ("http://nas:8001", False),
        ("https://evil.example", False),
        ("https://crates.example.evil.example", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_our_own_pages_and_listed_ones_may_call(origin, allowed):
    origins = Origins(LISTED, "https://public.example:8443/crates", on_loopback=False)
    assert origins.allows(origin, "nas:8000") is allowed


@pytest.mark.parametrize("host", [None, ""])
@pytest.mark.parametrize("origin", ["null", "", "https://evil.example"])
def test_a_call_that_names_no_host_makes_no_page_our_own(origin, host):
    assert not Origins(frozenset(), None, on_loopback=False).allows(origin, host)
