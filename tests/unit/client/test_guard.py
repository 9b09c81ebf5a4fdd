"""The guard lets a signed, fresh GET on the list through, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cratesync.client.guard import Guard
from unit.client.signed import HEADERS, IDENTITY_URL, TOKEN, Signer

SIGNER = Signer("key-1")
SESSION = SIGNER.session(heard_at=1000.0)
GUARD = Guard()


def code(request, *, session=SESSION, monotonic=1001.0, guard=GUARD):
    refusal = guard.refusal(request, session, monotonic)
    return refusal and refusal.code


def test_a_signed_request_on_the_list_is_let_through():
    assert code(SIGNER.request()) is None


def test_a_request_without_authorization_is_let_through():
    assert code(SIGNER.request(headers={"Accept": "application/json"})) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "get", ""])
def test_only_get_is_let_through_however_well_it_is_signed(method):
    assert code(SIGNER.request(method=method)) == "refused_method"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.discogs.com/oauth/identity",
        "https://api.discogs.com.evil.example/oauth/identity",
        "https://user@api.discogs.com/oauth/identity",
        "https://api.discogs.com:444/oauth/identity",
        "https://api.discogs.com/oauth/access_token",
        "https://api.discogs.com/users/a/../b/wants",
        "https://api.discogs.com/users/%2e%2e/wants",
        "https://api.discogs.com/users/me/wants?token=1",
        "https://api.discogs.com/users/me/wants#x",
        "https://api.discogs.com//oauth/identity",
        "file:///etc/passwd",
        "",
    ],
)
def test_an_address_off_the_list_is_refused_however_well_it_is_signed(url):
    assert code(SIGNER.request(url=url)) == "refused_url"


def test_the_base_url_is_the_clients_own_setting():
    guard = Guard(base_url="http://127.0.0.1:9000/discogs")

    assert code(SIGNER.request(url="http://127.0.0.1:9000/discogs/oauth/identity"), guard=guard) is None
    assert code(SIGNER.request(), guard=guard) == "refused_url"


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "a=b"},
        {"Host": "evil.example"},
        {"X-Forwarded-For": "1.2.3.4"},
        {"Authorization": "Bearer something"},
        {"Authorization": "Discogs token="},
        {"Authorization": "Discogs token=a b"},
        {"Authorization": "Discogs key=a, secret=b"},
        {"Authorization": "Discogs token=a\r\nX-Evil: 1"},
        {"Accept": "é"},
        {"Accept": "a\x00b"},
        {"User-Agent": "x" * 1001},
    ],
)
def test_other_headers_and_other_forms_are_refused(headers):
    assert code(SIGNER.request(headers=headers)) == "refused_header"


@pytest.mark.parametrize("sign", ["\n", "\r"])
def test_a_line_break_in_a_header_is_refused(sign):
    request = replace(SIGNER.request(), headers={"Accept": f"a{sign}b"})

    assert code(request) == "refused_header"


def test_a_header_that_comes_twice_is_refused():
    twice = {"Authorization": "Discogs token=a", "authorization": "Discogs token=b"}

    assert code(replace(SIGNER.request(), headers=twice)) == "refused_header"


def test_a_key_that_is_not_pinned_is_refused():
    assert code(Signer("key-2").request()) == "refused_signature"
    assert code(Signer("key-1").request()) == "refused_signature"


def test_a_request_of_another_connection_or_user_is_refused():
    assert code(SIGNER.request(connection_id="connection-2")) == "refused_signature"
    assert code(SIGNER.request(user_id="user-2")) == "refused_signature"


def test_expiry_is_judged_by_the_servers_time_and_our_monotonic_clock():
    request = SIGNER.request()  # good for 25 seconds from the server's time at sign-in

    assert code(request, monotonic=1025.0) is None
    assert code(request, monotonic=1025.1) == "refused_expired"


@pytest.mark.parametrize("expires_at", ["soon", "2026-11-22T08:00:20", "9" * 50])
def test_an_unreadable_expiry_is_refused(expires_at):
    assert code(SIGNER.request(expires_at=expires_at)) == "refused_expired"


changes = st.sampled_from(["request_id", "url", "method", "expires_at", "signature", "key_id"])


@given(field=changes, place=st.integers(min_value=0), sign=st.characters(codec="utf-8"))
def test_any_change_of_a_part_of_a_signed_request_is_refused(field, place, sign):
    request = SIGNER.request()
    before = getattr(request, field)
    at = place % (len(before) + 1)
    for after in (before[:at] + sign + before[at:], before[:at] + sign + before[at + 1 :], before[:at]):
        if after != before:
            assert code(replace(request, **{field: after})) is not None


@given(name=st.sampled_from(["User-Agent", "Accept"]), value=st.text())
def test_any_change_of_a_signed_header_is_refused(name, value):
    request = SIGNER.request()
    if value != request.headers[name]:
        assert code(replace(request, headers=request.headers | {name: value})) is not None


@given(without=st.sampled_from(["User-Agent", "Accept"]))
def test_a_signed_header_that_was_taken_out_is_refused(without):
    request = SIGNER.request()
    left = {name: value for name, value in request.headers.items() if name != without}

    assert code(replace(request, headers=left)) == "refused_signature"


@given(
    st.text(), st.text(), st.text(), st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=4)
)
def test_nothing_makes_the_guard_fail(method, url, expires_at, headers):
    request = replace(SIGNER.request(), method=method, url=url, expires_at=expires_at, headers=headers)

    assert code(request) is not None


def test_no_refusal_repeats_the_token_or_the_address():
    requests = [
        SIGNER.request(method="PUT"),
        SIGNER.request(url=IDENTITY_URL + "/secret"),
        SIGNER.request(headers=HEADERS | {"Cookie": TOKEN}),
        SIGNER.request(user_id="user-2"),
        SIGNER.request(expires_at="2020-01-01T00:00:00Z"),
    ]
    refusals = [GUARD.refusal(request, SESSION, 1001.0) for request in requests]

    assert len({refusal.code for refusal in refusals}) == 5
    assert not any(TOKEN in refusal.error or "discogs.com" in refusal.error for refusal in refusals)
