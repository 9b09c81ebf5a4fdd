"""Which pages are read, and what they prove."""

import pytest
from msgspec.structs import replace

from cratesync.engine import scan
from cratesync.engine.effects import CompareScans, DropCandidates, Enqueue, Survey
from cratesync.engine.events import PageArrived, PageMissing, ScanSurveyed
from cratesync.engine.outcomes import Refused
from cratesync.engine.plan import SMALL_MIRROR_PAGES, Phase, make_plan
from cratesync.engine.removals import LOOKUPS_MAX, is_suspicious
from cratesync.engine.scan import SCANS_MAX
from cratesync.engine.sync import SyncStatus, advance, begin
from cratesync.engine.tasks import Lookup, Order, Page
from unit.engine.source import PROFILE
from unit.engine.world import mirrored_world, small_world


def pages_read(world):
    return [row.request.task for row in world.rows if isinstance(row.request.task, Page)]


def lookups(world):
    return [row.request.task for row in world.rows if isinstance(row.request.task, Lookup)]


def started(world, *, until=None, **options):
    """A sync under way, up to a phase."""
    world.start(**options)
    for _ in range(200):
        if world.sync.plan.phase == until:
            return world
        world.send()
        world.answer()
    raise AssertionError(world.sync.plan.phase)


# --- which way ---


def plan_of(*, mirrored, page_limit=None, full_asked=False, full_due=False, **profile):
    return make_plan(
        replace(PROFILE, page_size=100, sides={}, **profile),
        "collection",
        full_asked=full_asked,
        full_due=full_due,
        mirrored=mirrored,
        page_limit=page_limit,
        held=0,
    )


def test_a_mirror_of_few_pages_is_read_whole_and_so_is_one_whose_last_full_scan_is_old():
    assert plan_of(mirrored=SMALL_MIRROR_PAGES * 100).full
    assert not plan_of(mirrored=SMALL_MIRROR_PAGES * 100 + 1).full
    assert plan_of(mirrored=5_000, full_due=True).full
    assert plan_of(mirrored=5_000, full_asked=True).full


def test_a_probe_of_an_unchanged_list_is_one_page():
    world = mirrored_world(20)
    world.start()
    world.run()

    assert pages_read(world) == [Page(1, 0, Order.NEWEST)]
    assert (world.sync.plan.added, world.sync.plan.unchanged) == (0, 3)
    assert not world.sync.plan.verified


def test_a_few_additions_are_found_on_the_newest_page():
    world = mirrored_world(20)
    world.source.add()
    world.source.add()
    world.start()
    world.run()

    assert pages_read(world) == [Page(1, 0, Order.NEWEST)]
    assert world.mirror.shown == world.source.truth


def test_many_additions_are_walked_up_to_a_known_record():
    world = mirrored_world(20)
    for _ in range(7):
        world.source.add()
    world.start()
    world.run()

    assert pages_read(world) == [Page(number, 0, Order.NEWEST) for number in (1, 2, 3)]
    assert world.mirror.shown == world.source.truth
    assert world.sync.plan.added == 7


@pytest.mark.parametrize("additions", [0, 2])
def test_counts_that_differ_lead_to_a_full_scan_in_the_same_sync(additions):
    world = mirrored_world(20)
    world.source.remove(4)
    for _ in range(additions):
        world.source.add()
    world.start()
    world.run()

    assert world.sync.plan.scans_made == 1
    assert world.mirror.shown == world.source.truth
    plan = world.sync.plan
    assert (plan.added, plan.removed, plan.unchanged) == (additions, 1, 19)


def test_a_list_that_does_not_sort_is_read_whole_and_unsorted():
    world = mirrored_world(20, sorts=False)
    world.source.add()
    world.start()
    world.run()

    assert world.mirror.shown == world.source.truth
    assert {page.order for page in pages_read(world)[1:]} == {Order.UNSORTED}
    assert sum(1 for page in pages_read(world) if page.order is not Order.UNSORTED) == 1


def arrived(task, *, order_shown=True, records=100, fresh=0, items=1_000, pages=10, next_cursor=None):
    keys = tuple(range(records))
    return PageArrived(task, pages, items, keys, fresh, order_shown, next_cursor=next_cursor)


