"""Who fetches, where the connections of one user are on several nodes."""

from cratesync.server.seats import Candidate, Seats
from integration.sync.test_unattended import id_of

HEADLESS, PAGE = 3, 0


def candidate(name, rank):
    return Candidate(name, "", name, reads_headers=rank == HEADLESS, in_flight_max=2, rank=rank)


async def test_a_better_client_on_another_node_gets_the_seat_back_from_a_page(stage):
    ada = await id_of(await stage.person())
    here = stage.server.syncing.seats
    there = Seats(
        node="there",
        database=here._database,
        transactions=here._transactions,
        carrier=here._carrier,
        rules=here._rules,
    )
    assert await here.arrive(ada, candidate("headless here", HEADLESS), ())
    assert not await here.arrive(ada, candidate("page here", PAGE), ())
    assert not await there.arrive(ada, candidate("headless there", HEADLESS), ())
    await here.leave(ada, "headless here", [candidate("page here", PAGE)])

    assert await there.take_if_vacant(ada, candidate("headless there", HEADLESS))
    assert not await here.take_if_vacant(ada, candidate("page here", PAGE))
    assert await there.take_if_vacant(ada, candidate("headless there", HEADLESS))
