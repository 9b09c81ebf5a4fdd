"""How many calls a window really holds, found out without seeing it."""

import pytest

from cratesync.engine.learning import Learned, after_answer, after_throttle, loaded, unlearned


def throttled_at(sent, learned=None, *, now=0.0):
    return after_throttle(
        learned or unlearned(60), sent_in_window=sent, calls=60, window_seconds=60.0, now=now
    )


def answered(learned, sent, *, now=0.0):
    return after_answer(learned, sent_in_window=sent, calls=60, now=now)


@pytest.mark.parametrize(("calls", "start"), [(60, 30), (25, 12), (2, 1), (1, 1)])
def test_everybody_starts_at_half_the_limit(calls, start):
    assert unlearned(calls) == Learned(start)


def test_so_many_answered_calls_in_one_window_are_the_new_budget_up_to_eleven_twelfths():
    assert answered(Learned(30), 31).budget == 31
    assert answered(Learned(30), 12).budget == 30
    assert answered(Learned(54), 60).budget == 55


def test_nothing_raises_a_capped_budget():
    assert answered(Learned(27, capped_until=10.0), 29, now=9.0).budget == 27
    assert answered(Learned(27, capped_until=10.0), 29, now=10.0).budget == 29


def test_one_more_is_tried_only_where_the_budget_is_spent_and_below_the_top():
    assert not Learned(30).may_try_more(29, 60, 0.0)
    assert Learned(30).may_try_more(30, 60, 0.0)
    assert Learned(54).may_try_more(54, 60, 0.0)
    assert not Learned(55).may_try_more(55, 60, 0.0)


def test_a_throttle_leaves_nine_tenths_of_what_was_sent_for_ten_windows():
    learned = throttled_at(41, Learned(40), now=100.0)

    assert learned == Learned(36, capped_until=700.0)
    assert not learned.may_try_more(36, 60, 699.0)
    assert learned.may_try_more(36, 60, 700.0)


def test_a_throttle_never_raises_the_budget():
    assert throttled_at(50, Learned(30)).budget == 30


@pytest.mark.parametrize(("sent", "budget"), [(9, 30), (10, 10), (11, 10), (20, 18)])
def test_where_few_were_sent_something_else_was_the_matter(sent, budget):
    assert throttled_at(sent).budget == budget
    assert (throttled_at(sent).capped_until is None) == (sent < 10)


def test_a_cap_from_another_clock_lasts_ten_windows_at_most():
    assert loaded(Learned(30, 1e9), window_seconds=60.0, now=0.0) == Learned(30, 600.0)
    assert loaded(Learned(30), window_seconds=60.0, now=0.0) == Learned(30)
