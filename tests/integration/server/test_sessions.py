"""Sign-ins that last: the refresh cookie, and the list of sessions, on both databases."""

import asyncio
from contextlib import AsyncExitStack, contextmanager

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import event, func, select

from browser import browser, clears_cookie, cookie_of
from cratesync.server.accounts.refresh_cookies import NAME
from cratesync.server.accounts.sessions import CROWDED_OUT_AFTER, PREVIOUS_GOOD, SESSIONS_MAX
from cratesync.server.clock import HandClock
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.store.tables import sessions
from running_server import PASSWORD, running_server

DAY = 24 * 3600
YOUNG = PREVIOUS_GOOD.total_seconds() + 0.001  # for so long a cookie is not replaced


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def page(server):
    """A browser in which anna is signed in."""
    async with browser(server) as page:
        await page.register()
        yield page


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def stored(server):
    async with server.server.database.read() as connection:
        return (await connection.execute(select(sessions))).all()


@contextmanager
def rotations(server):
    """The statements that give a session a new cookie."""
    found: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE sessions"):
            found.append(statement)

    engine = server.server.database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


class TestTheCookie:
    @pytest.mark.parametrize("way", ["register", "sign_in"])
    async def test_comes_with_every_sign_in_and_no_script_can_read_it(self, server, way):
        async with browser(server) as page:
            answer = await page.register()
            if way == "sign_in":
                answer = await page.sign_in()

        name_and_value, *attributes = answer.headers["Set-Cookie"].split("; ")
        assert name_and_value.startswith(f"{NAME}=")
        assert {attribute.lower() for attribute in attributes} == {
            "httponly",
            "samesite=strict",
            "path=/api/auth",
            f"max-age={30 * DAY}",
        }

    async def test_behind_tls_and_below_a_path_it_stays_there(self, settings, clock):
        public = replace(
            settings, public_url="https://nas.example/crates", open_registration=True, session_days=1
        )
        async with running_server(public, clock) as server, browser(server) as page:
            attributes = (await page.register()).headers["Set-Cookie"].split("; ")[1:]

        assert "Secure" in attributes
        assert "Path=/crates/api/auth" in attributes
        assert f"Max-Age={DAY}" in attributes

    @pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
    async def test_behind_a_tls_proxy_without_a_public_url_it_stays_there_too(
        self, settings, clock, scheme, secure
    ):
        behind = replace(settings, trusted_proxies=("127.0.0.1",), open_registration=True)
        said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": scheme}
        async with running_server(behind, clock) as server:
            body = {"username": "anna", "password": PASSWORD}
            answer = await server.http.post("/api/auth/register", json=body, headers=said)

        assert ("Secure" in answer.headers["Set-Cookie"].split("; ")) is secure

    async def test_gets_the_next_access_token_and_the_next_cookie(self, page, clock):
        before, cookie = page.token, page.cookie
        clock.advance(YOUNG)
        answer = await page.refresh()

        assert answer.status_code == 200
        assert set(answer.json()) == {"accessToken", "tokenType", "expiresIn", "user"}
        assert answer.json()["user"]["username"] == "anna"
        assert page.token != before
        assert page.cookie != cookie
        assert (await page.caller.get("/api/users/me")).status_code == 200

    async def test_outlives_the_access_token(self, page, clock):
        for _ in range(5):
            clock.advance(DAY * 29)
            assert (await page.caller.get("/api/users/me")).status_code == 401
            assert (await page.refresh()).status_code == 200
            assert (await page.caller.get("/api/users/me")).status_code == 200

    async def test_nobody_without_one_is_signed_in(self, server):
        async with browser(server) as page:
            answer = await page.refresh()
        assert (answer.status_code, answer.content) == (204, b"")

    async def test_nothing_of_it_is_stored(self, page, server):
        (row,) = await stored(server)
        mac = page.cookie.rpartition(".")[2]

        assert len(mac) == 43
        assert mac not in str(row)

    async def test_a_forged_one_ends_nothing(self, page, server):
        session_id, generation, key_id, mac = page.cookie.split(".")
        forged = [
            "nonsense",
            "...",
            "x" * 5000,
            "a.b.c.d",
            f"{session_id}.{generation}.{key_id}.{mac[:-2]}AA",
            f"{session_id}.1.{key_id}.{mac}",
            f"{session_id}.-1.{key_id}.{mac}",
            f"{session_id}.{'9' * 40}.{key_id}.{mac}",
            f"{session_id}.{generation}.other.{mac}",
            f"{'0' * 32}.{generation}.{key_id}.{mac}",
            f"{session_id}.{generation}.{key_id}.",
        ]
        for cookie in forged:
            answer = await page.present(cookie)
            assert code(answer) == (401, "not_signed_in"), cookie
            assert clears_cookie(answer), cookie
        assert (await page.refresh()).status_code == 200

    async def test_is_good_on_every_node_and_after_a_rotation_of_keys(self, settings, clock):
        old, new = new_key(), new_key()
        async with running_server(settings, clock, SecretKeys(old)) as first, browser(first) as page:
            await page.register()
            cookie = page.cookie
        async with (
            running_server(settings, clock, SecretKeys(new, (old,))) as second,
            browser(second) as page,
        ):
            renewed = await page.present(cookie)
            assert renewed.status_code == 200
            assert cookie_of(renewed).split(".")[2] == new.id
        async with running_server(settings, clock, SecretKeys(new)) as third, browser(third) as page:
            assert code(await page.present(cookie)) == (401, "not_signed_in")
            assert (await page.present(cookie_of(renewed))).status_code == 200

    async def test_of_a_database_that_was_set_back_is_taken(self, page, server, clock):
        before = await stored(server)
        clock.advance(YOUNG)
        await page.refresh()
        async with server.server.database.write() as connection:
            await connection.execute(sessions.update().values(before[0]._mapping))

        answer = await page.refresh()
        assert answer.status_code == 200
        assert page.cookie.split(".")[1] == "2"


