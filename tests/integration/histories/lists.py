"""The two lists as Discogs has them: how they change, and what of them has to be in a mirror."""

from msgspec import json

CHANGES = ("add", "remove", "come_back", "move", "rerate", "edit", "retitle")


class Items:
    """A collection. What comes back is another copy of a release that is owned."""

    kind, key = "collection", "instance_id"

    def __init__(self, discogs, drift):
        self._discogs, self._collection, self._drift = discogs, discogs.collection, drift

    def truth(self):
        """By key, what the user or the database may change."""
        items = map(self._collection.item, self._collection.instance_ids())
        return {
            item.key: (item.folder_id, item.rating, noted(item.notes), item.basic.title) for item in items
        }

    def values(self, row):
        """The same of a mirrored record."""
        return (row["folder_id"], row["rating"], noted(row["notes"]), row["title"])

    def keys_on(self, page):
        """Which records stand in an answer."""
        return {record["instance_id"] for record in json.decode(page)["releases"]}

    def change(self, what, place):
        owned = self._collection.instance_ids()
        if what == "add":
            self._drift.add(self._discogs)
        elif not owned:
            return
        elif what == "remove":
            self._collection.remove(owned[place % len(owned)])
        elif what == "come_back":
            self._collection.add(self._collection.item(owned[place % len(owned)]).release_id)
        else:
            getattr(self._drift, what)(self._discogs, instance_ids=[owned[place % len(owned)]])


class Wants:
    """A wantlist. What comes back was given up before."""

    kind, key = "wantlist", "release_id"

    def __init__(self, discogs, drift):
        self._discogs, self._wantlist, self._drift = discogs, discogs.wantlist, drift
        self._given_up = []

    def truth(self):
        wants = map(self._wantlist.want, self._wantlist.release_ids())
        return {want.key: (want.rating, want.notes, want.basic.title) for want in wants}

    def values(self, row):
        return (row["rating"], row["notes"], row["title"])

    def keys_on(self, page):
        return {record["id"] for record in json.decode(page)["wants"]}

    def change(self, what, place):
        wanted = self._wantlist.release_ids()
        if what == "come_back":
            if self._given_up:
                self._wantlist.add(self._given_up.pop(place % len(self._given_up)))
        elif what == "add" or not wanted:
            self._drift.want(self._discogs)
        elif what == "remove":
            key = wanted[place % len(wanted)]
            self._wantlist.remove(key)
            self._given_up.append(key)
        else:
            key = wanted[place % len(wanted)]
            if what == "rerate":
                self._discogs.rate(key, (self._discogs.rating_of(key) + 1) % 6)
            else:
                self._wantlist.note(key, f"{what} {place}")


LISTS = {"collection": Items, "wantlist": Wants}


def noted(notes):
    """The notes of an item, Discogs' own or mirrored."""
    return tuple((note.field_id, note.value) for note in notes)
