"""Contents that are known to be stored are remembered for a while, and not too many of them."""

import pytest

from cratesync.engine.records import Artist, Content, Item
from cratesync.server.store import known_contents
from cratesync.server.store.arrivals import Arrivals
from cratesync.server.store.known_contents import REMEMBERED_SECONDS, KnownContents
from cratesync.server.store.words import SortKeys, sort_keys

KEYS = SortKeys("kraftwerk", "autobahn", None, 1974)


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def known(time):
    return KnownContents(time)


def test_what_was_remembered_is_found_with_what_it_is_sorted_by(known):
    known.remember({b"one": KEYS})

    assert b"one" in known
    assert known.find(b"one") == KEYS
    assert b"other" not in known
    assert known.find(b"other") is None


def test_it_is_forgotten_well_before_a_day_is_over(known, time):
    known.remember({b"one": KEYS})
    time.now += REMEMBERED_SECONDS
    known.age()
    assert b"one" in known
    time.now += REMEMBERED_SECONDS
    known.age()

    assert b"one" not in known


@pytest.mark.parametrize("jump", [-1.0, 2 * REMEMBERED_SECONDS])
def test_nothing_is_believed_after_a_time_that_cannot_be_told(known, time, jump):
    known.remember({b"one": KEYS})
    time.now += jump
    known.age()

    assert b"one" not in known


def test_of_too_many_the_newer_half_stays(known, monkeypatch):
    monkeypatch.setattr(known_contents, "REMEMBERED_MAX", 4)
    for digest in (b"1", b"2", b"3", b"4", b"5"):
        known.age()
        known.remember({digest: KEYS})

    assert [digest in known for digest in (b"1", b"2", b"3", b"4", b"5")] == [False, False, True, True, True]


def item(key, title):
    return Item(key, key, Content(key, title=title, artists=(Artist(name="The Beatles"),)), b"source")


def test_a_content_that_is_known_is_not_worked_out_again(known):
    record = item(7, "Help!")
    known.remember({record.content.digest(): KEYS})

    assert Arrivals([record], known).derived(record).sorted_by is KEYS


def test_of_a_record_that_is_said_twice_the_last_word_holds(known):
    arrivals = Arrivals([item(7, "First"), item(7, "Last")], known)
    arrivals.work_out()

    assert [record.content.title for record in arrivals.by_key.values()] == ["Last"]
    assert arrivals.derived(arrivals.by_key[7]).sorted_by == sort_keys(item(7, "Last").content)
