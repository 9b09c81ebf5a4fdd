"""The routes of webhooks: what is shown, and what is refused with which code."""

from uuid import UUID, uuid4

import pytest
from msgspec import structs

from cratesync.server.store import webhooks
from cratesync.server.webhooks.announcements import EVENTS
from cratesync.server.webhooks.desk import WEBHOOKS_MAX
from integration.webhooks.conftest import somebody
from running_server import running_server

URL = "https://93.184.216.34/hook"
ADDRESS = "/api/webhooks"
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is refused before any database is asked."""


@pytest.fixture
def settings(settings):
    """As a server on defaults."""
    return structs.replace(settings, webhooks_to_private_networks=False)


@pytest.fixture
async def bob(server):
    return await somebody(server, "bob")


def code(answer) -> tuple[int, str]:
    assert answer.json()["message"].endswith(".")
    return answer.status_code, answer.json()["code"]


async def created(caller, **more):
    answer = await caller.post(ADDRESS, {"url": URL} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_new_webhook_wants_all_events_and_shows_its_secret_once(ada):
    webhook = await created(ada)
    secret = webhook.pop("secret")
    listed = await ada.get(ADDRESS)

    assert secret.startswith("whsec_")
    assert UUID(webhook.pop("id"))
    assert webhook == {
        "url": URL,
        "events": list(EVENTS),
        "enabled": True,
        "disabledAt": None,
        "disabledReason": None,
        "createdAt": "2030-01-01T00:00:00Z",
    }
    assert secret not in listed.text
    assert [each["url"] for each in listed.json()["items"]] == [URL]


async def test_a_secret_is_stored_sealed(server, ada):
    secret = (await created(ada))["secret"]
    async with server.server.database.read() as connection:
        (stored,) = await webhooks.every(connection)
    assert stored.sealed.startswith("v1.")
    assert secret.removeprefix("whsec_") not in stored.sealed
    assert URL not in repr(stored)
    assert stored.sealed not in repr(stored)


async def test_a_secret_that_is_sealed_anew_while_its_webhook_is_changed_stays_sealed_anew(server, ada):
    await created(ada)
    async with server.server.database.write() as connection:
        (before,) = await webhooks.every(connection)
        assert await webhooks.replace_secret(connection, before, "v1.new.sealed")
        await webhooks.save(connection, structs.replace(before, events=()))
        (after,) = await webhooks.every(connection)
    assert (after.sealed, after.events) == ("v1.new.sealed", ())


async def test_a_webhook_is_changed_disabled_and_enabled_again(ada):
    webhook = await created(ada, events=["sync.failed", "sync.completed"])
    address = f"{ADDRESS}/{webhook['id']}"
    assert webhook["events"] == ["sync.completed", "sync.failed"]

    changed = (await ada.patch(address, {"url": "https://1.1.1.1/", "events": ["mirror.changed"]})).json()
    assert (changed["url"], changed["events"]) == ("https://1.1.1.1/", ["mirror.changed"])
    disabled = (await ada.patch(address, {"enabled": False})).json()
    assert (disabled["enabled"], disabled["disabledReason"]) == (False, "owner")
    assert disabled["disabledAt"] == "2030-01-01T00:00:00Z"
    assert code(await ada.post(f"{address}/test")) == (409, "webhook_disabled")
    enabled = (await ada.patch(address, {"enabled": True})).json()
    assert enabled == changed


async def test_a_deleted_webhook_is_gone(ada):
    address = f"{ADDRESS}/{(await created(ada))['id']}"
    assert (await ada.delete(address)).status_code == 204
    assert code(await ada.delete(address)) == (404, "webhook_not_found")
    assert (await ada.get(ADDRESS)).json()["items"] == []


async def test_somebody_elses_webhook_is_not_to_be_found(ada, bob):
    webhook = await created(ada)
    address = f"{ADDRESS}/{webhook['id']}"
    answers = [
        await bob.patch(address, {"enabled": False}),
        await bob.delete(address),
        await bob.post(f"{address}/secret"),
        await bob.post(f"{address}/test"),
        await bob.get(f"{address}/deliveries"),
        await bob.post(f"{address}/deliveries/{uuid4()}/redeliver"),
    ]
    assert [code(answer) for answer in answers] == [(404, "webhook_not_found")] * 6
    assert (await bob.get(ADDRESS)).json()["items"] == []
    assert (await ada.get(ADDRESS)).json()["items"][0]["enabled"] is True


@ON_ONE_DATABASE
async def test_a_cursor_that_was_not_given_out_is_refused(ada):
    address = f"{ADDRESS}/{(await created(ada))['id']}/deliveries"
    assert code(await ada.get(f"{address}?cursor=nonsense")) == (400, "bad_cursor")


@ON_ONE_DATABASE
async def test_only_the_scope_account_may_see_or_change_webhooks(server, ada):
    other = await somebody(server, "carla", "read", "sync", "fetch")
    address = f"{ADDRESS}/{uuid4()}"
    answers = [
        await other.post(ADDRESS, {"url": URL}),
        await other.get(ADDRESS),
        await other.patch(address, {}),
        await other.delete(address),
        await other.post(f"{address}/secret"),
        await other.post(f"{address}/test"),
        await other.get(f"{address}/deliveries"),
        await other.post(f"{address}/deliveries/{uuid4()}/redeliver"),
    ]
    assert [code(answer) for answer in answers] == [(403, "scope_missing")] * 8


async def test_there_are_not_endlessly_many(ada):
    for _ in range(WEBHOOKS_MAX):
        await created(ada)
    assert code(await ada.post(ADDRESS, {"url": URL})) == (409, "too_many_webhooks")


@ON_ONE_DATABASE
@pytest.mark.parametrize("events", [[], ["sync.done"], ["sync.completed", "webhook.test"]])
async def test_events_that_there_are_not_are_refused(ada, events):
    answer = await ada.post(ADDRESS, {"url": URL, "events": events})
    assert code(answer) == (400, "unknown_event")
    assert answer.json()["field"] == "events"


BAD_URLS = [
    "",
    "nonsense",
    "/path",
    "//host/path",
    "https:///path",
    "ftp://receiver.example/",
    "file:///etc/passwd",
    "http://receiver.example/",
    "https://user@receiver.example/",
    "https://user:password@receiver.example/",
    "https://receiver.example/#fragment",
    "https://receiver.example:25/",
    "https://receiver.example:0/",
    "https://receiver.example:65536/",
    "https://re ceiver.example/",
    "https://%31%32%37.0.0.1/",
    "https://receiver..example/",
    "https://receiver.example\\@1.1.1.1/",
    "https://[fe80::1%25eth0]/",
    "https://receiver.example/\x00",
    f"https://{'x' * 64}.example/",
    f"https://receiver.example/{'x' * 2000}",
    "https://api.discogs.com/oauth/identity",
    "https://API.discogs.com:8443/",
    "https://deeper.api.discogs.com/",
]


@ON_ONE_DATABASE
async def test_addresses_that_no_webhook_has_are_refused(ada):
    for url in BAD_URLS:
        answer = await ada.post(ADDRESS, {"url": url})
        assert code(answer) == (400, "bad_webhook_url"), url
        assert answer.json()["field"] == "url"


PRIVATE_URLS = [
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fd00::1]/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://0x7f.1/",
    "https://2130706433/",
]


@ON_ONE_DATABASE
async def test_private_addresses_are_refused_however_they_are_written(ada):
    webhook = await created(ada)
    for url in PRIVATE_URLS:
        assert code(await ada.post(ADDRESS, {"url": url})) == (400, "private_address"), url
    changed = await ada.patch(f"{ADDRESS}/{webhook['id']}", {"url": PRIVATE_URLS[0]})
    assert code(changed) == (400, "private_address")


@ON_ONE_DATABASE
async def test_a_name_is_looked_up_when_it_is_registered(settings, clock):
    async def resolve(name, _port):
        if name == "inside.example":
            return ["93.184.216.34", "192.168.0.7"]
        if name == "outside.example":
            return ["93.184.216.34"]
        raise OSError

    async with running_server(settings, clock, resolve=resolve) as server:
        ada = await somebody(server, "ada")
        inside = await ada.post(ADDRESS, {"url": "https://inside.example/"})
        unknown = await ada.post(ADDRESS, {"url": "https://unknown.example/"})
        outside = await ada.post(ADDRESS, {"url": "https://OUTSIDE.example/ä?x=1"})

    assert code(inside) == (400, "private_address")
    assert code(unknown) == (400, "bad_webhook_url")
    assert outside.json()["url"] == "https://outside.example/%C3%A4?x=1"
