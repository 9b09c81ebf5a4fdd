"""The world around the engine with an oracle in it, which is told of all that happens and judges every moment."""

from cratesync.engine.effects import Hold, Remove
from cratesync.engine.sync import SyncStatus
from unit.engine.mirror import Mirror
from unit.engine.world import World


class WatchedMirror(Mirror):
    """Tells the oracle what it takes in and what it is to give up."""

    def __init__(self, oracle):
        super().__init__()
        self._oracle = oracle

    def ingest(self, task, read, now):
        arrived = super().ingest(task, read, now)
        self._oracle.mirrored({key for key, _, _ in read.records})
        return arrived


class WatchedWorld(World):
    """Changes of the list are made through it, so that the oracle hears of each."""

    def __init__(self, source, oracle, **options):
        super().__init__(source, **options)
        self.oracle, self.mirror = oracle, WatchedMirror(oracle)
        self.account = source.account
        self._judged = None

    def change(self, how, *details):
        getattr(self.source, how)(*details)
        self.oracle.changed(self.source.truth)

    def start(self, **options):
        if self.sync is None or not self.sync.is_active:
            self.oracle.began()
        super().start(**options)

    def confirm(self, *, confirm):
        """The user says whether what is held may go."""
        for key in self.mirror.held if confirm else ():
            del self.mirror.live[key]
        self.mirror.held = set()
        self.check()

    def check(self):
        super().check()
        self.oracle.sees(self.mirror.shown)
        if self.sync is not None and self.sync is not self._judged:
            self._judged = self.sync
            if self.sync.status is SyncStatus.COMPLETED:
                self._judge_the_end(self.sync.plan)

    def _judge_the_end(self, plan):
        keys = self.mirror.live.keys() - self.mirror.held
        if plan.verified and self.source.by_cursor:
            self.oracle.complete(keys)
        elif plan.verified:
            self.oracle.verified(keys)
        elif plan.scans_made == 0 and plan.page_limit is None and plan.held_before == 0:
            self.oracle.counted(keys)

    def _do(self, effect):
        if isinstance(effect, Remove | Hold):
            assert self.sync.status not in (SyncStatus.FAILED, SyncStatus.CANCELLED), (
                "one that came to nothing removes"
            )
            assert self.sync.plan.page_limit is None, (
                "a sync that did not mean to read everything removes something"
            )
            self.oracle.absent(self.mirror.absent())
        super()._do(effect)