class TestUsingACookieTwice:
    async def test_within_half_a_minute_gives_the_current_one_again(self, page, clock):
        first = page.cookie
        clock.advance(YOUNG)
        await page.refresh()
        assert page.cookie != first
        clock.advance(30)
        late = await page.present(first)

        assert late.status_code == 200
        assert cookie_of(late) == page.cookie
        me = await page.http.get(
            "/api/users/me", headers={"Authorization": f"Bearer {late.json()['accessToken']}"}
        )
        assert me.json()["username"] == "anna"

    async def test_later_ends_the_session(self, page, clock):
        first = page.cookie
        clock.advance(YOUNG)
        await page.refresh()
        clock.advance(31)
        late = await page.present(first)

        assert code(late) == (401, "session_ended")
        assert clears_cookie(late)
        assert code(await page.caller.get("/api/users/me")) == (401, "not_signed_in")
        assert code(await page.refresh()) == (401, "not_signed_in")

    async def test_with_one_before_the_last_ends_the_session_at_once(self, page, clock):
        first = page.cookie
        for _ in range(2):
            clock.advance(YOUNG)
            await page.refresh()

        assert code(await page.present(first)) == (401, "session_ended")
        assert code(await page.refresh()) == (401, "not_signed_in")

    async def test_that_was_just_made_keeps_it(self, page, server, clock):
        """Two quick refreshes of one tab leave a late one half a minute all the same."""
        first = page.cookie
        clock.advance(YOUNG)
        await page.refresh()
        second = page.cookie
        clock.advance(15)
        again = await page.refresh()
        clock.advance(15)

        assert (again.status_code, page.cookie) == (200, second)
        assert (await page.caller.get("/api/users/me")).status_code == 200
        assert cookie_of(await page.present(first)) == second
        clock.advance(YOUNG - 30)
        assert cookie_of(await page.present(second)) not in {first, second}

    async def test_ends_no_other_session_of_the_user(self, page, server, clock):
        async with browser(server) as other:
            await other.sign_in()
            first = page.cookie
            clock.advance(YOUNG)
            await page.refresh()
            clock.advance(31)
            assert code(await page.present(first)) == (401, "session_ended")

            assert (await other.caller.get("/api/users/me")).status_code == 200
            assert (await other.refresh()).status_code == 200

    async def test_ten_tabs_at_once_rotate_it_once(self, page, server, clock):
        clock.advance(YOUNG)
        with rotations(server) as rotated:
            answers = await asyncio.gather(*(page.present(page.cookie) for _ in range(10)))

        assert len(rotated) == 1
        assert [answer.status_code for answer in answers] == [200] * 10
        assert len({cookie_of(answer) for answer in answers}) == 1
        assert [row.generation for row in await stored(server)] == [1]


