"""What every address has in common: errors, bodies, headers, the description and its page."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import msgspec
import pytest
from litestar import get, post
from litestar.params import FromQuery, JSONBody
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs

from cratesync.server.api.openapi_3_0 import to_3_0
from cratesync.server.app import Server
from cratesync.server.bodies import Body
from cratesync.server.clock import SystemClock
from cratesync.server.guards import PUBLIC
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.settings import Settings
from cratesync.server.store.address import default_database_url
from running_server import QUICK_HASHER, running_server


class Album(Body, frozen=True, kw_only=True):
    title: str
    full_sync: bool = False
    tracks: tuple["Track", ...] = ()


class Track(Body, frozen=True, kw_only=True):
    seconds: int


@post("/test/albums", status_code=200, security=PUBLIC)
async def echo(data: JSONBody[Album]) -> Album:
    return data


@get("/test/broken", security=PUBLIC)
async def broken() -> None:
    raise LookupError("canary")


@get("/test/number", security=PUBLIC)
async def number(limit: FromQuery[int]) -> int:
    return limit


@pytest.fixture
async def http(tmp_path):
    settings = Settings(data_dir=tmp_path, database_url=default_database_url(tmp_path))
    server = Server(settings, SystemClock(), SecretKeys(new_key()), hasher=QUICK_HASHER)
    for handler in (echo, broken, number):
        server.app.register(handler)
    async with AsyncTestClient(server.app, raise_server_exceptions=False) as client:
        yield client
    await server.stop()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "bad_json", None)),
        (b"{", (400, "bad_json", None)),
        (b"\xff\xfe", (400, "bad_json", None)),
        (b"[" * 60_000, (400, "wrong_type", "")),
        (b"[]", (400, "wrong_type", "")),
        (b'{"title": 5}', (400, "wrong_type", "title")),
        (b'{"title": "x", "fullSync": "true"}', (400, "wrong_type", "fullSync")),
        (b'{"title": "x", "tracks": [{"seconds": "5"}]}', (400, "wrong_type", "tracks[0].seconds")),
        (b'{"title": "x", "colour": "red"}', (400, "unknown_field", "colour")),
        (b'{"title": "x", "full_sync": true}', (400, "unknown_field", "full_sync")),
        (b'{"title": "x", "tracks": [{"seconds": 5, "bpm": 1}]}', (400, "unknown_field", "tracks[0].bpm")),
        (b"{}", (400, "invalid_body", "title")),
        (b'"' + b"x" * 70_000 + b'"', (413, "body_too_large", None)),
    ],
)
async def test_a_wrong_body_is_told_precisely(http, body, expected):
    answer = await http.post("/test/albums", content=body, headers={"Content-Type": "application/json"})

    told = answer.json()
    assert (answer.status_code, told["code"], told.get("field")) == expected
    assert told["message"].endswith(".")


async def test_a_right_body_arrives_as_it_was_sent(http):
    body = {"title": "x", "fullSync": True, "tracks": [{"seconds": 5}]}
    assert (await http.post("/test/albums", json=body)).json() == body


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", (404, "not_found")),
        ("GET", "/api/docs/nowhere.js", (404, "not_found")),
        ("GET", "/api/docs/../../etc/passwd", (404, "not_found")),
        ("DELETE", "/health/live", (405, "method_not_allowed")),
        ("GET", "/api/users/me", (401, "not_signed_in")),
        ("GET", "/test/number", (400, "invalid_parameter")),
        ("GET", "/test/number?limit=x", (400, "invalid_parameter")),
    ],
)
async def test_every_error_has_a_code_and_a_sentence(http, method, path, expected):
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert answer.json()["message"].endswith(".")


async def test_what_nobody_foresaw_is_logged_and_tells_nothing(http):
    with capture_logs() as lines:
        answer = await http.get("/test/broken?token=canary-query")

    assert (answer.status_code, answer.json()["code"]) == (500, "server_fault")
    assert "canary" not in answer.text
    assert [(line["event"], line["path"]) for line in lines] == [("server_fault", "/test/broken")]
    assert "canary-query" not in str(lines)


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/health/live", "/api/docs", "/api/openapi.json", "/test/broken"]
)
async def test_security_headers_stand_on_everything(http, path):
    headers = (await http.get(path, follow_redirects=False)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    ("host", "is_told"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("nas:8000", False),
        ("192.168.1.5", False),
        ("[", False),
        ("", False),
    ],
)
async def test_what_a_browser_would_complain_of_over_plain_http_is_not_said_there(http, host, is_told):
    headers = (await http.get("/health/live", headers={"Host": host})).headers

    assert ("Cross-Origin-Opener-Policy" in headers) is is_told


class TestTheDescription:
    async def test_every_route_has_a_sentence_and_a_guard_or_is_public(self, http):
        document = (await http.get("/api/openapi.json")).json()

        assert document["openapi"].startswith("3.1")
        assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
        guarded = {
            (route.path_format, frozenset(handler.http_methods))
            for route in http.app.routes
            for handler in getattr(route, "route_handlers", ())
            if getattr(handler, "http_methods", None) and handler.resolve_guards()
        }
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if path.startswith("/test/"):
                    continue
                assert operation["summary"], path
                assert operation["description"], path
                is_public = operation.get("security") == [{}]
                is_guarded = any(path == where and method.upper() in methods for where, methods in guarded)
                assert is_public != is_guarded, (method, path)

    async def test_bodies_are_described_in_camel_case(self, http):
        document = (await http.get("/api/openapi.json")).json()
        (schema,) = (
            value for name, value in document["components"]["schemas"].items() if name.endswith("Album")
        )

        assert set(schema["properties"]) == {"title", "fullSync", "tracks"}
        assert "requestBody" in document["paths"]["/test/albums"]["post"]

    async def test_the_page_gets_it_in_the_version_it_reads(self, http):
        document = (await http.get("/api/docs/openapi-3.0.json")).json()
        text = msgspec.json.encode(document)

        assert document["openapi"] == "3.0.3"
        assert b'"null"' not in text
        assert b'"const"' not in text

    def test_what_3_0_says_otherwise_is_rewritten(self):
        rewritten = to_3_0(
            {
                "a": {"type": ["string", "null"]},
                "b": {"oneOf": [{"type": "null"}, {"type": "integer"}]},
                "c": {"const": 1},
                "d": {"type": "number", "exclusiveMinimum": 0},
            }
        )
        assert rewritten == {
            "openapi": "3.0.3",
            "a": {"type": "string", "nullable": True},
            "b": {"oneOf": [{"type": "integer"}], "nullable": True},
            "c": {"enum": [1]},
            "d": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        }


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.found += [given[name] for name in ("src", "href") if name in given]
        self.inline |= (tag == "script" and "src" not in given) or tag == "style" or "style" in given
        self.inline |= any(name.startswith("on") for name in given)


class TestThePage:
    async def test_needs_no_other_address_and_no_inline_script(self, http):
        page = _Addresses()
        page.feed((await http.get("/api/docs")).text)

        assert not page.inline
        assert page.found
        for address in page.found:
            assert not urlsplit(address).netloc
            answer = await http.get(urljoin("/api/docs", address))
            assert answer.status_code == 200
            if answer.headers["Content-Type"].startswith("text/css"):
                assert re.findall(r"url\((?!['\"]?data:)[^)]*\)|@import", answer.text) == []
        started = (await http.get("/api/docs/start.js")).text
        assert re.findall(r"https?://|//\w", started) == []
        assert "validatorUrl: null" in started

    async def test_its_policy_lets_its_own_files_in_and_nothing_else(self, http):
        policy = (await http.get("/api/docs")).headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "connect-src 'self';" in policy
        assert "http" not in policy


async def test_health_says_when_the_database_does_not_answer(server, database_url):
    assert (await server.http.get("/health/live")).json() == {"status": "live"}
    assert (await server.http.get("/health/ready")).json() == {"status": "ready"}

    await server.server.drain()

    answer = await server.http.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert (await server.http.get("/health/live")).status_code == 200


async def test_metrics_are_those_of_the_registry_handed_in(server):
    answer = await server.http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")


async def test_only_a_listed_origin_may_call_from_its_pages(settings, clock):
    listed = msgspec.structs.replace(settings, allowed_origins=("https://crates.example",))
    async with running_server(listed, clock) as server:
        for origin, allowed in (("https://crates.example", True), ("https://evil.example", False)):
            headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            answer = await server.http.options("/api/users/me", headers=headers)
            assert (answer.headers.get("Access-Control-Allow-Origin") == origin) == allowed


async def test_behind_tls_browsers_are_told_to_stay_there(settings, clock):
    public = msgspec.structs.replace(settings, public_url="https://crates.example")
    async with running_server(public, clock) as server:
        assert "max-age" in (await server.http.get("/health/live")).headers["Strict-Transport-Security"]
