"""What the app sees of a request: the client behind proxies, whether the way is private, and the path."""

import pytest
from structlog.testing import capture_logs

from cratesync.server.front import WARNED_OF_MAX, Front, is_private

PROXY, CLIENT, LAN = "192.0.2.10", "203.0.113.7", "192.0.2.2"


async def seen(
    *headers: tuple[str, str],
    peer: str = PROXY,
    trusted: tuple[str, ...] = (PROXY,),
    local: str = LAN,
    kind: str = "websocket",
    path: str = "/ws",
    public_path: str = "",
) -> dict:
    """The scope of a request as the app gets it."""
    found = []

    async def app(scope, _receive, _send):
        found.append(scope)

    scope = {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "client": (peer, 50_000),
        "server": (local, 8000),
        "path": path,
        "raw_path": path.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "state": {},
    }
    await Front(app, trusted=trusted, public_path=public_path)(scope, None, None)
    (scope,) = found
    return scope


async def client_behind(*chain: str, trusted: tuple[str, ...] = (PROXY,), peer: str = PROXY) -> str:
    headers = [("X-Forwarded-For", each) for each in chain]
    return (await seen(*headers, trusted=trusted, peer=peer))["client"][0]


class TestTheClient:
    @pytest.mark.parametrize(
        ("chain", "client"),
        [
            ([CLIENT], CLIENT),
            ([f"198.51.100.1, {CLIENT}"], CLIENT),
            (["198.51.100.1", CLIENT], CLIENT),
            ([f"198.51.100.1, {CLIENT}, {PROXY}"], CLIENT),
            ([f"{CLIENT}:4711"], CLIENT),
            (["[2001:db8::7]:4711"], "2001:db8::7"),
        ],
    )
    async def test_is_the_right_most_that_is_not_trusted(self, chain, client):
        assert await client_behind(*chain) == client

    async def test_of_a_trusted_network_is_a_proxy_too(self):
        chain = f"198.51.100.1, {CLIENT}, 10.1.2.3"
        assert await client_behind(chain, trusted=(PROXY, "10.0.0.0/8")) == CLIENT
        assert await client_behind(chain) == "10.1.2.3"

    @pytest.mark.parametrize("trusted", [(), ("198.51.100.1",), ("192.0.2.0/29",)])
    async def test_is_the_peer_where_that_is_not_trusted(self, trusted):
        assert await client_behind(CLIENT, trusted=trusted) == PROXY

    async def test_is_the_peer_where_nobody_is_named(self):
        assert (await seen())["client"] == (PROXY, 50_000)
        assert await client_behind("") == PROXY


PROTO = "X-Forwarded-Proto"
FOR = "X-Forwarded-For"


