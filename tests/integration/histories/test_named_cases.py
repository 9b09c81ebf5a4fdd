"""The histories that a count of records does not see through, told one by one."""

import pytest

KINDS = pytest.mark.parametrize("kind", ["collection", "wantlist"])


def lived_through(history):
    """To its end, and to a mirror that is the list."""
    history.run()
    history.teardown()


@KINDS
def test_one_goes_and_one_comes_between_two_pages(new_history, kind):
    """Every count stays right, while one that is owned slips from a page that is to come to one that was read."""
    for answers in (2, 3, 4):
        for mirrored in (True, False):
            history = new_history(kind)
            history.begin(records=8, mirrored=mirrored)
            history.start()
            for _ in range(answers):
                history.send([0])

            history.change(("remove", "add"), 0)

            lived_through(history)


@KINDS
def test_what_the_user_lets_go_while_another_sync_weighs_it_is_no_removal_of_that_one(new_history, kind):
    history = new_history(kind)
    history.begin(records=12, mirrored=True)
    for _ in range(8):
        history.change(("remove",), 0)
    history.start()
    history.run()
    assert len(history.witness.held) == 8
    history.start()
    while history.witness.sync.sync.plan.phase not in ("lookup", "recheck"):
        history.send([0])

    history.decide(confirm=True)

    lived_through(history)