def probing(page_limit=None):
    sync, _ = begin(
        "wantlist", plan_of(mirrored=1_000, page_limit=page_limit), account="keeper", token_checked=True
    )
    return sync


@pytest.mark.parametrize(
    ("event", "leads_to"),
    [
        (arrived(Page(1, 0, Order.NEWEST), order_shown=False), Page(1, 1, Order.UNSORTED)),
        (arrived(Page(1, 0, Order.NEWEST), records=0), Page(1, 1, Order.NEWEST)),
        (PageMissing(Page(1, 0, Order.NEWEST)), Page(1, 1, Order.NEWEST)),
    ],
)
def test_a_probe_that_shows_nothing_to_go_by_becomes_a_full_scan(event, leads_to):
    sync, effects = advance(probing(), event)

    assert sync.plan.scans_made == 1
    assert effects == (Enqueue((leads_to,)),)


def test_a_walk_that_comes_to_the_page_limit_ends_there():
    sync, _ = advance(probing(page_limit=2), arrived(Page(1, 0, Order.NEWEST), fresh=100, items=1_300))
    sync, _ = advance(sync, arrived(Page(2, 0, Order.NEWEST), fresh=100, items=1_300))

    assert sync.status is SyncStatus.COMPLETED


def test_a_page_limit_is_kept_where_the_newest_pages_do_not_tell():
    newest = Page(1, 0, Order.NEWEST)
    for told in (arrived(newest, order_shown=False), arrived(newest, records=0), PageMissing(newest)):
        sync, effects = advance(probing(page_limit=1), told)

        assert sync.plan.phase is Phase.DONE
        assert not [effect for effect in effects if isinstance(effect, Enqueue)]


def test_a_page_limit_reads_so_many_pages_and_removes_nothing():
    world = mirrored_world(20)
    world.source.remove(0)
    world.start(full=True, page_limit=2)
    world.run()

    assert len(pages_read(world)) == 2
    assert len(world.mirror.live) == 20
    assert not world.stamps[-1].full


# --- scans that disagree ---


def test_a_scan_during_which_the_list_changed_is_made_again():
    world = started(mirrored_world(12), until=Phase.SCAN, full=True)
    world.send()
    world.answer()
    world.source.remove(0)
    world.run()

    assert world.sync.plan.scans_made == 2
    assert world.mirror.shown == world.source.truth
    assert world.sync.plan.verified
    assert (world.sync.plan.removed, world.sync.plan.unchanged) == (1, 11)


def test_a_list_that_changes_during_every_scan_ends_unproven_and_loses_nothing():
    world = mirrored_world(12)
    world.start(full=True)
    while world.sync.is_active:
        world.send()
        world.answer()
        world.source.add()
        world.wait(5)

    plan = world.sync.plan
    assert world.sync.status is SyncStatus.COMPLETED
    assert (plan.scans_made, plan.verified, plan.removed) == (SCANS_MAX, False, 0)
    assert [notice.code for notice in plan.notices] == ["scan_unsettled"]
    assert not world.stamps[-1].full


def test_a_page_beyond_the_end_means_that_the_list_shrank():
    world = small_world(12)
    world.start(full=True)
    while world.sync.plan.pages is None:
        world.send()
        world.answer()
    for _ in range(4):
        world.source.remove(11)
    world.run()

    assert world.sync.plan.scans_made == 2
    assert world.mirror.shown.keys() >= world.source.truth.keys()
    assert world.sync.plan.verified


# --- a list that changes though its counts agree ---


def pages_shown(world, so_many):
    """So many pages of a scan are answered, one by one from the first."""
    for _ in range(so_many):
        world.send()
        world.answer()


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("answered", range(1, 5))
def test_one_goes_and_one_comes_between_two_pages_of_a_first_sync_and_none_is_missed(place, answered):
    """Every page tells the same number, and that many different records are read: one that moved up was not among them."""
    world = started(small_world(12, in_flight_max=1), until=Phase.SCAN, full=True)
    pages_shown(world, answered)
    world.source.remove(place)
    world.source.add()
    world.run()

    assert world.sync.plan.verified
    assert world.mirror.shown == world.source.truth