class TestAWayIsPrivate:
    @pytest.mark.parametrize("scheme", ["https", "wss"])
    async def test_over_tls_as_a_trusted_proxy_says(self, scheme):
        scope = await seen((FOR, CLIENT), (PROTO, scheme))
        assert scope["scheme"] == "wss"
        assert is_private(scope)

    @pytest.mark.parametrize("loopback", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
    async def test_on_this_machine(self, loopback):
        assert is_private(await seen(peer=loopback))
        assert is_private(
            await seen((FOR, loopback), (PROTO, "http"), peer="127.0.0.1", trusted=("127.0.0.1",))
        )

    async def test_from_this_machine_to_its_own_address_in_a_network(self):
        assert is_private(await seen(peer=LAN, local=LAN, trusted=()))
        assert not is_private(await seen(peer="192.0.2.3", local=LAN, trusted=()))


class TestAWayIsNotPrivate:
    @pytest.mark.parametrize("lie", ["https, http", "HTTPS!", "", "tls"])
    async def test_by_a_scheme_that_is_none(self, lie):
        assert not is_private(await seen((FOR, CLIENT), (PROTO, lie)))

    async def test_without_tls_from_elsewhere(self):
        assert not is_private(await seen(peer=CLIENT))
        assert not is_private(await seen((FOR, CLIENT), (PROTO, "http")))

    @pytest.mark.parametrize("peer", ["127.0.0.1", "::1", LAN, CLIENT])
    @pytest.mark.parametrize(
        "header",
        [
            (FOR, "127.0.0.1"),
            (PROTO, "https"),
            ("Forwarded", "for=127.0.0.1;proto=https"),
            ("X-Real-IP", "127.0.0.1"),
            ("X-Forwarded-Host", "home.example"),
            ("Via", "1.1 proxy"),
        ],
        ids=lambda header: header[0],
    )
    async def test_through_a_proxy_that_is_not_trusted(self, peer, header):
        assert not is_private(await seen(header, peer=peer, local=LAN))

    @pytest.mark.parametrize(
        "headers", [[(PROTO, "http")], [("Forwarded", "for=127.0.0.1")], [("Via", "1.1 proxy"), (FOR, "")]]
    )
    async def test_through_a_trusted_proxy_on_this_machine_that_does_not_say_for_whom(self, headers):
        assert not is_private(await seen(*headers, peer="127.0.0.1", trusted=("127.0.0.1",)))

    async def test_from_the_loopback_of_a_proxy_on_another_machine(self):
        assert not is_private(await seen((FOR, "127.0.0.1"), (PROTO, "http")))

    async def test_to_this_machines_own_address_by_a_proxys_word(self):
        assert not is_private(await seen((FOR, LAN), local=LAN))


async def warnings(*peers: str) -> list[dict]:
    """What the log says of requests with a proxy's headers from these addresses."""

    async def app(*_: object) -> None:
        pass

    front = Front(app, trusted=(PROXY,), public_path="")
    with capture_logs() as lines:
        for peer in peers:
            scope = {"type": "http", "scheme": "http", "client": (peer, 1), "server": (LAN, 80), "state": {}}
            await front(scope | {"path": "/", "headers": [(b"x-forwarded-for", b"::1")]}, None, None)
    return lines


class TestTheWarning:
    async def test_names_the_setting_once_for_each_address(self):
        lines = await warnings(PROXY, CLIENT, "127.0.0.1", "127.0.0.1", CLIENT)

        assert [(line["event"], line["address"]) for line in lines] == [
            ("proxy_not_trusted", CLIENT),
            ("proxy_not_trusted", "127.0.0.1"),
        ]
        assert "If this is your own proxy, name it in CRATESYNC_TRUSTED_PROXIES" in lines[0]["hint"]

    async def test_is_not_given_endlessly(self):
        lines = await warnings(*(f"198.51.100.{number}" for number in range(WARNED_OF_MAX + 10)))
        assert len(lines) == WARNED_OF_MAX

    async def test_is_not_given_where_no_proxy_is(self):
        with capture_logs() as lines:
            await seen(peer=CLIENT)
        assert lines == []


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("path", "public_path", "expected"),
    [
        ("/cratesync/ws", "/cratesync", "/ws"),
        ("/cratesync/", "/cratesync", "/"),
        ("/cratesync", "/cratesync", "/"),
        ("/ws", "/cratesync", "/ws"),
        ("/cratesyncing/ws", "/cratesync", "/cratesyncing/ws"),
        ("/api/cratesync/ws", "/cratesync", "/api/cratesync/ws"),
        ("/cratesync/cratesync/ws", "/cratesync", "/cratesync/ws"),
        ("/my/crates/ws", "/my/crates", "/ws"),
        ("/my/ws", "/my/crates", "/my/ws"),
        ("/cratesync/ws", "", "/cratesync/ws"),
    ],
)
async def test_the_public_path_is_taken_off_where_the_proxy_left_it(kind, path, public_path, expected):
    scope = await seen(kind=kind, path=path, public_path=public_path)
    assert (scope["path"], scope["raw_path"]) == (expected, expected.encode())
