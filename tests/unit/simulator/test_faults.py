import pytest

from cratesync.simulator.faults import Fault, Faults, Kind, parse_fault

ITEMS = "/users/ada/collection/folders/0/releases"


def struck(faults, calls=1000, path=ITEMS, page=1, *, paged=True):
    return [faults.strike(path, page, paged=paged) for _ in range(calls)]


def test_a_rate_strikes_about_as_often_as_it_says_and_the_same_way_each_time():
    first, second = Faults(seed=3), Faults(seed=3)
    for faults in (first, second):
        faults.set(Fault(Kind.SERVER_ERROR, rate=0.2))
    hits = [fault is not None for fault in struck(first)]

    assert 150 < sum(hits) < 250
    assert hits == [fault is not None for fault in struck(second)]


def test_the_next_calls_are_struck_and_no_more():
    faults = Faults()
    faults.set(Fault(Kind.EMPTY, next=2))

    assert [fault is not None for fault in struck(faults, 4)] == [True, True, False, False]
    assert list(faults) == []


def test_a_fault_can_be_meant_for_one_page_of_some_paths():
    faults = Faults()
    faults.set(Fault(Kind.CUT, path="/users/*/releases", page=3))

    assert struck(faults, 1, page=2) == [None]
    assert struck(faults, 1, path="/users/ada/wants", page=3) == [None]
    assert struck(faults, 1, page=3)[0].kind is Kind.CUT


def test_drift_strikes_only_pages_of_items():
    faults = Faults()
    faults.set(Fault(Kind.DRIFT_ADD))

    assert struck(faults, 1, path="/oauth/identity", page=None, paged=False) == [None]
    assert struck(faults, 1)[0].kind is Kind.DRIFT_ADD


def test_faults_are_cleared_by_kind_or_altogether():
    faults = Faults()
    for kind in (Kind.CUT, Kind.EMPTY, Kind.HTML):
        faults.set(Fault(kind))
    faults.clear(Kind.CUT)

    assert [fault.kind for fault in faults] == [Kind.EMPTY, Kind.HTML]
    faults.clear()
    assert list(faults) == []


@pytest.mark.parametrize(
    ("text", "kind", "rate"),
    [
        ("429:0.05", Kind.THROTTLED, 0.05),
        ("drift-both", Kind.DRIFT_BOTH, 1.0),
        ("502-html:1", Kind.BAD_GATEWAY, 1.0),
    ],
)
def test_a_fault_is_read_from_the_command_line(text, kind, rate):
    fault = parse_fault(text)

    assert (fault.kind, fault.rate) == (kind, rate)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fire:1", "There is no fault 'fire'; there are 429, 500"),
        ("500:often", "'often' is no rate"),
        ("500:1.5", "The rate of fault 500 is 1.5"),
        ("500:nan", "The rate of fault 500 is nan"),
    ],
)
def test_what_is_no_fault_is_told_in_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_fault(text)