class TestTheEndOfASession:
    async def test_comes_after_thirty_days_without_use(self, page, clock):
        clock.advance(30 * DAY)
        answer = await page.refresh()

        assert code(answer) == (401, "not_signed_in")
        assert clears_cookie(answer)

    async def test_takes_the_access_token_with_it(self, page, settings, clock):
        short = replace(settings, session_days=60 / DAY)
        async with running_server(short, clock) as server, browser(server) as page:
            await page.sign_in()
            clock.advance(59)
            assert (await page.caller.get("/api/users/me")).status_code == 200
            clock.advance(1)
            assert code(await page.caller.get("/api/users/me")) == (401, "not_signed_in")

    async def test_leaves_nothing_behind(self, page, server, clock):
        clock.advance(30 * DAY)
        await server.server.syncing.reaper.clean()

        assert await stored(server) == []

    async def test_by_signing_out_with_the_cookie_alone(self, page):
        answer = await page.http.post("/api/auth/logout")

        assert answer.status_code == 204
        assert clears_cookie(answer)
        assert page.cookie is None
        assert code(await page.caller.get("/api/users/me")) == (401, "not_signed_in")

    async def test_by_signing_out_with_the_access_token_alone(self, page, server):
        cookie = page.cookie
        async with httpx.AsyncClient(base_url=server.url) as http:
            answer = await http.post("/api/auth/logout", headers={"Authorization": f"Bearer {page.token}"})

        assert answer.status_code == 204
        assert code(await page.present(cookie)) == (401, "not_signed_in")

    async def test_whoever_is_not_signed_in_may_sign_out(self, server):
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": f"{NAME}=nonsense"}):
            answer = await server.http.post("/api/auth/logout", headers=headers)
            assert answer.status_code == 204
            assert clears_cookie(answer)

    async def test_by_signing_out_is_none_of_a_personal_token(self, page, server):
        made = await page.caller.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]})
        script = server.with_token(made.json()["token"])
        await script.post("/api/auth/logout")

        assert (await script.get("/api/users/me")).status_code == 200
        assert (await page.caller.get("/api/users/me")).status_code == 200


class TestOtherSites:
    @pytest.mark.parametrize("path", ["register", "login", "link", "refresh", "logout"])
    async def test_a_page_of_another_site_neither_signs_in_nor_out(self, page, path):
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
            answer = await page.http.post(f"/api/auth/{path}", json={}, headers={"Origin": origin})
            assert code(answer) == (403, "origin_refused")
            assert "Set-Cookie" not in answer.headers
        assert (await page.refresh()).status_code == 200

    async def test_no_name_that_points_here_makes_a_page_our_own(self, server):
        body = {"username": "mallory", "password": PASSWORD}
        host = f"evil.example:{server.url.rpartition(':')[2]}"
        answer = await server.http.post(
            "/api/auth/register", json=body, headers={"Host": host, "Origin": f"http://{host}"}
        )
        assert code(answer) == (403, "origin_refused")

    async def test_our_own_page_does(self, page, server):
        answer = await page.http.post("/api/auth/refresh", headers={"Origin": server.url})
        assert answer.status_code == 200