def test_or_of_a_wantlist_that_does_not_sort():
    world = started(
        small_world(12, in_flight_max=1, kind="wantlist", sorts=False), until=Phase.SCAN, full=True
    )
    pages_shown(world, 1)
    world.source.remove(0)
    world.source.add()
    world.run()

    assert not world.sync.plan.verified
    assert [notice.code for notice in world.sync.plan.notices] == ["scan_unsettled"]
    world.start(full=True)
    world.run()
    assert world.sync.plan.verified
    assert world.mirror.shown == world.source.truth


def test_what_a_scan_read_is_the_list_where_the_newest_page_is_the_same_before_and_after():
    world = small_world(12)
    world.start(full=True)
    world.run()

    pages = pages_read(world)
    assert pages[0] == Page(1, 1, Order.NEWEST)
    assert pages[1:5] == [Page(number, 1, Order.OLDEST) for number in (1, 2, 3, 4)]
    assert pages[5:] == [Page(1, 0, Order.NEWEST)]


def test_a_scan_that_reads_just_what_is_mirrored_needs_no_closing_look():
    world = mirrored_world(12)
    world.start(full=True)
    world.run()

    assert len(pages_read(world)) == 5
    assert world.sync.plan.verified


def test_a_list_of_one_page_is_read_by_one_call():
    world = small_world(3)
    world.start(full=True)
    world.run()

    assert pages_read(world) == [Page(1, 1, Order.NEWEST)]
    assert world.sync.plan.verified


def test_the_closing_look_of_a_scan_is_the_opening_one_of_the_next():
    world = started(small_world(12), until=Phase.CLOSING, full=True)
    world.source.add()
    world.run()

    newest = [page for page in pages_read(world) if page.order is Order.NEWEST]
    assert world.sync.plan.scans_made == 2
    assert len(newest) == 3
    assert world.mirror.shown == world.source.truth


def test_a_list_that_does_not_sort_is_read_a_second_time_when_anything_is_new():
    world = small_world(12, kind="wantlist", sorts=False)
    world.start(full=True)
    world.run()
    first = len(pages_read(world))
    world.start(full=True)
    world.run()

    assert (first, len(pages_read(world))) == (1 + 4 + 4, 1 + 4)
    assert world.sync.plan.verified


def test_pages_that_are_not_in_the_order_asked_for_are_read_a_second_time():
    sync, _ = begin("wantlist", plan_of(mirrored=0), account="keeper", token_checked=True)
    sync, _ = advance(sync, arrived(Page(1, 1, Order.NEWEST), pages=2, fresh=100))
    sync, _ = advance(sync, arrived(Page(1, 1, Order.OLDEST), pages=2, order_shown=False))
    sync, effects = advance(sync, arrived(Page(2, 1, Order.OLDEST), pages=2, fresh=100))
    assert effects == (Survey(1),)
    _, effects = advance(sync, ScanSurveyed(True, 0, (), ()))

    assert effects == (Enqueue((Page(1, 2, Order.OLDEST), Page(2, 2, Order.OLDEST))),)


def test_an_order_that_is_refused_at_the_end_leads_to_a_scan_without_one():
    world = started(small_world(12), until=Phase.CLOSING, full=True)
    world.source.sorts = False
    world.run()

    assert world.sync.plan.verified
    assert world.mirror.shown == world.source.truth


# --- proof of removals ---


def test_what_a_scan_missed_is_looked_up_and_only_then_removed():
    world = mirrored_world(20)
    world.source.remove(3)
    world.source.remove(12)
    gone = set(world.mirror.live) - world.source.keys
    world.start(full=True)
    world.run()

    assert len(lookups(world)) == 2
    assert not gone & set(world.mirror.live)
    assert world.sync.plan.removed == 2


def test_a_record_that_a_scan_missed_and_a_look_up_finds_stays():
    world = started(mirrored_world(20), until=Phase.SCAN, full=True)
    world.source.remove(0)
    while world.sync.plan.phase is Phase.SCAN:
        world.send()
        world.answer()
    key, release, version = 1, 1, 0
    world.source.records.append((key, release, version))
    world.run()

    assert key in world.mirror.live
    assert world.sync.plan.removed == 0


