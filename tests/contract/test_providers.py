"""What every provider keeps to, whatever its API is like: server and clients rely on it."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cratesync.client.answers import answered
from cratesync.client.guard import Guard
from cratesync.engine.outcomes import Outcome, PageRead
from cratesync.engine.provider import Answer, Provider
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side
from cratesync.providers.discogs.allow_list import UPSTREAM as DISCOGS
from cratesync.providers.discogs.provider import DiscogsProvider
from cratesync.server.redaction import kept_headers
from second_provider.allow_list import UPSTREAM as SHELFSIDE
from second_provider.provider import ShelfsideProvider
from unit.client.signed import Signer

QUOTAS = {
    "Discogs": {"X-Discogs-Ratelimit": "60", "X-Discogs-Ratelimit-Remaining": "7"},
    "Shelfside": {"X-Quota-Limit": "25", "X-Quota-Left": "7"},
}
EVERY = [(DiscogsProvider(), DISCOGS), (ShelfsideProvider(), SHELFSIDE)]
SIGNER = Signer("key-1")
SESSION = SIGNER.session(heard_at=1000.0)

every_provider = pytest.mark.parametrize(
    ("provider", "upstream"), EVERY, ids=[provider.profile.name for provider, _ in EVERY]
)


def tasks_of(provider: Provider):
    """(kind, task) of all that the engine may ask of it."""
    profile = provider.profile
    for kind in ("collection", "wantlist"):
        yield kind, Identity()
        yield kind, Page(1, 1, Order.OLDEST)
        yield kind, Page(2, 1, Order.UNSORTED, "abc" if profile.by_cursor else None)
        yield from ((kind, Side(name)) for name in profile.sides.get(kind, ()))
        if not profile.by_cursor:
            yield kind, Page(1, 0, Order.NEWEST)
        if kind in profile.lookups:
            yield kind, Lookup(4711)
        if profile.details:
            yield kind, Release(4711)


@every_provider
def test_every_call_is_on_its_list_and_passes_the_guard_of_its_clients(provider, upstream):
    guard = Guard(upstream.base_url, upstream.allow_list, upstream.authorization)
    name, credential = provider.authorize("canary-token-123")
    for kind, task in tasks_of(provider):
        call = provider.build(kind, task, "ada")
        request = SIGNER.request(url=call.url, headers={name: credential, **call.headers})

        assert provider.permits("GET", call.url)
        assert not any(provider.permits(method, call.url) for method in ("POST", "PUT", "DELETE"))
        assert guard.refusal(request, SESSION, 1001.0) is None
        assert "canary" not in str(call)


@every_provider
def test_the_guard_of_one_provider_s_clients_refuses_the_calls_and_the_tokens_of_all_others(
    provider, upstream
):
    guard = Guard(upstream.base_url, upstream.allow_list, upstream.authorization)
    for other, _ in EVERY:
        if other is provider:
            continue
        for kind, task in tasks_of(other):
            foreign = other.build(kind, task, "ada")
            call = SIGNER.request(url=foreign.url, headers=foreign.headers)
            assert guard.refusal(call, SESSION, 1001.0).code == "refused_url"

        own = provider.build("collection", Identity(), None)
        name, credential = other.authorize("canary-token-123")
        call = SIGNER.request(url=own.url, headers={name: credential, **own.headers})
        assert guard.refusal(call, SESSION, 1001.0).code == "refused_header"


@every_provider
@pytest.mark.parametrize("account", ["..", ".", "a/b", "a\\b", "a?x=1", "a#b", "", "\r\n"])
def test_an_account_that_would_lead_off_its_list_makes_no_call_off_it(provider, upstream, account):
    for kind, task in tasks_of(provider):
        try:
            call = provider.build(kind, task, account)
        except ValueError:
            continue
        assert provider.permits("GET", call.url)


@every_provider
def test_its_clients_pass_on_what_its_headers_say_of_the_quota_and_the_server_keeps_it(provider, upstream):
    sent = [*QUOTAS[provider.profile.name].items(), ("Set-Cookie", "a=b")]
    passed_on = answered("req-1", 200, sent, b"{}", upstream.rate_header).headers

    assert provider.rate_limit(passed_on).remaining == 7
    assert kept_headers(passed_on, provider.profile.kept_headers, None) == passed_on
    assert len(passed_on) == 2


@every_provider
@settings(max_examples=150, deadline=None)
@given(
    status=st.integers(-1, 1000) | st.sampled_from([0, 200, 401, 403, 404, 410, 429, 500]),
    body=st.binary()
    | st.sampled_from([b"{}", b"[]", b"null", b'{"next":1}', b'{"keeper":"ada","entries":[{}]}']),
    error=st.none() | st.text() | st.sampled_from(["network", "timeout: x", "refused_url: x", "oversize"]),
    which=st.integers(0),
)
def test_whatever_a_client_sends_becomes_an_outcome(provider, upstream, status, body, error, which):
    tasks = list(tasks_of(provider))
    kind, task = tasks[which % len(tasks)]
    outcome = provider.read(kind, task, "ada", Answer(status, {}, body, error))

    assert isinstance(outcome, get_args(Outcome))
    assert not isinstance(outcome, PageRead)


@every_provider
def test_the_words_of_clients_mean_the_same_everywhere(provider, upstream):
    def read(error):
        return type(provider.read("collection", Identity(), None, Answer(0, {}, b"", error))).__name__

    assert [read(error) for error in ("network: x", "timeout: x", "oversize: x", "refused_url: x")] == [
        "Throttled",
        "Transient",
        "Refused",
        "Refused",
    ]
