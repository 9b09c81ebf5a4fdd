"""One run from its beginning to its end, and all the ways it may be cut short."""

import pytest
from msgspec.structs import replace

from cratesync.engine.effects import Abandon, DropCandidates, Enqueue, Finish, Stamp
from cratesync.engine.events import (
    AccountNotFound,
    CancelAsked,
    Ended,
    IdentityArrived,
    PageArrived,
    PauseAsked,
    RequestFailed,
    RequestSent,
    RetryAsked,
    SideArrived,
)
from cratesync.engine.outcomes import Forbidden, Refused, TokenRefused, Transient
from cratesync.engine.plan import make_plan
from cratesync.engine.sync import IllegalMoveError, SyncStatus, advance, begin
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Side
from unit.engine.source import PROFILE
from unit.engine.world import mirrored_world, small_world

BROKEN = Transient("server_error", "A fault of its own.")


def plan_of(**options):
    usual = {
        "full_asked": True,
        "full_due": False,
        "mirrored": 0,
        "page_limit": None,
        "held": 0,
    }
    profile = replace(PROFILE, sides={"collection": options.pop("sides", ("folders", "fields"))})
    return make_plan(profile, "collection", **(usual | options))


def begun(**options):
    return begin("collection", plan_of(**options), account="keeper", token_checked=True)


def after(sync, *events):
    for event in events:
        sync, effects = advance(sync, event)
    return sync, effects


def page(number, *, of=1, items=3, scan=1, records=3, **counts):
    return PageArrived(
        Page(number, scan, Order.OLDEST),
        of,
        items,
        keys=tuple(range(records)),
        fresh=0,
        order_shown=True,
        **counts,
    )


def test_it_begins_with_the_small_things_and_the_first_page():
    sync, effects = begun()

    assert effects == (Enqueue((Side("folders"), Side("fields"), Page(1, 1, Order.NEWEST))),)
    assert (sync.status, sync.total, sync.percent) == (SyncStatus.INITIATED, 3, 0.0)


@pytest.mark.parametrize(("account", "checked"), [(None, True), ("keeper", False), (None, False)])
def test_it_begins_with_the_account_while_token_or_account_are_unknown(account, checked):
    sync, effects = begin("collection", plan_of(), account=account, token_checked=checked)

    assert effects == (Enqueue((Identity(),)),)

    sync, effects = advance(sync, IdentityArrived("keeper", known=True))
    assert sync.account == "keeper"
    assert effects == (Enqueue((Side("folders"), Side("fields"), Page(1, 1, Order.NEWEST))),)


def test_a_token_of_another_account_ends_it():
    sync, _ = begin("collection", plan_of(), account=None, token_checked=False)

    sync, effects = advance(sync, IdentityArrived("somebody", known=False))

    assert (sync.status, sync.code) == (SyncStatus.FAILED, "discogs_account_mismatch")
    assert effects == (Abandon("discogs_account_mismatch"), DropCandidates(), Finish())


def test_the_first_request_that_leaves_puts_it_under_way_and_the_next_changes_nothing():
    sync, _ = begun()

    sync, _ = after(sync, RequestSent(), RequestSent())

    assert sync.status is SyncStatus.IN_PROGRESS


def test_it_is_shown_at_zero_until_a_page_came_and_then_by_the_share_of_requests():
    sync, _ = after(begun()[0], SideArrived(), SideArrived())
    assert sync.percent == 0.0

    sync, _ = advance(sync, page(1, of=7, items=700, records=100))
    assert sync.percent == round(100 * 3 / 10, 2)


def test_it_waits_for_the_small_things_before_it_ends():
    world = small_world(2)
    world.start(full=True)
    world.send()
    page_call = next(n for n, flight in enumerate(world.flights) if isinstance(flight.task, Page))
    world.answer(page_call)
    assert world.sync.is_active
    assert world.sync.plan.verified

    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert world.stamps == [Stamp(full=True, verified=True)]


def test_a_small_thing_that_fails_is_a_warning_and_no_more():
    world = small_world(2)
    world.start(full=True)
    world.send()
    place = next(n for n, flight in enumerate(world.flights) if flight.task == Side("value"))
    world.fail(place, Refused("not_found", "Nothing there."))
    world.deliver(0)
    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert [(notice.code, world.sync.failed) for notice in world.sync.plan.notices] == [("value_failed", 1)]


def test_a_private_list_ends_it_but_a_private_folder_list_does_not():
    sync, _ = begun()

    lenient, _ = advance(sync, RequestFailed(Side("folders"), "forbidden", "Private."))
    strict, _ = advance(
        sync, RequestFailed(Page(1, 1, Order.OLDEST), "discogs_forbidden", "Private.", fatal=True)
    )

    assert lenient.is_active
    assert (strict.status, strict.code, strict.sentence) == (
        SyncStatus.FAILED,
        "discogs_forbidden",
        "Private.",
    )


def test_the_other_pages_still_finish_when_one_is_spent():
    world = small_world(12)
    world.start(full=True)
    world.round()
    world.send()
    world.fail(0, Refused("oversize", "Too large."))
    world.deliver(0)
    assert world.sync.is_active

    world.run()

    assert (world.sync.status, world.sync.code, world.sync.failed) == (SyncStatus.FAILED, "incomplete", 1)
    assert len(world.mirror.live) == 9
    assert world.stamps == []


