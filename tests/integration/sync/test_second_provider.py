"""An API that is not Discogs, through the same server and the same client: nothing of either knows it by name.

tests/second_provider is the provider and the API; docs/how-to/add-a-provider.md explains it.
"""

from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cratesync.client.events import Refused
from cratesync.engine.provider import Call
from cratesync.engine.tasks import Side
from cratesync.protocol.messages import SyncProgress
from cratesync.server.clock import SystemClock
from cratesync.server.settings import Settings
from cratesync.server.store.tables import changes, requests
from integration.sync.stage import (
    CANARY,
    Person,
    files_with,
    key_of,
    most_in_any_window,
    tables_with,
)
from running_server import RunningServer, running_server
from second_provider.allow_list import UPSTREAM
from second_provider.provider import PAGE_SIZE, ShelfsideProvider
from second_provider.source import Keeper, Shelfside

LIMIT, WINDOW_SECONDS, RESERVE = 5, 2.0, 1
DISCOGS_URL = "https://api.discogs.com"


class Stage(NamedTuple):
    """Server and source, side by side. Nobody is told where Discogs is."""

    running: RunningServer
    source: Shelfside
    url: str
    folder: Path
    discogs_url: str = DISCOGS_URL

    async def keeper(self, name="ada", *, copies=0, wishes=0):
        """Somebody with an account here and one at Shelfside, and the token saved."""
        keeper = self.source.keeper(name, f"{CANARY}-{name}-0123456789", copies=copies, wishes=wishes)
        person = Person(self, await self.running.register(name), keeper, keeper.token)
        await person.save_token()
        return person

    def client(self, person, **options):
        """The real client, told of Shelfside and of nothing else."""
        return person.client(upstream=replace(UPSTREAM, base_url=self.url), **options)

    def asked(self, part=""):
        return [call.path for call in self.source.journal if part in call.path]


@pytest.fixture
def open_stage(database_url, tmp_path):
    """Opens a stage; whatever happens on it, no token is left anywhere."""

    @asynccontextmanager
    async def open_(provider=ShelfsideProvider, *, limit=LIMIT, **settings):
        source = Shelfside(limit=limit, window_seconds=WINDOW_SECONDS)
        usual = {"lease_seconds": 5.0, "grace_seconds": 0.2, "discogs_reserve": RESERVE}
        chosen = Settings(data_dir=tmp_path, database_url=database_url, **(usual | settings))
        with source.serving() as url:
            made = provider(url, calls=limit, window_seconds=WINDOW_SECONDS)
            async with running_server(chosen, SystemClock(), provider=made) as running:
                yield Stage(running, source, url, tmp_path)
        assert files_with(CANARY, tmp_path, database_url) == []
        if database_url.get_backend_name() == "postgresql":
            assert await tables_with(CANARY, database_url) == []

    return open_


@pytest.fixture
async def stage(open_stage):
    """A stage whose quota is in nobody's way."""
    async with open_stage(limit=500) as stage:
        yield stage


def truth(keeper: Keeper, kind="collection"):
    """What the read API has to show, by our own reading of the source's entries."""
    shown = []
    for entry in keeper.copies if kind == "collection" else keeper.wishes:
        release = entry["release"]
        record = {
            "releaseId": release["number"],
            "rating": entry.get("stars"),
            "dateAdded": entry["since"],
            "masterId": None,
            "title": release["title"],
            "year": release["year"],
            "artists": [
                {"id": None, "name": name, "anv": None, "join": None, "role": None, "tracks": None}
                for name in release["by"]
            ],
            "labels": [],
            "formats": [{"name": release["medium"], "qty": None, "text": None, "descriptions": None}],
            "genres": [],
            "styles": [],
            "thumb": None,
            "coverImage": None,
        }
        if kind == "collection":
            record |= {"instanceId": entry["copy"], "folderId": entry["room"], "notes": []}
        else:
            record |= {"notes": entry["remark"]}
        shown.append(record)
    return sorted(shown, key=key_of)


async def mirror(person, kind="collection"):
    """The same as our server shows it."""
    records = await person.mirror(kind)
    for record in records:
        assert record.pop("firstSeenAt")
        assert record.pop("updatedAt")
    return records


async def summary_of(person, kind="collection", *, full=False):
    status = await person.sync(kind, full=full)
    assert status["status"] == "completed", status
    return status["summary"]


async def test_a_first_sync_brings_every_record_with_all_its_fields(stage):
    ada = await stage.keeper(copies=130, wishes=45)
    async with stage.client(ada):
        first, second = await summary_of(ada), await summary_of(ada, "wantlist")

    assert (first["added"], first["verified"], first["warnings"]) == (130, True, [])
    assert (second["added"], second["verified"]) == (45, True)
    assert await mirror(ada) == truth(ada.discogs)
    assert await mirror(ada, "wantlist") == truth(ada.discogs, "wantlist")
    assert len(stage.asked()) == len(set(stage.asked())) == 1 + 1 + 7 + 3
    rooms = (await ada.caller.get("/api/collection/folders")).json()["folders"]
    assert [(room["id"], room["name"]) for room in rooms] == [(1, "Attic"), (2, "Hall")]