@pytest.mark.parametrize("missing", [LOOKUPS_MAX, LOOKUPS_MAX + 1])
def test_at_most_fifty_releases_are_looked_up_and_beyond_that_all_pages_are_read_again(missing):
    sync, _ = begin("collection", plan_of(mirrored=0), account="keeper", token_checked=True)
    sync, effects = advance(sync, arrived(Page(1, 1, Order.OLDEST), pages=1, items=100))
    assert effects == (Survey(1),)

    survey = ScanSurveyed(True, missing, tuple(range(missing)), ())
    sync, effects = advance(sync, survey)

    if missing <= LOOKUPS_MAX:
        assert effects == (Enqueue(tuple(Lookup(release) for release in range(missing))),)
    else:
        assert effects == (Enqueue((Page(1, 2, Order.OLDEST),)),)
        _, effects = advance(sync, arrived(Page(1, 2, Order.OLDEST), pages=1, items=100))
        assert effects == (CompareScans(1, 2),)


def test_wants_go_by_a_second_pass_that_reads_the_same():
    world = mirrored_world(20, kind="wantlist")
    world.source.remove(3)
    world.start(full=True)
    world.run()

    assert lookups(world) == []
    assert world.mirror.shown == world.source.truth
    assert (world.sync.plan.unchanged, world.sync.plan.removed) == (19, 1)


def test_a_second_pass_that_differs_proves_nothing():
    world = mirrored_world(20, kind="wantlist")
    world.source.remove(3)
    started(world, until=Phase.RECHECK, full=True)
    world.source.add()
    world.run()

    assert (world.sync.plan.removed, world.sync.plan.verified) == (0, False)
    assert [notice.code for notice in world.sync.plan.notices] == ["removals_unproven"]


def test_pages_older_than_an_hour_are_read_again_before_anything_is_removed():
    world = mirrored_world(20)
    world.source.remove(3)
    started(world, until=Phase.SCAN, full=True)
    world.round()
    world.wait(3_700)
    world.run()

    reread = [page for page in pages_read(world) if pages_read(world).count(page) == 2]
    assert reread
    assert world.mirror.shown == world.source.truth


def test_pages_that_are_always_too_old_end_the_sync_without_removals():
    sync, _ = begin("wantlist", plan_of(mirrored=0), account="keeper", token_checked=True)
    old = ScanSurveyed(True, 1, (5,), (1,))
    for _ in range(4):
        sync, effects = advance(sync, arrived(Page(1, 1, Order.OLDEST), pages=1))
        assert effects == (Survey(1),)
        sync, effects = advance(sync, old)

    assert sync.status is SyncStatus.COMPLETED
    assert DropCandidates() in effects
    assert not sync.plan.verified


def test_a_scan_that_misses_nothing_is_proof_by_itself():
    world = mirrored_world(20)
    world.start(full=True)
    world.run()

    assert world.sync.plan.verified
    assert lookups(world) == []


# --- suspicious removals ---


@pytest.mark.parametrize(
    ("absent", "mirrored", "suspicious"),
    [
        (1, 1, True),
        (5, 10, False),
        (10, 10, True),
        (5, 11, False),
        (6, 11, True),
        (50, 100, False),
        (51, 100, True),
    ],
)
def test_more_than_half_of_a_mirror_of_over_ten_or_all_of_any_is_suspicious(absent, mirrored, suspicious):
    assert is_suspicious(absent=absent, mirrored=mirrored, added=1_000) is suspicious


def test_where_nothing_was_mirrored_before_only_more_than_was_added_is_suspicious():
    assert not is_suspicious(absent=3, mirrored=0, added=3)
    assert is_suspicious(absent=4, mirrored=0, added=3)


def test_a_record_that_goes_during_a_first_sync_goes_without_asking():
    world = small_world(30)
    world.start(full=True)
    while len(world.mirror.live) < 20:
        world.send()
        world.answer()
    world.source.remove(0)
    world.run()

    assert (world.sync.plan.held, world.sync.plan.removed) == (0, 1)
    assert world.mirror.shown == world.source.truth