def test_nothing_is_removed_by_a_sync_that_is_incomplete():
    world = mirrored_world(12)
    world.source.remove(0)
    world.start(full=True)
    world.round()
    world.send()
    world.fail(0, Refused("oversize", "Too large."))
    world.deliver(0)
    world.run()

    assert len(world.mirror.live) == 12


def test_a_retry_asks_for_what_failed_alone_and_then_proves_the_rest():
    world = small_world(12)
    world.start(full=True)
    world.round()
    world.send()
    world.fail(0, Refused("oversize", "Too large."))
    world.deliver(0)
    world.run()
    calls = len(world.rows)

    world.retry()
    assert (world.sync.status, world.sync.open, world.sync.failed) == (SyncStatus.IN_PROGRESS, 1, 0)
    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert len(world.rows) == calls + 1, "the look at the newest page that ends a scan"
    assert world.sync.plan.verified


@pytest.mark.parametrize("kind", ["collection", "wantlist"])
def test_a_retry_of_a_sync_that_failed_while_it_proved_removals_looks_for_them_again(kind):
    """Its candidates are dropped at the end, so what a retry proved of them would be nothing."""
    world = mirrored_world(9, kind=kind)
    world.source.remove(0)
    world.source.remove(4)
    world.start(full=True)
    while world.sync.plan.phase not in ("lookup", "recheck"):
        world.send()
        world.answer()
    world.end()

    world.retry()
    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert world.mirror.shown == world.source.truth


def test_there_is_nothing_to_retry_where_nothing_failed():
    sync, _ = after(begun()[0], Ended("stale", "Nothing was heard."))

    with pytest.raises(IllegalMoveError):
        advance(sync, RetryAsked(0, 0, 0, 0))


def test_a_cancelled_sync_takes_nothing_any_more():
    sync, effects = advance(begun()[0], CancelAsked())
    assert effects == (Abandon("cancelled"), DropCandidates(), Finish())

    for late in (SideArrived(), page(1), RequestSent(), AccountNotFound(), Ended("stale", "")):
        assert advance(sync, late) == (sync, ())


def test_answers_are_applied_during_a_pause_and_the_last_may_be_the_end():
    sync, _ = after(begun(sides=())[0], RequestSent(), PauseAsked())
    assert sync.status is SyncStatus.PAUSED

    world = small_world(2)
    world.start(full=True)
    world.send()
    world.pause()
    while world.flights:
        world.answer()

    assert world.sync.status is SyncStatus.COMPLETED


def test_a_user_who_is_not_found_is_asked_for_once_more_and_found_under_the_new_name():
    world = small_world(4)
    world.start(full=True)
    world.source.account = "renamed"

    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert world.sync.account == "renamed"
    assert sum(1 for row in world.rows if row.request.task == Identity()) == 1


def test_answers_to_calls_made_by_the_old_name_may_come_after_the_new_one_is_known():
    world = small_world(4)
    world.start(full=True)
    world.source.account = "renamed"
    world.send()
    page_call = next(n for n, flight in enumerate(world.flights) if isinstance(flight.task, Page))
    world.answer(page_call)
    world.send()
    world.answer(next(n for n, flight in enumerate(world.flights) if flight.task == Identity()))
    assert world.sync.account == "renamed"
    while world.flights:
        world.answer()

    world.run()

    assert world.sync.status is SyncStatus.COMPLETED


def test_a_user_who_is_not_found_twice_ends_it():
    sync, _ = begun()

    sync, effects = advance(sync, AccountNotFound())
    assert effects == (Enqueue((Identity(),)),)
    assert advance(sync, AccountNotFound()) == (sync, ())

    sync, _ = after(sync, IdentityArrived("keeper", known=True), AccountNotFound())
    assert (sync.status, sync.code) == (SyncStatus.FAILED, "discogs_user_not_found")


def test_after_a_retry_the_account_may_be_asked_for_again():
    sync, _ = begun()
    sync, _ = after(sync, AccountNotFound(), IdentityArrived("keeper", known=True), AccountNotFound())

    sync, _ = advance(sync, RetryAsked(1, 2, 0, 0))
    _, effects = advance(sync, AccountNotFound())

    assert effects == (Enqueue((Identity(),)),)


@pytest.mark.parametrize("fault", [TokenRefused(), Forbidden("Private.")])
def test_what_cannot_go_well_for_any_request_ends_it_at_once(fault):
    world = small_world(30)
    world.start(full=True)
    world.round()
    world.send()
    world.fail(0, fault)
    world.deliver(0)

    assert world.sync.status is SyncStatus.FAILED
    assert world.sync.failed == 1


def test_a_look_up_that_fails_keeps_its_record_and_does_not_fail_the_scan():
    world = mirrored_world(30)
    world.source.remove(3)
    world.source.remove(20)
    world.start(full=True)
    while not any(isinstance(flight.task, Lookup) for flight in world.flights):
        world.send()
        if not isinstance(world.flights[0].task, Lookup):
            world.answer()
    world.fail(0, Refused("not_found", "Nothing there."))
    world.deliver(0)
    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert not world.sync.plan.verified
    assert (world.sync.plan.removed, len(world.mirror.live)) == (1, 29)
    assert [notice.code for notice in world.sync.plan.notices] == ["removals_unproven"]


def test_faults_that_pass_only_cost_time():
    world = small_world(8)
    world.start(full=True)
    world.send()
    for _ in range(2):
        for _ in range(len(world.flights)):
            world.fail(0, BROKEN)
            world.deliver(0)
        world.wait(61)
        world.send()
    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert world.sync.failed == 0
