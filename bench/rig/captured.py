"""The rows that one answer leaves behind, taken from a database that our server wrote, and made anew for other people.

So the bare statement writes what the server writes, whatever that comes to be: a page's items, the feed's lines on them, the contents
that were new with their words, what the scan saw, the request that was answered, the one that leaves now and one more that waits,
the sync, and the ledger. Values are as the driver hands them out.
"""

# ruff: noqa: S608 - what stands in these queries came out of our own tables

import itertools
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from cratesync.server.ids import new_id
from rig.pages import FIRST_NEW_RELEASE

Row = dict[str, object]
Query = Callable[[str], Awaitable[Sequence[Mapping[str, object]]]]

# Whose values are a row's own, and not changed with an answer.
FIXED = frozenset(
    {"id", "user_id", "session_id", "sync_type", "origin", "started_at", "created_at", "first_change_seq"}
)


class Page(Struct):
    """What one answer wrote beside the books."""

    items: list[Row]
    changes: list[Row]
    contents: list[Row]
    words: list[Row]
    seen: Row


class Answer(Struct):
    """What one answer writes: rows to be added by table, and values to be set, with the id of their row."""

    added: dict[str, list[Row]]
    answered: Row
    leaving: Row
    sync: Row
    ledger: Row


class Captured(Struct):
    """Rows of a server in the midst of syncs."""

    pages: list[Page]
    waiting: Row
    leaving: Row
    answered: Row
    sync: Row
    ledger: Row
    people: list[object]

    @property
    def on_leaving(self) -> list[str]:
        """What changes in a request's row when it leaves."""
        return _differing(self.waiting, self.leaving)

    @property
    def on_answer(self) -> list[str]:
        """What changes in it when it is answered."""
        return _differing(self.leaving, self.answered)


async def capture(query: Query, *, words: str) -> Captured:
    """Read from a database in which several people's first syncs are under way. `words` names the columns of `release_words`."""
    pages = []
    for seen in await query("SELECT * FROM scan_pages"):
        keys = ",".join(map(str, json.loads(str(seen["record_keys"]))))
        whose = _literal(seen["user_id"])
        items = _rows(
            await query(f"SELECT * FROM collection_items WHERE user_id = {whose} AND instance_id IN ({keys})")
        )
        changes = _rows(
            await query(f"SELECT * FROM changes WHERE user_id = {whose} AND key IN ({keys}) ORDER BY seq")
        )
        releases = ",".join(
            str(row["release_id"]) for row in items if _number(row, "release_id") >= FIRST_NEW_RELEASE
        )
        contents = _rows(await query(f"SELECT * FROM release_contents WHERE release_id IN ({releases})"))
        found_by = _rows(
            await query(
                f"SELECT {words} FROM release_words WHERE digest IN "
                f"(SELECT digest FROM release_contents WHERE release_id IN ({releases}))"
            )
        )
        if len(changes) == len(items) and len(contents) == len(found_by):
            pages.append(Page(items, changes, contents, found_by, dict(seen)))
    ours = "task LIKE '%\"page\"%' AND sync_session_id IS NOT NULL"
    answered = await _first(
        query, f"SELECT * FROM discogs_api_requests WHERE status = 'completed' AND {ours}"
    )
    waiting = await _first(query, f"SELECT * FROM discogs_api_requests WHERE status = 'pending' AND {ours}")
    leaving = await _first(query, f"SELECT * FROM discogs_api_requests WHERE status = 'sent' AND {ours}")
    sync = await _first(query, "SELECT * FROM discogs_collection_syncs WHERE status = 'in_progress'")
    ledger = await _first(query, f"SELECT * FROM discogs_sync WHERE user_id = {_literal(sync['user_id'])}")
    idle = await query(
        "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM discogs_collection_syncs) ORDER BY id"
    )
    return Captured(pages, waiting, leaving, answered, sync, ledger, [row["id"] for row in idle])


class Person:
    """Somebody whose answers are made of captured rows."""

    def __init__(self, captured: Captured, user_id: object, id_of: Callable[[UUID], object]) -> None:
        self._captured = captured
        self._user_id = user_id
        self._id_of = id_of
        self._seq = itertools.count(1)
        self.sync = captured.sync | {"id": id_of(new_id()), "session_id": str(new_id()), "user_id": user_id}
        self._requests = [self._request(), self._request()]

    @property
    def first_requests(self) -> list[Row]:
        """What has to be there before the first answer."""
        return self._requests[:2]

    def answers(self) -> Iterator[Answer]:
        """One for each captured page."""
        for number, page in enumerate(self._captured.pages):
            self._requests.append(self._request())
            yield self._answer(page, *self._requests[number : number + 3])

    def _request(self) -> Row:
        made = new_id()
        own = {
            "id": self._id_of(made),
            "request_id": str(made),
            "user_id": self._user_id,
            "sync_session_id": self.sync["id"],
        }
        return self._captured.waiting | own

    def _answer(self, page: Page, asked: Row, following: Row, waiting: Row) -> Answer:
        fresh = {row["digest"]: secrets.token_bytes(len(bytes(row["digest"]))) for row in page.contents}  # type: ignore[arg-type]
        own = {"user_id": self._user_id}
        captured = self._captured
        return Answer(
            added={
                "release_contents": [row | {"digest": fresh[row["digest"]]} for row in page.contents],
                "release_words": list(_words(page.words, fresh)),
                "collection_items": [
                    row | own | {"content_digest": fresh.get(row["content_digest"], row["content_digest"])}
                    for row in page.items
                ],
                "changes": [
                    row | own | {"seq": next(self._seq), "sync_session_id": self.sync["id"]}
                    for row in page.changes
                ],
                "scan_pages": [
                    page.seen | own | {"sync_session_id": self.sync["id"], "scan": 2, "page": next(self._seq)}
                ],
                "discogs_api_requests": [waiting],
            },
            answered={"id": asked["id"], **{name: captured.answered[name] for name in captured.on_answer}},
            leaving={"id": following["id"], **{name: captured.leaving[name] for name in captured.on_leaving}},
            sync={"id": self.sync["id"], **_changing(captured.sync)},
            ledger={"user_id": self._user_id, **_changing(captured.ledger)},
        )


def _words(rows: Iterable[Row], fresh: Mapping[object, bytes]) -> Iterator[Row]:
    for row in rows:
        digest = fresh[row["digest"]]
        own: Row = {"digest": digest}
        if "rowid" in row:
            own["rowid"] = int.from_bytes(digest[:8]) >> 1
        yield row | own


def _changing(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in FIXED}


def _differing(before: Row, after: Row) -> list[str]:
    own = FIXED | {"request_id", "sync_session_id", "task", "url"}
    return [name for name in before if name not in own and before[name] != after[name]]


async def _first(query: Query, statement: str) -> Row:
    return dict((await query(f"{statement} LIMIT 1"))[0])


def _rows(found: Sequence[Mapping[str, object]]) -> list[Row]:
    return [dict(row) for row in found]


def _number(row: Row, name: str) -> int:
    value = row[name]
    assert isinstance(value, int)
    return value


def _literal(value: object) -> str:
    return f"'{value}'"
