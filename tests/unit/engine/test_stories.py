"""Whatever happens in whatever order: syncs end, counts agree, and nothing that is owned ever vanishes."""

from hypothesis import event, given, note
from hypothesis import strategies as st

from cratesync.engine.outcomes import Forbidden, Refused, TokenRefused
from cratesync.engine.sync import SyncStatus
from unit.engine.examples import examples
from unit.engine.source import Source
from unit.engine.world import FAULTS, World

FATAL = (None, TokenRefused(), Forbidden("Private."), Refused("oversize", "Too large."))
WAYS = st.sampled_from([{}, {}, {"sorts": False}, {"by_cursor": True}, {"by_cursor": True, "sorts": False}])
"""How a list is paged: by number and sorted, as Discogs does it, more often than not."""
PEOPLE = {
    "start": lambda world, n: world.start(
        full=n % 3 == 0, page_limit=2 if n % 11 == 5 else None, checked=n % 4 != 1
    ),
    "cancel": lambda world, _: world.cancel(),
    "pause": lambda world, _: world.pause(),
    "resume": lambda world, _: world.resume(),
    "retry": lambda world, _: world.retry(),
    "another": lambda world, _: world.another_sync_ran(),
}
SERVER = {
    "send": lambda world, _: world.send(),
    "wait": lambda world, n: world.wait((0.3, 3.0, 30.0, 100.0)[n % 4]),
    "sleep": lambda world, _: world.wait(3_700.0),
    "restart": lambda world, _: world.restart(),
    "disconnect": lambda world, _: world.disconnect(),
}
CALLS = {
    "answer": lambda world, n: world.answer(n),
    "arrive": lambda world, n: world.arrive(n),
    "deliver": lambda world, n: world.deliver(n),
    "repeat": lambda world, n: world.repeat(n),
    "lose": lambda world, n: world.lose(n),
    "fail": lambda world, n: world.fail(n // len(FAULTS), FAULTS[n % len(FAULTS)]),
    "stumble": lambda world, n: world.fail(n // 3, FAULTS[n % 3]),
}
USUAL = {"round": lambda world, _: world.round()}
GROWTH = {
    "add": lambda world, _: world.source.add(),
    "remove": lambda world, n: world.source.remove(n),
    "edit": lambda world, n: world.source.edit(n),
}
RENAME = {"rename": lambda world, n: setattr(world.source, "account", f"keeper{n % 3}")}
REDATE = {"redate": lambda world, n: world.source.redate(n, n // 7)}
REAPPEAR = {"reappear": lambda world, n: reappear(world, n)}


def reappear(world, n):
    gone = sorted(set(world.mirror.live) - world.source.keys)
    if gone:
        world.source.add(gone[n % len(gone)])


def stories(*happenings):
    """Lists of (what, number); sending and answering are the most frequent, or no story would get anywhere."""
    known = dict(USUAL)
    for some in happenings:
        known |= some
    usual = st.sampled_from(["round", "send", "answer", "answer"])
    one = st.tuples(usual | st.sampled_from(sorted(known)), st.integers(0, 999))
    return st.integers(0, 60).flatmap(lambda length: st.lists(one, min_size=length, max_size=length))


def play(world, story):
    happenings = {**USUAL, **PEOPLE, **SERVER, **CALLS, **GROWTH, **RENAME, **REDATE, **REAPPEAR}
    for what, number in story:
        note(f"{what} {number}")
        happenings[what](world, number)


def settle(world):
    """Faults stop, the list stands still: what runs comes to its end, and after one more full sync the mirror is right."""
    world.run()
    before = world.sync.status
    if before is SyncStatus.FAILED:
        world.retry()
        world.run()
    world.account = world.source.account
    world.start(full=True)
    world.run()
    assert world.sync.status is SyncStatus.COMPLETED
    assert world.sync.plan.verified
    if world.sync.plan.held:
        event("held removals")
        assert set(world.mirror.live) - world.mirror.held == world.source.keys
    else:
        assert world.mirror.shown == world.source.truth
    event(f"the story's own sync was {before}")


@examples(150)
@given(st.integers(0, 25), WAYS, stories(PEOPLE, SERVER, CALLS, GROWTH, RENAME, REDATE))
def test_a_collection_comes_to_rest_at_the_truth(records, way, story):
    world = World(Source(records, **way))
    world.start()
    play(world, story)
    settle(world)


@examples(150)
@given(st.integers(0, 25), WAYS, stories(PEOPLE, SERVER, CALLS, GROWTH, REAPPEAR))
def test_a_wantlist_comes_to_rest_at_the_truth(records, way, story):
    world = World(Source(records, **way), kind="wantlist")
    world.start()
    play(world, story)
    settle(world)


@examples(120)
@given(
    st.sampled_from(["collection", "wantlist"]),
    st.integers(8, 30),
    WAYS,
    st.lists(st.integers(0, 99), min_size=1, max_size=12),
    stories(SERVER, CALLS, PEOPLE),
)
def test_removals_survive_any_story(kind, records, way, removals, story):
    """A mirror is there already, and the list has shrunk: the story is that of proving it."""
    world = World(Source(records, **way), kind=kind)
    world.start(full=True)
    world.run()
    for place in removals:
        world.source.remove(place)
    world.start(full=True)
    play(world, story)
    settle(world)


@examples(150)
@given(
    st.sampled_from(["collection", "wantlist"]),
    st.integers(3, 30),
    WAYS,
    st.lists(st.integers(0, 99), max_size=4),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from(FATAL)), min_size=1, max_size=3),
)
def test_a_sync_may_fail_and_be_retried_at_any_point_of_its_way(kind, records, way, removals, full, failures):
    world = World(Source(records, **way), kind=kind)
    world.start(full=True)
    world.run()
    for place in removals:
        world.source.remove(place)
    world.source.add()
    world.start(full=full)
    for answers, fatal in failures:
        for _ in range(answers):
            world.send()
            world.answer()
        world.send()
        if fatal is None:
            world.end()
        else:
            world.fail(0, fatal)
            world.deliver(0)
        world.another_sync_ran()
        world.retry()
    settle(world)


@examples(60)
@given(st.integers(6, 30), WAYS, st.integers(0, 8), st.integers(0, 3), st.integers(1, 6))
def test_an_incremental_sync_of_a_quiet_list_finds_every_addition_and_removal(
    records, way, additions, removals, in_flight_max
):
    world = World(Source(records, **way), in_flight_max=in_flight_max)
    world.start(full=True)
    world.run()
    for _ in range(removals):
        world.source.remove(0)
    for _ in range(additions):
        world.source.add()

    world.start()
    world.run()

    if world.sync.plan.held:
        assert set(world.mirror.live) - world.mirror.held == world.source.keys
    else:
        assert world.mirror.shown == world.source.truth


@examples(80)
@given(st.integers(0, 40), WAYS, st.data())
def test_nothing_that_stays_in_the_list_leaves_the_mirror_while_others_come_and_go(records, way, data):
    world = World(Source(records, **way), in_flight_max=3)
    world.start(full=True)
    world.run()
    stays = set(world.source.keys)
    world.start(full=True)
    for _ in range(400):
        if not world.sync.is_active:
            break
        world.send()
        what = data.draw(st.sampled_from(["answer", "answer", "answer", "add", "remove", "redate"]))
        number = data.draw(st.integers(0, 99))
        play(world, [(what, number)])
        stays &= world.source.keys
        assert stays <= set(world.mirror.live)
        if not world.flights:
            world.wait(70)
