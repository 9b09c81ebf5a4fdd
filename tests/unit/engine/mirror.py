"""The mirror and what scans saw of it, in memory: the store's questions answered by plain sets."""

from cratesync.engine.events import PageArrived, RemovalsWeighed, ScanSurveyed
from cratesync.engine.removals import LOOKUPS_MAX

PAGE_TRUSTED_SECONDS = 3600.0


class Mirror:
    """`live` maps keys to (release, version), `candidates` maps keys to whether they were shown absent, and `pages` maps
    (scan, number) to the count said, the keys held and when they were read."""

    def __init__(self):
        self.live, self.candidates, self.held, self.pages = {}, {}, set(), {}

    @property
    def shown(self):
        return {key: version for key, (_, version) in self.live.items()}

    def ingest(self, task, read, now):
        fresh = updated = 0
        for key, release, version in read.records:
            before = self.live.get(key)
            if before is None:
                fresh += 1
            elif before != (release, version):
                updated += 1
            self.live[key] = (release, version)
            self.held.discard(key)
        if task.scan > 0:
            keys = sorted(key for key, _, _ in read.records)
            self.pages[task.scan, task.number] = (read.items, keys, now)
        return PageArrived(
            task=task,
            pages=read.pages,
            items=read.items,
            keys=tuple(key for key, _, _ in read.records),
            fresh=fresh,
            order_shown=read.order_shown,
            updated=updated,
            next_cursor=read.next_cursor,
        )

    def survey(self, scan, now):
        pages = {number: page for (of, number), page in self.pages.items() if of == scan}
        said = {items for items, _, _ in pages.values()}
        read = [key for _, keys, _ in pages.values() for key in keys]
        seen = set(read)
        told = {len(read)} if said == {None} else said
        if told != {len(seen)}:
            return ScanSurveyed(agrees=False, missing=0, missing_releases=(), stale_pages=())
        self.candidates = {key: False for key in self.live if key not in seen}
        releases = sorted({self.live[key][0] for key in self.candidates})
        stale = sorted(number for number, page in pages.items() if page[2] < now - PAGE_TRUSTED_SECONDS)
        return ScanSurveyed(
            agrees=True,
            missing=len(self.candidates),
            missing_releases=tuple(releases[: LOOKUPS_MAX + 1]),
            stale_pages=tuple(stale),
        )

    def judge_lookup(self, release, read):
        of_release = [key for key in self.candidates if self.live[key][0] == release]
        for key in of_release:
            if key in read.instance_ids:
                del self.candidates[key]
            elif read.complete:
                self.candidates[key] = True

    def compare(self, first, second):
        ours = {number: page[:2] for (of, number), page in self.pages.items() if of == first}
        theirs = {number: page[:2] for (of, number), page in self.pages.items() if of == second}
        if ours == theirs:
            self.candidates = dict.fromkeys(self.candidates, True)
        return ours == theirs

    def weigh(self):
        absent = sum(self.candidates.values())
        return RemovalsWeighed(absent, len(self.candidates) - absent)

    def absent(self):
        return {key for key, shown in self.candidates.items() if shown}

    def remove_absent(self):
        gone = self.absent()
        for key in gone:
            del self.live[key]
        return gone
