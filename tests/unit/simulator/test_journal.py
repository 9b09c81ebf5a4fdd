import json

from cratesync.simulator import Simulator, SimulatorConfig
from cratesync.simulator.journal import digest_of

ITEMS = "/users/ada/collection/folders/0/releases?page=1&per_page=100"


async def test_every_call_is_one_line_with_what_it_cost(tmp_path, clock, calling):
    path = tmp_path / "journal.jsonl"
    simulator = Simulator(SimulatorConfig(journal=path, limit=2), clock=clock)
    simulator.add_user("ada", "token-of-ada", items=10)
    async with calling(simulator=simulator, address="127.0.0.5") as client:
        await client.get("/oauth/identity")
        clock.seconds += 1.5
        await client.get(ITEMS)
        await client.get(ITEMS)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    simulator.close()

    assert lines[1] == {
        "time": "2026-11-01T00:16:41.500000Z",
        "ip": "127.0.0.5",
        "token": digest_of("token-of-ada"),
        "method": "GET",
        "path": ITEMS,
        "status": 200,
        "slots": 1,
        "monotonic": 1001.5,
        "fault": None,
    }
    assert [(line["status"], line["slots"]) for line in lines] == [(200, 1), (200, 1), (429, 0)]
    assert [call.path for call in simulator.journal] == [line["path"] for line in lines]


async def test_tokens_are_never_written(discogs, calling):
    async with calling(headers={}) as client:
        await client.get("/users/ada/wants?token=token-of-ada&page=1")
        await client.get("/users/ada/wants?key=abc&secret=hidden")
        await client.get("/users/ada/wants")
    first, second, third = discogs.journal

    assert first.path == "/users/ada/wants?token=-&page=1"
    assert second.path == "/users/ada/wants?key=-&secret=-"
    assert first.token == digest_of("token-of-ada")
    assert third.token is None
    assert "token-of-ada" not in repr(list(discogs.journal))


async def test_a_journal_goes_on_where_it_was(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text("{}\n")
    simulator = Simulator(SimulatorConfig(journal=path))
    simulator.close()

    assert path.read_text() == "{}\n"


async def test_clearing_forgets_what_is_in_memory(discogs, ada):
    await ada.get("/oauth/identity")
    discogs.journal.clear()

    assert len(discogs.journal) == 0