async def test_a_list_that_fills_its_pages_to_the_brim_or_is_empty_ends_where_it_ends(stage):
    ada = await stage.keeper(copies=2 * PAGE_SIZE, wishes=0)
    async with stage.client(ada):
        first, second = await summary_of(ada), await summary_of(ada, "wantlist")

    assert (first["added"], first["verified"]) == (2 * PAGE_SIZE, True)
    assert (second["added"], second["verified"]) == (0, True)
    assert (len(stage.asked("/copies")), len(stage.asked("/wishes"))) == (2, 1)


async def test_a_second_sync_finds_what_was_bought_changed_and_sold(stage):
    ada = await stage.keeper(copies=90)
    async with stage.client(ada):
        await summary_of(ada)
        bought = ada.discogs.buy()["copy"]
        ada.discogs.copies[4]["stars"] += 1
        sold = ada.discogs.copies.pop(37)["copy"]
        stage.source.journal.clear()
        summary = await summary_of(ada)

    assert (summary["added"], summary["updated"], summary["removed"]) == (1, 1, 1)
    assert (summary["unchanged"], summary["verified"]) == (88, True)
    assert await mirror(ada) == truth(ada.discogs)
    # All pages once, and once more to see that what was sold is really gone.
    assert sorted(stage.asked("/copies")) == sorted(2 * list(set(stage.asked("/copies"))))
    assert len(stage.asked("/copies")) == 2 * 5
    news = (await feed(stage))[90:]
    assert news == [
        (ada.discogs.copies[4]["copy"], "updated"),
        (bought, "added"),
        (sold, "removed"),
    ]


async def feed(stage):
    async with stage.running.server.database.read() as connection:
        rows = (await connection.execute(changes.select().order_by(changes.c.seq))).mappings()
        return [(row["key"], row["action"]) for row in rows]


async def test_the_pace_keeps_within_that_api_s_own_limit_and_uses_it(open_stage):
    async with open_stage() as stage:
        ada = await stage.keeper(copies=180)
        async with stage.client(ada):
            await summary_of(ada)

        assert len(stage.asked("/copies")) == 9
        assert {call.status for call in stage.source.journal} == {200}
        worst = most_in_any_window(stage.source.journal, WINDOW_SECONDS)
        assert LIMIT - RESERVE <= worst <= LIMIT


async def test_its_source_does_turn_away_who_asks_too_much(stage):
    """Or else the test before this one would show nothing."""
    stage.source.limit = 3

    assert [stage.source.answer("/v2/me", None)[0] for _ in range(5)] == [401, 401, 401, 429, 429]


async def test_what_its_headers_say_of_the_quota_is_heard(stage):
    ada = await stage.keeper(copies=30)
    async with stage.client(ada, in_flight=1):
        await summary_of(ada)

    quota = (await ada.caller.get("/api/discogs/rateLimit")).json()
    assert quota["limit"] == 500
    assert quota["remaining"] == 500 - len(stage.asked())
    assert quota["windowSeconds"] == WINDOW_SECONDS
    assert 0 < quota["callsPerWindow"] < 500


async def test_a_call_that_is_turned_away_is_made_again(open_stage):
    async with open_stage(limit=500) as stage:
        ada = await stage.keeper(copies=90)
        stage.source.fail(429, nth=3)
        async with stage.client(ada):
            summary = await summary_of(ada)

        assert (summary["added"], summary["verified"]) == (90, True)


async def test_cursors_that_are_forgotten_in_mid_scan_cost_a_new_scan_and_no_record(stage):
    ada = await stage.keeper(copies=90)
    async with stage.client(ada):
        await summary_of(ada)
        ada.discogs.copies.pop(3)
        stage.source.journal.clear()
        stage.source.fail(410, nth=4)
        summary = await summary_of(ada)

    assert (summary["removed"], summary["verified"]) == (1, True)
    assert len(stage.asked("/copies")) == 4 + 2 * 5
    assert await mirror(ada) == truth(ada.discogs)


async def test_a_record_that_comes_twice_shows_that_the_list_moved_and_costs_a_new_scan(stage):
    ada = await stage.keeper(copies=90)
    stage.source.slip(nth=3)
    async with stage.client(ada):
        summary = await summary_of(ada)

    assert (summary["added"], summary["verified"]) == (90, True)
    assert len(stage.asked("/copies")) == 5 + 5


async def test_a_second_pass_that_differs_removes_nothing(stage):
    ada = await stage.keeper(copies=90)
    async with stage.client(ada):
        await summary_of(ada)
        sold = ada.discogs.copies.pop(3)["copy"]
        stage.source.slip(nth=5 + 3)
        summary = await summary_of(ada)

    assert (summary["removed"], summary["verified"]) == (0, False)
    assert [warning["code"] for warning in summary["warnings"]] == ["removals_unproven"]
    assert sold in await ada.keys()


