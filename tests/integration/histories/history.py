"""A list that changes before, during and between syncs, calls that go wrong, and people who interfere, in the server's rooms."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from cratesync.engine.sync import SyncStatus
from cratesync.server.edge import ApiError
from integration.histories import lists
from integration.histories.rooms import LEASE_SECONDS
from integration.histories.witness import Witness

PLACES = st.integers(0, 99)
RECORDS = st.sampled_from((4, 0, 3, 7, 8, 9, 11, 14))
CHANGES = st.sampled_from([("remove", "add"), ("add", "remove"), *((what,) for what in lists.CHANGES)])
FAILURES = [(500, None), (429, None), (0, "network: It was not reached."), (0, "oversize: Too large.")]


def active(history):
    return history.witness.sync is not None and history.witness.sync.sync.is_active


def flying(history):
    return bool(history.keeper.flights)


class History(RuleBasedStateMachine):
    """One keeper and one list. `do` waits for a coroutine. After each step the witness looks at everything."""

    def __init__(self, rooms, do, kind):
        super().__init__()
        self.rooms, self.do, self.kind = rooms, do, kind

    @initialize(records=RECORDS, mirrored=st.booleans())
    def begin(self, records, mirrored):
        counts = {"items" if self.kind == "collection" else "wants": records}
        self.keeper = self.do(self.rooms.somebody(**counts))
        self.list = lists.LISTS[self.kind](self.keeper.discogs, self.rooms.simulator.drift)
        self.witness = Witness(self.keeper, self.list)
        if mirrored:
            self.start()
            self.run()

    @rule(changes=CHANGES, place=PLACES)
    def change(self, changes, place):
        """The list changes, once or more often."""
        for what in changes:
            self.list.change(what, place)
            self.witness.changed()

    # --- people ---

    @precondition(lambda self: not active(self))
    @rule(full=st.booleans(), page_limit=st.sampled_from([None, None, None, 1, 2]))
    def start(self, full=True, page_limit=None):
        started = self.do(self.keeper.start(self.kind, full=full, page_limit=page_limit))
        self.do(self.witness.began(started))

    @precondition(lambda self: not active(self))
    @rule(
        full=st.sampled_from([True, True, False]),
        answers=st.integers(0, 8),
        place=PLACES,
        meanwhile=CHANGES | st.just(()),
    )
    def a_sync_is_crossed(self, full, answers, place, meanwhile):
        """Right between two answers, and by nothing else: chance alone would seldom hit that."""
        self.start(full=full)
        for _ in range(answers):
            self.send([0])
        self.change(meanwhile, place)
        self.run()

    @precondition(lambda self: self.witness.sync)
    @rule(how=st.sampled_from(["cancel", "pause", "resume", "resume", "retry", "retry"]))
    def steer(self, how):
        try:
            self.do(self.keeper.steer(how, self.witness.sync.id))
        except ApiError as refused:
            if refused.code != "illegal_move":
                raise
        self.do(self.witness.look())

    @precondition(lambda self: self.witness.held)
    @rule(confirm=st.booleans())
    def decide(self, confirm):
        self.do(self.keeper.confirm(self.witness.holding, confirm=confirm))
        self.do(self.witness.look(confirmed=True))

    def read_on(self):
        """Somebody reads the next page; so they do after each answer, while the mirror changes under their eyes."""
        self.do(self.witness.reader.read_on())

    # --- calls and answers ---

    @precondition(active)
    @rule(answers=st.lists(PLACES, max_size=4), meanwhile=CHANGES | st.just(()))
    def send(self, answers, meanwhile=()):
        """Calls leave and are answered; after the first answer something happens to the list."""
        self.do(self.keeper.send())
        for which in answers:
            self.answer(which)
            self.change(meanwhile, which)
            meanwhile = ()

    def answer(self, which):
        if self.keeper.flights:
            self.arrive(which)
            self.deliver(which)

    @precondition(flying)
    @rule(which=PLACES)
    def arrive(self, which):
        flights = self.keeper.flights
        flight = flights[which % len(flights)]
        if flight.response is None:
            self.do(self.keeper.arrive(flight))

    @precondition(flying)
    @rule(which=PLACES)
    def deliver(self, which):
        flights = self.keeper.flights
        self._deliver(flights[which % len(flights)])

    @precondition(lambda self: self.keeper.delivered)
    @rule(which=PLACES)
    def repeat(self, which):
        delivered = self.keeper.delivered
        self._deliver(delivered[which % len(delivered)])

    @precondition(flying)
    @rule(which=PLACES, how=st.sampled_from(FAILURES))
    def fail(self, which, how):
        flights = self.keeper.flights
        status, error = how
        self._deliver(self.keeper.fail(flights[which % len(flights)], status, error=error))

    def _deliver(self, answered):
        if answered.response is not None:
            accepted = self.do(self.keeper.deliver(answered))
            self.do(self.witness.answered(answered, accepted=accepted))
            self.read_on()

    @precondition(active)
    @rule(seconds=st.sampled_from([0.3, LEASE_SECONDS + 1, 3_700.0]))
    def wait(self, seconds):
        self.do(self.keeper.wait(seconds))
        self.do(self.witness.look())

    @precondition(flying)
    @rule()
    def change_hands(self):
        self.do(self.keeper.connect())

    # --- and in the end ---

    @precondition(active)
    @rule()
    def run(self):
        """Nothing goes wrong until the sync has ended."""
        for _ in range(200):
            if self.witness.sync.sync.status is SyncStatus.PAUSED:
                self.steer("resume")
            if not active(self):
                return
            self.do(self.keeper.send())
            if not self.keeper.flights:
                self.wait(LEASE_SECONDS + 1)
            while self.keeper.flights:
                self.answer(0)
        raise AssertionError(f"It goes on for ever: {self.witness.sync}")

    def teardown(self):
        """Nothing changes any more: a full sync ends verified, and the mirror is the list."""
        if active(self):
            self.run()
        self.start()
        self.run()
        sync = self.witness.sync
        assert sync.sync.status is SyncStatus.COMPLETED
        assert sync.summary.verified
        if self.witness.held:
            self.decide(confirm=True)
        self.witness.oracle.rests(self.witness.shown())
