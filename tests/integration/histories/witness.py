"""Looks at one list and its mirror after every step, from all sides, and has the oracle judge what it sees."""

from collections import Counter
from uuid import UUID

from sqlalchemy import select

from cratesync.engine.sync import SyncStatus
from cratesync.server.store import syncs
from cratesync.server.store.lists import list_of
from cratesync.server.store.reading import records_of
from cratesync.server.store.tables import changes, held_removals
from integration.histories.readers import FeedReader, ListReader
from oracle import Oracle


class Witness:
    """`sync` is the newest sync as it was at the last look, `held` the records that wait for the user, and `holding`
    the sync that held them."""

    def __init__(self, keeper, list_):
        self.keeper, self.list = keeper, list_
        self.oracle = Oracle(list_.truth())
        self.reader = ListReader(keeper.rooms, keeper.user_id, list_, self.oracle)
        self.feed = FeedReader()
        self.sync, self.holding, self.held, self.mirror = None, None, set(), {}
        self._counted: dict[UUID, Counter[str]] = {}

    # --- what it is told ---

    def changed(self):
        """The list is another."""
        self.oracle.changed(self.list.truth())
        self.reader.something_changed()

    async def began(self, sync_id):
        """A sync was started."""
        self.oracle.began()
        await self.look(sync_id=sync_id)

    async def answered(self, flight, *, accepted):
        """The server took an answer."""
        if accepted and self.sync.sync.is_active and flight.of_a_page and flight.response.status == 200:
            self.oracle.mirrored(self.list.keys_on(flight.response.body))
        await self.look()

    # --- what it sees ---

    async def look(self, *, sync_id=None, confirmed=False):
        """Compare everything. `confirmed` says that the user let go what is held."""
        async with self.keeper.rooms.database.read() as connection:
            self.mirror = await self._mirror(connection)
            feed = await self._rows(
                connection,
                select(changes).where(changes.c.seq > self.feed.seq).order_by(changes.c.seq),
                changes,
            )
            held_rows = await self._rows(connection, select(held_removals), held_removals)
            if sync_id is None and self.sync is not None:
                sync_id = self.sync.id
            sync = None if sync_id is None else await syncs.find(connection, self.keeper.user_id, sync_id)
        self._judge_removals(
            {row["key"] for row in feed if row["action"] == "removed"}, sync, confirmed=confirmed
        )
        held = {row["key"] for row in held_rows}
        for row in held_rows:
            self.holding = row["sync_session_id"]
        assert held <= self.mirror.keys(), "what is gone already waits for the user"
        if held - self.held:
            self.oracle.absent(held)
        for row in feed:
            self._counted.setdefault(row["sync_session_id"], Counter())[row["action"]] += 1
        self.feed.follow(feed, self.mirror)
        self.oracle.sees(self.shown())
        self.held = held
        if sync is not None and not sync.sync.is_active and not self._had_ended(sync):
            self._judge_the_end(sync)
        self.sync = sync

    def _had_ended(self, sync):
        """What the user decides later changes its summary, and is no end."""
        return self.sync is not None and self.sync.id == sync.id and not self.sync.sync.is_active

    def shown(self):
        """The mirror as values that compare with the truth's."""
        return {key: self.list.values(row) for key, row in self.mirror.items()}

    async def _mirror(self, connection):
        mirrored = list_of(self.list.kind)
        table = mirrored.table
        query = records_of(mirrored).where(
            table.c.user_id == self.keeper.user_id, table.c.removed_at.is_(None)
        )
        return {row[mirrored.key.name]: row for row in (await connection.execute(query)).mappings()}

    async def _rows(self, connection, query, table):
        mine = query.where(table.c.user_id == self.keeper.user_id)
        return (await connection.execute(mine)).mappings().all()

    def _judge_removals(self, removed, sync, *, confirmed):
        if confirmed:
            assert removed <= self.held, "the user let go something else"
        elif removed:
            assert sync.sync.plan.page_limit is None, "one that did not mean to read everything removes"
            assert sync.sync.status not in (SyncStatus.FAILED, SyncStatus.CANCELLED), (
                "one that came to nothing removes"
            )
            self.oracle.absent(removed)

    def _judge_the_end(self, sync):
        summary, counted = sync.summary, self._counted.get(sync.id, Counter())
        assert summary.added == counted["added"] + counted["restored"]
        assert (summary.updated, summary.removed) == (counted["updated"], counted["removed"])
        keys, plan = self.mirror.keys() - self.held, sync.sync.plan
        if summary.verified:
            assert sync.sync.status is SyncStatus.COMPLETED
            self.oracle.verified(keys)
        elif (
            sync.sync.status is SyncStatus.COMPLETED
            and plan.scans_made == plan.held_before == 0
            and plan.page_limit is None
        ):
            self.oracle.counted(keys)
