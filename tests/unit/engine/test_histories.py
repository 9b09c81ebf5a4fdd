"""A list that changes before, during and between syncs, calls that go wrong, people who interfere: what a mirror promises
holds at every moment of every such history. The server's own rooms have to show the same in tests/integration/histories.
"""

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cratesync.engine.outcomes import Refused
from cratesync.engine.sync import SyncStatus
from oracle import Oracle
from unit.engine.examples import examples
from unit.engine.source import Source
from unit.engine.watched import WatchedWorld
from unit.engine.world import FAULTS

STEPS = 35
PLACES = st.integers(0, 99)
WAYS = {"by number": {}, "unsorted": {"sorts": False}, "by cursor": {"by_cursor": True}}
RECORDS = st.sampled_from((4, 0, 3, 7, 8, 9, 11, 14))
CHANGES = st.sampled_from(
    [("remove", "add"), ("add", "remove"), ("add",), ("remove",), ("edit",), ("rerate",)]
)
KINDS = pytest.mark.parametrize("kind", ["collection", "wantlist"])


def active(history):
    return history.world.sync is not None and history.world.sync.is_active


def flying(history):
    return bool(history.world.flights)


class History(RuleBasedStateMachine):
    """One list and its mirror. The world looks at everything after each step, and the oracle judges it."""

    def __init__(self, kind, way):
        super().__init__()
        self.kind, self.way = kind, way

    @initialize(records=RECORDS, in_flight_max=st.integers(1, 4), mirrored=st.booleans())
    def begin(self, records, in_flight_max, mirrored):
        source = Source(records, **self.way)
        self.world = WatchedWorld(source, Oracle(source.truth), kind=self.kind, in_flight_max=in_flight_max)
        if mirrored:
            self.world.start(full=True)
            self.world.run()

    @rule(changes=CHANGES, place=PLACES)
    def change(self, changes, place):
        """The list changes, once or more often."""
        for what in changes:
            self.world.change(what, *(() if what == "add" else (place,)))

    @precondition(lambda self: self.kind == "wantlist" and not self.world.source.by_cursor)
    @rule(place=PLACES)
    def come_back(self, place):
        """What was given up is wanted again, and is the newest now. A cursor that names it would go there too, and what lies
        between would be skipped: that a cursor stays a place in the list is taken for granted."""
        gone = sorted(self.world.oracle.ever.keys() - self.world.source.keys)
        if gone:
            self.world.change("add", gone[place % len(gone)])

    # --- people ---

    @precondition(lambda self: not active(self))
    @rule(full=st.booleans(), page_limit=st.sampled_from([None, None, None, 1, 2]))
    def start(self, full, page_limit):
        self.world.start(full=full, page_limit=page_limit)

    @precondition(lambda self: not active(self))
    @rule(
        full=st.sampled_from([True, True, False]),
        answers=st.integers(0, 11),
        place=PLACES,
        meanwhile=CHANGES | st.just(()),
    )
    def a_sync_is_crossed(self, full, answers, place, meanwhile):
        """Right between two answers, and by nothing else: chance alone would seldom hit that."""
        self.start(full=full, page_limit=None)
        for _ in range(answers):
            self.send([0])
        self.change(meanwhile, place)
        self.world.run()

    @precondition(lambda self: not active(self))
    @rule(changes=CHANGES, place=PLACES, answers=st.integers(0, 14))
    def a_sync_is_cut_short(self, changes, place, answers):
        """And retried, perhaps while it proves what is gone."""
        self.change(changes, place)
        self.start(full=True, page_limit=None)
        for _ in range(answers):
            self.send([0])
        self.world.end()
        self.world.retry()
        self.world.run()

    @precondition(active)
    @rule(how=st.sampled_from(["cancel", "pause", "pause", "end"]))
    def interfere(self, how):
        getattr(self.world, how)()

    @rule()
    def go_on(self):
        self.world.resume()
        self.world.retry()

    @precondition(lambda self: self.world.mirror.held and not active(self))
    @rule(confirm=st.booleans())
    def decide(self, confirm):
        self.world.confirm(confirm=confirm)

    # --- calls and answers ---

    @precondition(active)
    @rule(answers=st.lists(PLACES, max_size=4), meanwhile=CHANGES | st.just(()))
    def send(self, answers, meanwhile=()):
        """Calls leave and are answered; after the first answer something happens to the list."""
        self.world.send()
        for which in answers:
            self.world.answer(which)
            self.change(meanwhile, which)
            meanwhile = ()

    @precondition(flying)
    @rule(which=PLACES)
    def arrive(self, which):
        self.world.arrive(which)

    @precondition(flying)
    @rule(which=PLACES)
    def deliver(self, which):
        self.world.deliver(which)

    @precondition(flying)
    @rule(which=PLACES, fault=st.sampled_from([*FAULTS[:4], Refused("oversize", "Too large.")]))
    def fail(self, which, fault):
        self.world.fail(which, fault)
        self.world.deliver(which)

    @precondition(lambda self: self.world.delivered)
    @rule(which=PLACES)
    def repeat(self, which):
        self.world.repeat(which)

    @precondition(active)
    @rule(seconds=st.sampled_from([0.3, 3.0, 100.0, 3_700.0]))
    def wait(self, seconds):
        self.world.wait(seconds)

    @precondition(flying)
    @rule()
    def change_hands(self):
        self.world.disconnect()

    # --- and in the end ---

    @precondition(active)
    @rule()
    def run(self):
        self.world.run()
        event(f"{self.world.sync.status}, verified: {self.world.sync.plan.verified}")

    def teardown(self):
        """Nothing changes any more and nothing goes wrong: a full sync ends verified, and the mirror is the list."""
        world = self.world
        world.run()
        world.start(full=True)
        world.run()
        assert world.sync.status is SyncStatus.COMPLETED
        assert world.sync.plan.verified
        world.confirm(confirm=True)
        world.oracle.rests(world.mirror.shown)


@KINDS
@pytest.mark.parametrize(("way", "histories"), [("by number", 600), ("unsorted", 300), ("by cursor", 120)])
def test_a_mirror_keeps_its_promises(kind, way, histories):
    run_state_machine_as_test(
        lambda: History(kind, WAYS[way]), settings=settings(examples(histories), stateful_step_count=STEPS)
    )


@KINDS
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mirrored", [True, False])
def test_one_goes_and_one_comes_between_any_two_answers(kind, way, mirrored):
    """Every count stays right, while one that is owned slips from a page that is to come to one that was read."""
    for answers in range(12):
        for place in range(8):
            history = History(kind, WAYS[way])
            history.begin(records=8, in_flight_max=1 + place % 3, mirrored=mirrored)
            history.start(full=True, page_limit=None)
            for _ in range(answers):
                history.send([0])

            history.change(("remove", "add"), place)

            history.teardown()