class TestTheList:
    async def test_shows_where_the_account_is_signed_in(self, page, server, clock):
        clock.advance(60)
        async with browser(server, "curl/8\t" + "x" * 300) as other:
            await other.sign_in()
            clock.advance(60)
            await page.refresh()
            listed = (await page.caller.get("/api/auth/sessions")).json()["items"]

        assert [(item["current"], item["userAgent"]) for item in listed] == [
            (True, "Firefox"),
            (False, ("curl/8" + "x" * 300)[:200]),
        ]
        mine, theirs = listed
        assert set(mine) == {
            "id",
            "createdAt",
            "lastUsedAt",
            "expiresAt",
            "userAgent",
            "address",
            "current",
        }
        assert (mine["createdAt"], mine["lastUsedAt"]) == ("2030-01-01T00:00:00Z", "2030-01-01T00:02:00Z")
        assert mine["expiresAt"] == "2030-01-31T00:02:00Z"
        assert (theirs["address"], theirs["lastUsedAt"]) == ("127.0.0.1", "2030-01-01T00:01:00Z")

    async def test_ends_one_session_at_once(self, page, server):
        async with browser(server) as other:
            await other.sign_in()
            listed = (await page.caller.get("/api/auth/sessions")).json()["items"]
            (theirs,) = (item["id"] for item in listed if not item["current"])

            assert (await page.caller.delete(f"/api/auth/sessions/{theirs}")).status_code == 204
            assert code(await other.caller.get("/api/users/me")) == (401, "not_signed_in")
            assert code(await other.refresh()) == (401, "not_signed_in")
            assert code(await page.caller.delete(f"/api/auth/sessions/{theirs}")) == (404, "not_found")
        assert (await page.caller.get("/api/users/me")).status_code == 200

    async def test_ends_nothing_of_somebody_else(self, page, server):
        (mine,) = (await page.caller.get("/api/auth/sessions")).json()["items"]
        berta = await server.register("berta")

        assert code(await berta.delete(f"/api/auth/sessions/{mine['id']}")) == (404, "not_found")
        assert mine["id"] not in (await berta.get("/api/auth/sessions")).text
        await berta.delete("/api/auth/sessions")
        assert (await page.refresh()).status_code == 200

    async def test_ends_all_others(self, page, server):
        async with AsyncExitStack() as stack:
            others = [await stack.enter_async_context(browser(server)) for _ in range(3)]
            for other in others:
                await other.sign_in()
            assert (await page.caller.delete("/api/auth/sessions")).status_code == 204

            for other in others:
                assert code(await other.refresh()) == (401, "not_signed_in")
        assert (await page.refresh()).status_code == 200

    async def test_is_for_those_alone_who_may_change_the_account(self, page, server):
        made = await page.caller.post("/api/auth/tokens", {"name": "n", "scopes": ["read", "sync"]})
        reader = server.with_token(made.json()["token"])

        assert code(await reader.get("/api/auth/sessions")) == (403, "scope_missing")
        assert code(await reader.delete("/api/auth/sessions")) == (403, "scope_missing")

    async def test_is_bounded_by_ending_the_longest_unused(self, page, server, clock):
        for _ in range(SESSIONS_MAX + 3):
            await page.http.post("/api/auth/login", json={"username": "anna", "password": PASSWORD})
        await server.register("berta")
        assert len(await stored(server)) == SESSIONS_MAX + 5, "Nobody's access token is cut short."

        clock.advance(CROWDED_OUT_AFTER.total_seconds() + 1)
        await page.sign_in()

        async with server.server.database.read() as connection:
            counts = await connection.execute(
                select(func.count()).select_from(sessions).group_by(sessions.c.user_id)
            )
            assert sorted(counts.scalars()) == [1, SESSIONS_MAX]
        assert (await page.refresh()).status_code == 200


async def test_a_sign_in_that_a_password_change_overtook_opens_no_session(server, clock):
    """Both at once: whoever knew the old password only is not signed in afterwards."""
    anna = await server.register()
    change = {"currentPassword": PASSWORD, "newPassword": "another password"}
    sign_ins = [
        server.http.post("/api/auth/login", json={"username": "anna", "password": PASSWORD}) for _ in range(4)
    ]
    changed, *answers = await asyncio.gather(anna.put("/api/auth/password", change), *sign_ins)

    assert changed.status_code == 204
    for answer in answers:
        if answer.status_code == 200:
            late = server.with_token(answer.json()["accessToken"])
            assert code(await late.get("/api/users/me")) == (401, "not_signed_in")
        else:
            assert code(answer) == (401, "bad_credentials")
    assert len(await stored(server)) == 1