def test_what_is_held_stays_held_when_the_next_scan_finds_only_new_records():
    world = mirrored_world(12)
    for _ in range(12):
        world.source.remove(0)
    world.start(full=True)
    world.run()
    for _ in range(20):
        world.source.add()
    world.start(full=True)
    world.run()

    assert (world.sync.plan.held, world.sync.plan.removed, len(world.mirror.live)) == (12, 0, 32)


def test_a_collection_that_was_replaced_whole_is_held_however_much_was_added():
    world = mirrored_world(12)
    for _ in range(12):
        world.source.remove(0)
    for _ in range(30):
        world.source.add()
    world.start(full=True)
    world.run()

    assert (world.sync.plan.held, world.sync.plan.removed, world.sync.plan.added) == (12, 0, 30)


def test_suspicious_removals_are_held_and_kept():
    world = mirrored_world(12)
    for _ in range(8):
        world.source.remove(0)
    world.start(full=True)
    world.run()

    assert world.sync.status is SyncStatus.COMPLETED
    assert (world.sync.plan.held, world.sync.plan.removed, len(world.mirror.live)) == (8, 0, 12)
    assert len(world.mirror.held) == 8


def test_a_later_scan_replaces_what_is_held():
    world = mirrored_world(12)
    for _ in range(8):
        world.source.remove(0)
    world.start(full=True)
    world.run()
    for key in range(1, 9):
        world.source.add(key)
    world.start(full=True)
    world.run()

    assert world.mirror.held == set()
    assert world.mirror.shown == world.source.truth


def test_a_page_that_was_missing_spoils_a_scan_whose_counts_agree():
    """The list shrank and grew again: what is left agrees, but not by what was read."""
    whole = plan_of(mirrored=1_000, full_asked=True)
    sync, _ = begin("collection", whole, account="keeper", token_checked=True)
    sync, _ = advance(sync, arrived(Page(1, 1, Order.NEWEST), pages=2))
    sync, _ = advance(sync, arrived(Page(1, 1, Order.OLDEST), pages=2))
    sync, effects = advance(sync, PageMissing(Page(2, 1, Order.OLDEST)))
    assert effects == (Survey(1),)

    _, effects = advance(sync, ScanSurveyed(True, 0, (), ()))

    assert effects == (Enqueue((Page(1, 2, Order.NEWEST),)), DropCandidates())


def test_a_second_pass_that_is_retried_asks_for_no_page_twice():
    world = mirrored_world(20, kind="wantlist")
    world.source.remove(3)
    started(world, until=Phase.RECHECK, full=True)
    world.end()
    world.retry()
    second = world.sync.plan.scan
    world.run()

    reread = [page for page in pages_read(world) if page.scan == second]
    assert len(reread) == len(set(reread))
    assert world.mirror.shown == world.source.truth


# --- lists by cursor ---


def test_a_list_by_cursor_is_read_one_page_after_the_other():
    world = small_world(8, by_cursor=True, in_flight_max=9)
    world.start(full=True)
    for number in (1, 2, 3):
        world.send()
        assert [flight.task.number for flight in world.flights if isinstance(flight.task, Page)] == [number]
        world.round()
    world.run()

    assert [(page.number, page.cursor) for page in pages_read(world)] == [(1, None), (2, "3"), (3, "6")]
    assert world.mirror.shown == world.source.truth
    assert (world.sync.plan.pages, world.sync.plan.items, world.sync.plan.verified) == (3, None, True)


def test_a_list_by_cursor_is_read_whole_even_where_only_news_are_asked_for():
    world = mirrored_world(20, by_cursor=True)
    world.source.add()
    world.source.edit(2)
    world.start()
    world.run()

    assert len(pages_read(world)) == 7
    assert (world.sync.plan.added, world.sync.plan.updated) == (1, 1)
    assert world.mirror.shown == world.source.truth


def test_an_empty_list_by_cursor_has_one_page():
    world = small_world(0, by_cursor=True)
    world.start(full=True)
    world.run()

    assert len(pages_read(world)) == 1
    assert world.sync.plan.verified


