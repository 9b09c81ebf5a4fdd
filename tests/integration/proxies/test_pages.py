"""What browsers ask for: pages under a sub-path, and pages of other origins."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from websockets.asyncio.client import connect

from cratesync.protocol.close_codes import CloseCode
from integration.gateway.wire import Wire
from integration.proxies.conftest import PATH

LISTED, STRANGER = "https://crates.example", "https://evil.example"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in {"src", "href"}]


@pytest.mark.parametrize("strips", [False, True], ids=["kept", "stripped"])
class TestUnderASubPath:
    async def test_the_root_is_the_page_and_all_its_files_are_there(self, behind, strips):
        async with behind(strips=strips) as server:
            for root in (server.url, f"{server.url}/"):
                answer = await server.http.get(root, follow_redirects=True)
                assert (answer.status_code, str(answer.url)) == (200, f"{server.url}/")

            links = _Links()
            links.feed(answer.text)
            assert len(links.found) >= 3
            for link in links.found:
                assert (await server.http.get(urljoin(str(answer.url), link))).status_code == 200

    async def test_the_page_of_the_api_and_all_its_files_are_there(self, behind, strips):
        async with behind(strips=strips) as server:
            answer = await server.http.get(f"{server.url}/api/docs")
            assert answer.status_code == 200
            links = _Links()
            links.feed(answer.text)
            (started,) = (link for link in links.found if link.endswith("start.js"))
            script = (await server.http.get(urljoin(server.url, started))).text
            links.found += re.findall(r'url: "([^"]+)"', script)
            assert len(links.found) == 6
            for link in links.found:
                assert link.startswith(f"{PATH}/")
                assert (await server.http.get(urljoin(server.url, link))).status_code == 200

    @pytest.mark.parametrize("document", ["/api/openapi.json", "/api/docs/openapi-3.0.json"])
    async def test_the_description_names_the_path_that_calls_go_to(self, behind, strips, document):
        async with behind(strips=strips) as server:
            described = (await server.http.get(document)).json()
            assert described["servers"] == [{"url": PATH}]

    async def test_errors_are_the_servers_own(self, behind, strips):
        async with behind(strips=strips) as server:
            for path in ("/nowhere", "/cratesyncing"):
                answer = await server.http.get(path)
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
            answer = await server.http.get("/api/users/me")
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
            assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_a_socket_opens_for_our_own_pages_and_listed_ones(behind, certificates):
    async with behind(allowed_origins=(LISTED,)) as server:
        user = await server.register()
        own = server.url.removesuffix(PATH)
        url = server.url.replace("https", "wss") + "/ws"
        without_tls = own.replace("https", "http")

        for origin in (own, LISTED, None):
            async with connect(url, ssl=certificates.trusting(), origin=origin, proxy=None) as socket:
                await Wire(socket).sign_in(user.token)
        for origin in (STRANGER, without_tls, f"{own}.evil.example", "null"):
            async with connect(url, ssl=certificates.trusting(), origin=origin, proxy=None) as socket:
                assert await Wire(socket).closed() == CloseCode.ORIGIN_REFUSED, origin


class TestCallsOfOtherPages:
    async def test_are_answered_where_their_origin_is_listed(self, behind):
        async with behind(allowed_origins=(LISTED,)) as server:
            user = await server.register()
            for method in ("GET", "PUT", "DELETE"):
                asked = {"Access-Control-Request-Method": method, "Origin": LISTED}
                asked["Access-Control-Request-Headers"] = "authorization,content-type"
                allowed = await server.http.options("/api/users/me", headers=asked)
                assert allowed.status_code == 204
                assert allowed.headers["Access-Control-Allow-Origin"] == LISTED
                assert "authorization" in allowed.headers["Access-Control-Allow-Headers"].lower()
                assert method in allowed.headers["Access-Control-Allow-Methods"]
                assert "Access-Control-Allow-Credentials" not in allowed.headers

            headers = {"Origin": LISTED, "Authorization": f"Bearer {user.token}"}
            answer = await server.http.get("/api/users/me", headers=headers)
            assert answer.status_code == 200
            assert answer.headers["Access-Control-Allow-Origin"] == LISTED
            assert answer.headers["Vary"] == "Origin"

    @pytest.mark.parametrize("path", ["/api/users/me", "/nowhere"])
    async def test_are_told_what_went_wrong(self, behind, path):
        async with behind(allowed_origins=(LISTED,)) as server:
            answer = await server.http.get(path, headers={"Origin": LISTED})
            assert answer.status_code in {401, 404}
            assert answer.headers["Access-Control-Allow-Origin"] == LISTED

    @pytest.mark.parametrize("listed", [(), (LISTED,)], ids=["nobody listed", "somebody listed"])
    async def test_are_not_answered_for_a_stranger(self, behind, listed):
        async with behind(allowed_origins=listed) as server:
            asked = {"Origin": STRANGER, "Access-Control-Request-Method": "GET"}
            for answer in (
                await server.http.options("/api/users/me", headers=asked),
                await server.http.get("/api/users/me", headers={"Origin": STRANGER}),
            ):
                assert [name for name in answer.headers if name.startswith("access-control")] == []
