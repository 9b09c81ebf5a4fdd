import pytest

from cratesync.simulator import Fault, Kind, Simulator, SimulatorConfig
from cratesync.simulator.journal import Served

IDENTITY = "/oauth/identity"


async def statuses(client, count, method="GET", path=IDENTITY):
    return [(await client.request(method, path)).status_code for _ in range(count)]


def rate(answer):
    names = ("x-discogs-ratelimit", "x-discogs-ratelimit-used", "x-discogs-ratelimit-remaining")
    return tuple(int(answer.headers[name]) for name in names)


async def test_sixty_calls_go_through_and_the_next_waits_for_the_window(ada, clock):
    assert await statuses(ada, 61) == [200] * 60 + [429]
    clock.seconds += 59.9
    assert await statuses(ada, 1) == [429]
    clock.seconds += 0.1
    assert await statuses(ada, 61) == [200] * 60 + [429]


async def test_twenty_five_calls_go_through_without_a_token(stranger, calling, discogs):
    assert await statuses(stranger, 26, path="/users/ada") == [200] * 25 + [429]

    async with calling(address="127.0.0.9") as same_address:
        assert await statuses(same_address, 36) == [200] * 35 + [429]


async def test_the_headers_lag_by_one_call(ada):
    assert rate(await ada.get(IDENTITY)) == (60, 0, 60)
    assert rate(await ada.get(IDENTITY)) == (60, 1, 59)


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({}, 25),
        ({"Authorization": "Discogs token=nobodys"}, 60),
        ({"Authorization": "Discogs key=app, secret=hidden"}, 60),
        ({"Authorization": "Bearer something"}, 25),
    ],
)
async def test_credentials_alone_decide_the_limit(calling, headers, limit):
    async with calling(headers=headers) as client:
        assert rate(await client.get("/users/ada"))[0] == limit


async def test_both_limits_are_scaled(clock, calling):
    simulator = Simulator(SimulatorConfig(limit=120), clock=clock)
    simulator.add_user("ada", "token-of-ada")
    async with calling(simulator=simulator) as client, calling(simulator=simulator, headers={}) as stranger:
        assert rate(await client.get(IDENTITY))[0] == 120
        assert rate(await stranger.get(IDENTITY))[0] == 50


async def test_a_throttled_call_says_neither_when_to_come_back_nor_that_a_page_may_read_it(ada):
    await statuses(ada, 60)
    answer = await ada.get(IDENTITY, headers={"Origin": "https://page.test"})

    assert answer.status_code == 429
    assert rate(answer) == (60, 60, 0)
    assert answer.json() == {"message": "You are making requests too quickly."}
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "retry-after"]
    assert answer.headers["server"] == "cloudflare"


@pytest.mark.parametrize(("variant", "bodies"), [("newline", {"\n"}), ("mixed", {"\n", "{"})])
async def test_a_throttled_body_can_be_bare(clock, calling, variant, bodies):
    simulator = Simulator(SimulatorConfig(limit=1, throttle_body=variant), clock=clock)
    async with calling(simulator=simulator) as client:
        await client.get(IDENTITY)

        assert {(await client.get(IDENTITY)).text[0] for _ in range(30)} == bodies


@pytest.mark.parametrize(("counts", "left"), [(True, 30), (False, 60)])
async def test_preflights_cost_a_slot_if_they_count(clock, calling, counts, left):
    simulator = Simulator(SimulatorConfig(preflight_counts=counts), clock=clock)
    simulator.add_user("ada", "token-of-ada")
    async with calling(simulator=simulator) as client:
        assert await statuses(client, 30, "OPTIONS") == [204] * 30
        assert await statuses(client, 61) == [200] * left + [429] * (61 - left)
        assert await statuses(client, 1, "OPTIONS") == [429 if counts else 204]
    assert {call.slots for call in simulator.journal if call.method == "OPTIONS" and call.status == 204} == {
        int(counts)
    }


async def test_a_rejected_call_can_be_made_to_cost_a_slot(clock, calling):
    simulator = Simulator(SimulatorConfig(limit=1, rejected_counts=True), clock=clock)
    simulator.add_user("ada", "token-of-ada")
    async with calling(simulator=simulator) as client:
        await client.get(IDENTITY)
        clock.seconds += 30
        assert await statuses(client, 1) == [429]
        clock.seconds += 30
        assert await statuses(client, 1) == [429]


async def test_a_429_on_cue_uses_no_slot(discogs, ada):
    discogs.faults.set(Fault(Kind.THROTTLED, next=1))

    assert await statuses(ada, 2) == [429, 200]
    assert [call.slots for call in discogs.journal] == [0, 1]


async def test_the_journal_shows_that_no_window_was_overdrawn(discogs, ada, clock):
    for _ in range(300):
        await ada.get(IDENTITY)
        clock.seconds += 0.7
    calls: list[Served] = list(discogs.journal)

    for first in calls:
        window = [call for call in calls if 0 <= call.monotonic - first.monotonic < 60]
        assert sum(call.slots for call in window) <= 60


async def test_covers_are_throttled_apart(discogs, ada):
    item = (await ada.get("/users/ada/collection/folders/0/releases?per_page=1")).json()["releases"][0]
    cover = item["basic_information"]["cover_image"]
    found = [(await ada.get(cover)).status_code for _ in range(41)]

    assert found == [200] * 40 + [429]
    assert rate(await ada.get(IDENTITY))[1] == 1
    assert sum(call.slots for call in discogs.journal) == 2