def test_a_page_limit_ends_a_list_by_cursor():
    world = mirrored_world(20, by_cursor=True)
    world.source.remove(0)
    world.start(full=True, page_limit=2)
    world.run()

    assert len(pages_read(world)) == 2
    assert len(world.mirror.live) == 20
    assert world.sync.status is SyncStatus.COMPLETED


def test_what_is_gone_from_a_list_by_cursor_goes_after_a_look_up():
    world = mirrored_world(20, by_cursor=True)
    world.source.remove(3)
    world.start(full=True)
    world.run()

    assert len(lookups(world)) == 1
    assert world.mirror.shown == world.source.truth


def test_or_after_a_second_pass_by_cursors_of_its_own():
    world = mirrored_world(20, kind="wantlist", by_cursor=True)
    world.source.remove(3)
    world.start(full=True)
    world.run()

    assert [page.number for page in pages_read(world)] == 2 * [1, 2, 3, 4, 5, 6, 7]
    assert (world.sync.plan.removed, world.sync.plan.verified) == (1, True)
    assert world.mirror.shown == world.source.truth


def test_a_cursor_that_leads_nowhere_any_more_spoils_the_scan_and_it_is_made_again():
    world = mirrored_world(12, by_cursor=True)
    world.start(full=True)
    while len(pages_read(world)) < 3:
        world.send()
        world.answer()
    world.source.remove(5)  # the second page ended with it, and the third begins after it
    world.run()

    assert [page.number for page in pages_read(world)] == [1, 2, 3, 1, 2, 3, 4]
    assert world.sync.plan.scans_made == 2
    assert world.mirror.shown == world.source.truth


def test_a_record_that_stands_on_two_pages_shows_that_an_uncounted_list_moved():
    world = small_world(8, by_cursor=True)
    world.start(full=True)
    world.round()
    world.source.redate(0, 7)
    world.run()

    assert world.sync.plan.scans_made == 2
    assert world.mirror.shown == world.source.truth


def test_pages_by_cursor_that_grew_old_are_read_again_by_a_second_pass():
    world = mirrored_world(20, by_cursor=True)
    world.source.remove(3)
    started(world, until=Phase.SCAN, full=True)
    world.round()
    world.wait(3_700)
    world.run()

    assert lookups(world) == []
    assert [page.number for page in pages_read(world)] == 2 * [1, 2, 3, 4, 5, 6, 7]
    assert world.mirror.shown == world.source.truth


@pytest.mark.parametrize("until", [Phase.SCAN, Phase.RECHECK])
def test_a_retry_goes_on_from_the_cursor_that_failed(until):
    world = mirrored_world(20, kind="wantlist", by_cursor=True)
    world.source.remove(3)
    started(world, until=until, full=True)
    world.round()
    world.send()
    failed = world.flights[-1].task
    assert failed.cursor is not None
    world.fail(0, Refused("oversize", "Too large."))
    world.run()
    assert (world.sync.status, world.sync.code) == (SyncStatus.FAILED, "incomplete")

    world.retry()
    world.send()
    assert world.flights[-1].task == failed
    world.run()

    passes = [(page.scan, page.number) for page in pages_read(world)]
    assert len(passes) == len(set(passes))
    assert world.mirror.shown == world.source.truth


def test_a_list_by_cursor_that_leads_in_circles_comes_to_an_end(monkeypatch):
    monkeypatch.setattr(scan, "CURSOR_PAGES_MAX", 4)
    sync, _ = begin("collection", plan_of(mirrored=0, by_cursor=True), account="keeper", token_checked=True)
    for number in (1, 2, 3, 4):
        came = arrived(Page(number, 1, Order.OLDEST, "a"), items=None, pages=None, next_cursor="a")
        sync, effects = advance(sync, came)

    assert effects == (Survey(1),)
    assert sync.plan.drifted


def test_nobody_is_told_a_share_or_a_time_while_the_end_is_not_in_sight():
    world = small_world(8, by_cursor=True)
    world.start(full=True)
    world.round()

    assert (world.sync.percent, world.told().seconds_left) == (0.0, None)
    world.run()
    assert world.sync.percent == 100.0
