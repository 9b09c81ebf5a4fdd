"""Accounts, sign-in and access tokens over REST, on both databases."""

import asyncio
from datetime import datetime, timedelta

import jwt
import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from cratesync.server.accounts.login_attempts import FREE_CREATIONS, FREE_FAILURES
from cratesync.server.accounts.passwords import WAITING_OF_ONE_NETWORK_MAX
from cratesync.server.clock import HandClock
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.store.tables import access_tokens, users
from held_hasher import HeldHasher
from running_server import PASSWORD, running_server


@pytest.fixture
def clock():
    return HandClock()


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def sign_in(server, username="anna", password=PASSWORD):
    return await server.http.post("/api/auth/login", json={"username": username, "password": password})


class TestRegistering:
    async def test_answers_with_an_access_token_and_the_user(self, server):
        answer = await server.http.post("/api/auth/register", json={"username": "Anna", "password": PASSWORD})

        body = answer.json()
        assert answer.status_code == 201
        assert (body["tokenType"], body["expiresIn"]) == ("bearer", 900)
        me = await server.with_token(body["accessToken"]).get("/api/users/me")
        assert me.json() == body["user"]
        assert me.json() | {"id": "", "createdAt": ""} == {
            "id": "",
            "username": "Anna",
            "isOwner": True,
            "hasPassword": True,
            "discogsUsername": None,
            "hasDiscogsToken": False,
            "tokenValid": None,
            "discogsTokenState": None,
            "createdAt": "",
        }
        assert me.json()["createdAt"] == "2030-01-01T00:00:00Z"

    async def test_a_name_is_taken_in_any_case(self, server):
        await server.register("Anna")
        answer = await server.http.post("/api/auth/register", json={"username": "anna", "password": PASSWORD})
        assert code(answer) == (409, "username_taken")

    async def test_of_two_at_once_with_one_name_one_wins(self, server):
        body = {"username": "anna", "password": PASSWORD}
        answers = await asyncio.gather(*(server.http.post("/api/auth/register", json=body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    @pytest.mark.parametrize("username", ["ab", "x" * 65, "a b", "anna!", "ännchen", ""])
    async def test_a_name_must_keep_the_rules(self, server, username):
        answer = await server.http.post(
            "/api/auth/register", json={"username": username, "password": PASSWORD}
        )
        assert code(answer) == (400, "invalid_username")

    @pytest.mark.parametrize("password", ["1234567", "x" * 1025])
    async def test_a_password_must_keep_the_rules(self, server, password):
        answer = await server.http.post("/api/auth/register", json={"username": "anna", "password": password})
        assert code(answer) == (400, "invalid_password")
        assert password not in answer.text

    async def test_a_closed_server_takes_no_new_accounts(self, settings, clock):
        closed = msgspec.structs.replace(settings, open_registration=False)
        async with running_server(closed, clock) as server:
            answer = await server.http.post(
                "/api/auth/register", json={"username": "anna", "password": PASSWORD}
            )
        assert code(answer) == (403, "registration_closed")

    async def test_the_password_is_stored_as_argon2id_only(self, server):
        await server.register()
        async with server.server.database.read() as connection:
            stored = (await connection.execute(select(users.c.password_hash))).scalar_one()
        assert stored.startswith("$argon2id$")
        assert PASSWORD not in stored


class TestWhereEverybodyMayRegister:
    """And comes through a proxy, so that it is known from where."""

    @pytest.fixture
    def settings(self, settings):
        return msgspec.structs.replace(settings, open_registration=True, trusted_proxies=("127.0.0.1",))

    async def register(self, server, username, address="203.0.113.7"):
        body = {"username": username, "password": PASSWORD}
        return await server.http.post("/api/auth/register", json=body, headers={"X-Forwarded-For": address})

    async def test_asking_for_names_that_are_taken_is_slowed_down_and_hashes_nothing(self, settings, clock):
        class Counting(PasswordHasher):
            hashed = 0

            def hash(self, *arguments, **more):
                self.hashed += 1
                return super().hash(*arguments, **more)

        hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
        async with running_server(settings, clock, hasher=hasher) as server:
            await self.register(server, "anna", "198.51.100.1")
            answers = [await self.register(server, "Anna") for _ in range(FREE_CREATIONS + 1)]
            elsewhere = await self.register(server, "berta", "198.51.100.1")

        assert [code(answer) for answer in answers] == [(409, "username_taken")] * FREE_CREATIONS + [
            (429, "too_many_requests")
        ]
        assert elsewhere.status_code == 201
        assert hasher.hashed == 2

    async def test_a_mistyped_name_or_password_counts_for_nothing(self, server):
        for _ in range(FREE_CREATIONS + 1):
            assert code(await self.register(server, "a b")) == (400, "invalid_username")
        assert (await self.register(server, "anna")).status_code == 201


class TestSigningIn:
    async def test_works_in_any_case_of_the_name(self, server):
        await server.register("Anna")
        answer = await sign_in(server, "aNNa")
        assert (answer.status_code, answer.json()["user"]["username"]) == (200, "Anna")

    async def test_a_wrong_password_and_an_unknown_name_answer_alike(self, server):
        await server.register()
        wrong, unknown = await sign_in(server, password="wrong password"), await sign_in(server, "berta")
        assert code(wrong) == (401, "bad_credentials")
        assert wrong.json() == unknown.json()

    async def test_renews_a_hash_of_other_times_whoever_else_signs_in_just_then(self, server):
        await server.register()
        weak = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
        async with server.server.database.write() as connection:
            await connection.execute(update(users).values(password_hash=weak))

        answers = await asyncio.gather(*(sign_in(server) for _ in range(4)))
        async with server.server.database.read() as connection:
            stored = (await connection.execute(select(users.c.password_hash))).scalar_one()

        assert [answer.status_code for answer in answers] == [200] * 4
        assert "t=1" in stored

    async def test_guessing_is_slowed_down(self, server, clock):
        await server.register()
        for _ in range(5):
            await sign_in(server, password="wrong password")

        answer = await sign_in(server)
        assert code(answer) == (429, "too_many_requests")
        assert int(answer.headers["Retry-After"]) == answer.json()["retryAfterSeconds"] == 2
        clock.advance(2)
        assert (await sign_in(server)).status_code == 200

    async def test_guessing_many_at_once_is_no_way_around_that(self, settings, clock):
        """All come while the first password is still being looked at."""
        async with running_server(settings, clock, hasher=PasswordHasher()) as server:
            await server.register()
            answers = await asyncio.gather(*(sign_in(server, password=f"wrong {n}") for n in range(20)))

        assert sorted(answer.status_code for answer in answers) == [401] * FREE_FAILURES + [429] * 15

    async def test_whoever_was_sent_away_by_a_full_queue_has_not_guessed(self, settings, clock):
        hasher = HeldHasher()
        async with running_server(settings, clock, hasher=hasher) as server:
            hasher.go.set()
            await server.register()
            hasher.go.clear()
            crowd = [
                asyncio.ensure_future(sign_in(server, f"user{number}"))
                for number in range(WAITING_OF_ONE_NETWORK_MAX)
            ]
            async with asyncio.timeout(20):
                while server.server.accounts._passwords._waiting.total() < len(crowd):  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)
            sent_away = [await sign_in(server) for _ in range(FREE_FAILURES)]
            hasher.go.set()
            await asyncio.gather(*crowd)

            assert [answer.json()["retryAfterSeconds"] for answer in sent_away] == [5] * FREE_FAILURES
            assert (await sign_in(server)).status_code == 200

    async def test_names_that_nobody_can_have_count_as_one(self, server):
        for number in range(FREE_FAILURES):
            assert code(await sign_in(server, f"no name {number}")) == (401, "bad_credentials")

        assert code(await sign_in(server, "x" * 60_000)) == (429, "too_many_requests")
        assert code(await sign_in(server, "berta")) == (401, "bad_credentials")

    @pytest.mark.parametrize("username", ["nul\x00", "\x7f", "x" * 10_000, "ännchen"])
    async def test_no_name_is_a_fault_of_ours(self, server, username):
        assert code(await sign_in(server, username)) == (401, "bad_credentials")


class TestAccessTokens:
    """The ones of a sign-in: JWTs."""

    async def test_end_after_fifteen_minutes(self, server, clock):
        anna = await server.register()
        clock.advance(899)
        assert (await anna.get("/api/users/me")).status_code == 200
        clock.advance(1)
        assert code(await anna.get("/api/users/me")) == (401, "not_signed_in")

    async def test_are_good_on_every_node_and_after_a_rotation(self, settings, clock):
        old, new = new_key(), new_key()
        async with running_server(settings, clock, SecretKeys(old)) as first:
            anna = await first.register()
        async with running_server(settings, clock, SecretKeys(new, (old,))) as second:
            assert (await second.with_token(anna.token).get("/api/users/me")).status_code == 200
        async with running_server(settings, clock, SecretKeys(new)) as third:
            assert code(await third.with_token(anna.token).get("/api/users/me")) == (401, "not_signed_in")

    async def test_a_forged_one_is_refused(self, server):
        anna = await server.register()
        claims = jwt.decode(anna.token, options={"verify_signature": False})
        head = jwt.get_unverified_header(anna.token)
        unsigned = jwt.encode(claims, None, "none", headers={"kid": head["kid"]})
        forged = [
            "nonsense",
            "a.b.c",
            "é",
            "x" * 5000,
            anna.token[:-6] + "AAAAAA",
            unsigned,
            jwt.encode(claims, "k" * 32, "HS256", headers=head),
            jwt.encode(claims, "k" * 32, "HS256", headers={"kid": "other"}),
            jwt.encode(claims, "k" * 32, "HS256"),
        ]
        for token in forged:
            headers = {"Authorization": f"Bearer {token}".encode()}
            answer = await server.http.get("/api/users/me", headers=headers)
            assert code(answer) == (401, "not_signed_in")
            assert answer.headers["WWW-Authenticate"] == "Bearer"

    async def test_of_a_deleted_account_are_refused(self, server):
        anna = await server.register()
        assert (await anna.delete("/api/users/me", {"password": PASSWORD})).status_code == 204
        assert code(await anna.get("/api/users/me")) == (401, "not_signed_in")


class TestPersonalTokens:
    async def test_signs_in_with_its_scopes_alone(self, server):
        anna = await server.register()
        made = await anna.post("/api/auth/tokens", {"name": "headless", "scopes": ["read", "fetch"]})

        body = made.json()
        assert made.status_code == 201
        assert set(body) == {"id", "name", "scopes", "token", "createdAt", "expiresAt"}
        assert body["scopes"] == ["fetch", "read"]
        assert body["token"].startswith("crs_")
        script = server.with_token(body["token"])
        assert (await script.get("/api/users/me")).json()["username"] == "anna"
        refused = await script.get("/api/auth/tokens")
        assert code(refused) == (403, "scope_missing")
        assert refused.json()["scope"] == "account"

    async def test_is_stored_as_a_hash_only(self, server, database_url):
        anna = await server.register()
        token = (await anna.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]})).json()["token"]

        async with server.server.database.read() as connection:
            row = (await connection.execute(select(access_tokens))).one()
        assert len(row.token_hash) == 32
        assert token not in str(row)

    async def test_is_listed_without_its_text(self, server, clock):
        anna = await server.register()
        first = (await anna.post("/api/auth/tokens", {"name": "first", "scopes": ["read"]})).json()
        await anna.post("/api/auth/tokens", {"name": "second", "scopes": ["sync"]})
        await server.with_token(first["token"]).get("/api/users/me")

        listed = await anna.get("/api/auth/tokens")
        assert [item["name"] for item in listed.json()["items"]] == ["second", "first"]
        assert listed.json()["items"][1]["lastUsedAt"] == "2030-01-01T00:00:00Z"
        assert "crs_" not in listed.text

    async def test_its_last_use_is_noted_at_most_once_a_minute(self, server, clock):
        anna = await server.register()
        token = (await anna.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]})).json()["token"]
        script = server.with_token(token)
        seen = []
        for seconds in (0, 30, 29, 1):
            clock.advance(seconds)
            await script.get("/api/users/me")
            async with server.server.database.read() as connection:
                used = (await connection.execute(select(access_tokens.c.last_used_at))).scalar_one()
            seen.append((used - clock.now()).total_seconds())
        assert seen == [0, -30, -59, 0]

    async def test_ends_at_its_expiry(self, server, clock):
        anna = await server.register()
        soon = (clock.now() + timedelta(minutes=5)).isoformat()
        body = {"name": "n", "scopes": ["read"], "expiresAt": soon}
        script = server.with_token((await anna.post("/api/auth/tokens", body)).json()["token"])

        clock.advance(299)
        assert (await script.get("/api/users/me")).status_code == 200
        clock.advance(1)
        assert code(await script.get("/api/users/me")) == (401, "not_signed_in")

    async def test_is_revoked_by_its_owner_alone(self, server):
        anna, berta = await server.register(), await server.register("berta")
        made = (await anna.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]})).json()
        address = f"/api/auth/tokens/{made['id']}"

        assert code(await berta.delete(address)) == (404, "not_found")
        assert (await berta.get("/api/auth/tokens")).json()["items"] == []
        assert (await server.with_token(made["token"]).get("/api/users/me")).status_code == 200
        assert (await anna.delete(address)).status_code == 204
        assert code(await anna.delete(address)) == (404, "not_found")
        assert code(await server.with_token(made["token"]).get("/api/users/me")) == (401, "not_signed_in")

    async def test_creates_none_that_may_do_more_than_itself(self, server):
        anna = await server.register()
        made = (await anna.post("/api/auth/tokens", {"name": "n", "scopes": ["account"]})).json()
        script = server.with_token(made["token"])

        assert code(await script.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]})) == (
            403,
            "scope_missing",
        )

    async def test_creates_none_that_lasts_longer_than_itself(self, server, clock):
        anna = await server.register()
        soon, later, sooner = (clock.now() + timedelta(minutes=minutes) for minutes in (5, 6, 4))
        body = {"name": "n", "scopes": ["account"]}
        made = await anna.post("/api/auth/tokens", body | {"expiresAt": soon.isoformat()})
        script = server.with_token(made.json()["token"])

        for asked, expected in ((None, soon), (later.isoformat(), soon), (sooner.isoformat(), sooner)):
            answer = await script.post("/api/auth/tokens", body | {"expiresAt": asked})
            assert answer.status_code == 201
            assert datetime.fromisoformat(answer.json()["expiresAt"]) == expected
        by_session = await anna.post("/api/auth/tokens", body)
        assert by_session.json()["expiresAt"] is None

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"name": " "}, "invalid_name"),
            ({"name": "x" * 101}, "invalid_name"),
            ({"scopes": []}, "invalid_scopes"),
            ({"scopes": ["root"]}, "invalid_scopes"),
            ({"expiresAt": "2029-01-01T00:00:00Z"}, "invalid_expiry"),
            ({"expiresAt": "2031-01-01T00:00:00"}, "invalid_expiry"),
            ({"expiresAt": "9999-12-31T23:59:59-23:59"}, "invalid_expiry"),
            ({"expiresAt": "0001-01-01T00:00:00+23:59"}, "invalid_expiry"),
        ],
    )
    async def test_must_be_asked_for_in_the_right_way(self, server, change, expected):
        anna = await server.register()
        assert code(await anna.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]} | change)) == (
            400,
            expected,
        )

    async def test_there_are_not_endlessly_many(self, server, monkeypatch):
        monkeypatch.setattr("cratesync.server.api.access_tokens.TOKENS_MAX", 2)
        anna = await server.register()
        answers = [await anna.post("/api/auth/tokens", {"name": "n", "scopes": ["read"]}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 409]
        assert code(answers[2])[1] == "too_many_tokens"


class TestDeletingTheAccount:
    async def test_needs_the_password(self, server):
        anna = await server.register()
        assert code(await anna.delete("/api/users/me", {"password": "wrong password"})) == (
            403,
            "bad_password",
        )
        assert (await anna.get("/api/users/me")).status_code == 200


@pytest.mark.parametrize(
    ("state", "valid"), [("unchecked", None), ("valid", True), ("rejected", False), ("mismatched", False)]
)
async def test_what_is_known_of_the_discogs_token_is_shown(server, state, valid):
    anna = await server.register()
    async with server.server.database.write() as connection:
        await connection.execute(update(users).values(discogs_token="v1.x.y", discogs_token_state=state))

    me = (await anna.get("/api/users/me")).json()
    assert (me["hasDiscogsToken"], me["tokenValid"], me["discogsTokenState"]) == (True, valid, state)
    assert "v1.x.y" not in str(me)