async def test_a_retry_goes_on_at_the_cursor_where_it_failed(open_stage):
    async with open_stage(limit=500, attempts_max=1) as stage:
        ada = await stage.keeper(copies=90)
        stage.source.fail(500, nth=3)
        async with stage.client(ada):
            session = await ada.start()
            failed = await ada.ended(session)
            assert (failed["status"], failed["summary"]["added"]) == ("failed", 2 * PAGE_SIZE)
            assert (await ada.steer(session, "retry")).status_code == 200
            ended = await ada.ended(session)

        assert (ended["status"], ended["summary"]["verified"]) == ("completed", True)
        assert await mirror(ada) == truth(ada.discogs)
        assert (len(stage.asked("/copies")), len(set(stage.asked("/copies")))) == (5 + 1, 5)


async def test_progress_speaks_of_shelfside_and_promises_no_time_while_it_knows_none(open_stage):
    async with open_stage() as stage:
        ada = await stage.keeper(copies=100)
        async with stage.client(ada) as client:
            await ada.ended(await ada.start())
            told = [event.data for _, event in client.events if isinstance(event, SyncProgress)]

        actions = {data.current_action for data in told}
        assert "Checking the Shelfside token" in actions
        assert any("for Shelfside's rate limit" in action for action in actions if action)
        assert not any("Discogs" in action for action in actions if action)
        reading = [data for data in told if 0 < data.items_done < 100]
        assert {
            (data.estimated_seconds_left, data.items_total, data.percent_complete) for data in reading
        } == {(None, None, 0.0)}
        done = [data.items_done for data in told]
        assert done == sorted(done)


async def test_a_token_that_it_does_not_know_ends_the_sync_by_its_name(stage):
    ada = await stage.keeper(copies=10)
    ada.discogs.token = "another"
    async with stage.client(ada):
        status = await ada.sync()

    assert (
        status["errorMessage"] == "Shelfside does not accept the token any more. Save a new one, then retry."
    )


# --- where the token goes ---


async def test_the_authorization_goes_to_its_host_with_every_call_and_into_no_row(stage):
    ada, bob = await stage.keeper("ada", copies=30), await stage.keeper("bob", copies=30)
    async with stage.client(ada), stage.client(bob):
        await summary_of(ada)
        await summary_of(bob)

    for call in stage.source.journal:
        owner = ada if "/bob/" not in call.path else bob
        assert call.path == "/v2/me" or call.authorization == f"Bearer {owner.token}"
    assert {call.authorization for call in stage.source.journal} == {
        f"Bearer {ada.token}",
        f"Bearer {bob.token}",
    }
    async with stage.running.server.database.read() as connection:
        rows = (await connection.execute(requests.select())).mappings().all()
    assert {frozenset(row["headers"]) for row in rows} == {frozenset({"User-Agent", "Accept"})}
    assert all(row["response_headers"]["x-quota-limit"] == "500" for row in rows)


async def test_a_redirect_to_another_host_is_not_followed(open_stage):
    elsewhere = Shelfside(limit=100, window_seconds=1.0)
    with elsewhere.serving() as other_url:
        async with open_stage(limit=500) as stage:
            ada = await stage.keeper(copies=30)
            stage.source.redirects["/rooms"] = other_url.removesuffix("/v2")
            async with stage.client(ada):
                summary = await summary_of(ada)

            assert [warning["code"] for warning in summary["warnings"]] == ["rooms_failed"]
            assert len(stage.asked("/rooms")) == 1
            assert elsewhere.journal == []


class Astray(ShelfsideProvider):
    """A server gone bad: its provider asks for whatever it likes, and finds it all permitted."""

    wanted = ""

    def build(self, kind, task, account):
        call = super().build(kind, task, account)
        if not isinstance(task, Side):
            return call
        base_url = call.url.partition("/keepers/")[0]
        return Call(self.wanted.format(base_url=base_url), call.headers)

    def permits(self, method, url):
        return True


@pytest.mark.parametrize(
    "wanted",
    [
        f"{DISCOGS_URL}/oauth/identity",
        f"{DISCOGS_URL}/users/ada/collection/folders",
        "{base_url}/keepers/ada/rooms/1/burn",
        "{base_url}/keepers/ada/rooms?secret=1",
        "{base_url}/oauth/identity",
    ],
)
async def test_the_client_refuses_what_is_not_on_that_provider_s_list_and_all_that_is_discogs(
    open_stage, wanted
):
    provider = type("GoneAstray", (Astray,), {"wanted": wanted})
    async with open_stage(provider, limit=500) as stage:
        ada = await stage.keeper(copies=30)
        async with stage.client(ada) as client:
            summary = await summary_of(ada)

        assert [warning["code"] for warning in summary["warnings"]] == ["rooms_failed"]
        assert [event.code for _, event in client.events if isinstance(event, Refused)] == ["refused_url"]
        assert not [path for path in stage.asked() if path != "/v2/me" and "/copies" not in path]


async def test_a_client_that_is_set_to_discogs_makes_no_call_of_another_provider(stage):
    ada = await stage.keeper(copies=30)
    async with ada.client() as client:
        status = await ada.sync()

    assert status["status"] == "failed"
    assert {event.code for _, event in client.events if isinstance(event, Refused)} == {"refused_url"}
    assert stage.asked() == []
