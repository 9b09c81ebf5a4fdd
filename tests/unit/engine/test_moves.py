"""Every legal move stands in a table, and the page in the docs is drawn from it."""

import importlib.util
import itertools
from pathlib import Path

import pytest

from cratesync.engine.events import CancelAsked, PauseAsked, ResumeAsked, RetryAsked
from cratesync.engine.requests import REQUEST_MOVES, Request, RequestMove, RequestStatus, move
from cratesync.engine.sync import ENDED, SYNC_MOVES, IllegalMoveError, Sync, SyncMove, SyncStatus, advance
from cratesync.engine.tasks import Identity
from unit.engine.world import small_world

DOCS = Path(__file__).parents[3] / "docs"


def drawn_page():
    spec = importlib.util.spec_from_file_location("draw_states", DOCS / "draw_states.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.page()


def test_the_page_in_the_docs_is_drawn_from_the_tables():
    """After a change: python docs/draw_states.py > docs/explanation/states.md"""
    assert (DOCS / "explanation" / "states.md").read_text(encoding="utf-8") == drawn_page()


def test_every_move_has_a_row():
    assert set(SYNC_MOVES) == set(SyncMove)
    assert set(REQUEST_MOVES) == set(RequestMove)


def test_every_state_can_be_reached_and_every_active_one_can_be_left():
    for moves, start, ended in (
        (SYNC_MOVES, SyncStatus.INITIATED, ENDED),
        (REQUEST_MOVES, RequestStatus.PENDING, {RequestStatus.COMPLETED, RequestStatus.FAILED}),
    ):
        steps = {step for row in moves.values() for step in row.items()}
        reached = {start}
        for _ in type(start):
            reached |= {after for before, after in steps if before in reached}
        assert reached == set(type(start))
        for status in set(type(start)) - set(ended):
            assert any(before is status and after in ended for before, after in steps)


def test_an_end_is_final_but_for_the_retry_of_what_failed():
    ways_out = [
        (name, before) for name, row in SYNC_MOVES.items() for before, after in row.items() if before in ENDED
    ]
    assert ways_out == [(SyncMove.RETRY, SyncStatus.FAILED)]


ASKED = {
    SyncMove.CANCEL: CancelAsked(),
    SyncMove.PAUSE: PauseAsked(),
    SyncMove.RESUME: ResumeAsked(),
    SyncMove.RETRY: RetryAsked(1, 0, 0, 0),
}


@pytest.mark.parametrize(("asked", "status"), list(itertools.product(ASKED, SyncStatus)))
def test_what_a_person_asks_is_done_where_the_table_allows_it_and_refused_elsewhere(asked, status):
    sync = Sync(kind="collection", plan=begun().plan, status=status)

    if status in SYNC_MOVES[asked]:
        assert advance(sync, ASKED[asked])[0].status is SYNC_MOVES[asked][status]
    else:
        with pytest.raises(IllegalMoveError, match=rf"is {status.value} cannot|Nothing of this sync"):
            advance(sync, ASKED[asked])


@pytest.mark.parametrize(("by", "status"), list(itertools.product(RequestMove, RequestStatus)))
def test_a_request_moves_as_the_table_says(by, status):
    request = Request("r", Identity(), status)

    if status in REQUEST_MOVES[by]:
        assert move(request, by).status is REQUEST_MOVES[by][status]
    else:
        with pytest.raises(KeyError):
            move(request, by)


def begun():
    world = small_world()
    world.start(full=True)
    return world.sync
