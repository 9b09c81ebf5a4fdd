from datetime import UTC, datetime

import pytest

from cratesync.simulator.pacific import epoch_of, pacific


@pytest.mark.parametrize(
    ("moment", "stamp"),
    [
        ("2026-03-08T09:59:59Z", "2026-03-08T01:59:59-08:00"),
        ("2026-03-08T10:00:00Z", "2026-03-08T03:00:00-07:00"),
        ("2026-11-01T08:59:59Z", "2026-11-01T01:59:59-07:00"),
        ("2026-11-01T09:00:00Z", "2026-11-01T01:00:00-08:00"),
        ("2015-01-01T05:00:00Z", "2014-12-31T21:00:00-08:00"),
    ],
)
def test_stamps_are_in_pacific_time_with_daylight_saving(moment, stamp):
    assert pacific(int(datetime.fromisoformat(moment).timestamp())) == stamp


def test_a_stamp_reads_back_as_the_same_instant():
    for epoch in range(1_400_000_000, 1_800_000_000, 7_654_321):
        assert epoch_of(pacific(epoch)) == epoch
        assert datetime.fromtimestamp(epoch, UTC) == datetime.fromisoformat(pacific(epoch))


def test_a_stamp_that_cannot_be_read_is_older_than_any():
    assert epoch_of("last summer") == 0
