"""Which pages are read next, and what a whole scan means.

Offset pages over live data prove nothing by themselves: one record removed and one added in mid-scan keep every count right
while an owned one slips past. So a scan lies between two looks at the newest page. A record that was added stands on it, and one
that was removed is missing in the count: where both looks show the same, nothing changed between them, and what was read is the
list. Where the source does not sort, a second pass has to read the same. And even then a scan only names candidates for removal;
what shows their absence is a look-up each, or the second pass.

Where pages are numbered, the first answer tells how many there are, and all others are asked for at once. Where they lead from
one to the next by a cursor, they are asked for one after the other, and the last one tells how many there were.
"""

from hashlib import blake2b
from typing import assert_never

from msgspec import structs

from cratesync.engine.effects import CompareScans, DropCandidates, Effect, ReleaseHeld, Survey, WeighRemovals
from cratesync.engine.events import LookupArrived, OrderRefused, PageArrived, PageMissing, ScanSurveyed
from cratesync.engine.plan import Phase, Plan
from cratesync.engine.removals import LOOKUPS_MAX
from cratesync.engine.tasks import Lookup, Order, Page, Side, Task
from cratesync.protocol.messages import Notice

SCANS_MAX = 3
REREADS_MAX = 3
# A list by cursor that goes on for longer leads in circles: a hundred thousand calls take a day at sixty a minute.
CURSOR_PAGES_MAX = 100_000

Next = tuple[Plan, tuple[Task, ...], tuple[Effect, ...]]


def first(plan: Plan) -> tuple[Plan, tuple[Task, ...]]:
    """The side matters, and the first page of a scan or of a probe."""
    sides: tuple[Task, ...] = tuple(Side(name) for name in plan.sides)
    if plan.full:
        plan, tasks = _new_scan(plan)
        return plan, (*sides, *tasks)
    plan = structs.replace(plan, phase=Phase.PROBE)
    return plan, (*sides, Page(1, plan.scan, Order.NEWEST))


def answered(plan: Plan, event: PageArrived | PageMissing | OrderRefused | LookupArrived) -> Next:
    """The plan after one of its requests was answered, and what follows from it."""
    plan = structs.replace(plan, essential_open=plan.essential_open - 1)
    match event:
        case PageArrived():
            return _page_arrived(_counted(plan, event), event)
        case PageMissing(task=task):
            if plan.phase in (Phase.PROBE, Phase.WALK):
                return _give_up_the_walk(plan)
            return structs.replace(plan, drifted=True, last_page=max(plan.last_page, task.number)), (), ()
        case OrderRefused(task=task):
            return _order_refused(structs.replace(plan, order=Order.UNSORTED), task)
        case LookupArrived():
            return plan, (), ()
        case _:
            assert_never(event)


def phase_read(plan: Plan) -> Next:
    """Every request of the phase is answered: what is to be read or found out now."""
    match plan.phase:
        case Phase.SCAN | Phase.REREAD if plan.page_limit is not None:
            return structs.replace(plan, phase=Phase.DONE), (), ()
        case Phase.SCAN | Phase.REREAD if _wants_a_closing_look(plan):
            return structs.replace(plan, phase=Phase.CLOSING), (Page(1, 0, Order.NEWEST),), ()
        case Phase.OPENING | Phase.SCAN | Phase.CLOSING | Phase.REREAD:
            return plan, (), (Survey(plan.scan),)
        case Phase.LOOKUP:
            return plan, (), (WeighRemovals(),)
        case Phase.RECHECK:
            return plan, (), (CompareScans(plan.compared_scan, plan.scan),)
        case Phase.PROBE | Phase.WALK | Phase.IDENTITY | Phase.DONE:
            return structs.replace(plan, phase=Phase.DONE), (), ()
        case _:
            assert_never(plan.phase)


def surveyed(plan: Plan, event: ScanSurveyed) -> Next:
    """What a whole scan leads to: another one, proof of what it missed, or the end."""
    if not event.agrees or plan.drifted:
        if plan.scans_made == SCANS_MAX:
            return (
                unsettled(plan, f"The list changed during each of {SCANS_MAX} scans; nothing was removed."),
                (),
                _DROP,
            )
        # The closing look of one scan is the opening one of the next.
        plan = plan if plan.phase is Phase.CLOSING else structs.replace(plan, opening="")
        return *_new_scan(plan), _DROP
    plan = structs.replace(plan, read_everything=True)
    # A cursor is a place in the list, and nothing slips past it. And where nothing is new and nothing is missing, all that is
    # mirrored was there, and nothing else: a record that comes and goes in mid-scan would be new.
    proven = plan.proven or plan.by_cursor or (plan.added == 0 and event.missing == 0)
    if event.missing == 0 and proven:
        return structs.replace(plan, phase=Phase.DONE, verified=True), (), (DropCandidates(), ReleaseHeld())
    if event.missing and event.stale_pages and not plan.by_cursor:
        if plan.rereads_made >= REREADS_MAX:
            return unsettled(plan, "The scan took too long to go by; nothing was removed."), (), _DROP
        plan = structs.replace(plan, phase=Phase.REREAD, rereads_made=plan.rereads_made + 1, proven=False)
        return plan, tuple(Page(number, plan.scan, plan.order) for number in event.stale_pages), _DROP
    few = 0 < len(event.missing_releases) <= LOOKUPS_MAX
    if plan.looks_up and proven and few and not event.stale_pages:
        plan = structs.replace(plan, phase=Phase.LOOKUP)
        return plan, tuple(Lookup(release_id) for release_id in event.missing_releases), ()
    plan = structs.replace(
        plan,
        phase=Phase.RECHECK,
        compared_scan=plan.scan,
        scan=plan.scan + 1,
        items_read=0,
        pages=None if plan.by_cursor else plan.pages,
    )
    # An old cursor may lead nowhere, so of a list by cursor no single page is read again: its second pass reads them all.
    return plan, _first_page(plan) if plan.by_cursor else _all_pages(plan), ()


def unsettled(plan: Plan, sentence: str) -> Plan:
    """The plan at its end, with a list that would not hold still."""
    plan = structs.replace(plan, phase=Phase.DONE, verified=False)
    return warned(plan, Notice(code="scan_unsettled", message=sentence))


def warned(plan: Plan, notice: Notice) -> Plan:
    """The plan with one more warning for the summary; one of a kind is enough."""
    if any(known.code == notice.code for known in plan.notices):
        return plan
    return structs.replace(plan, notices=(*plan.notices, notice))


_DROP: tuple[Effect, ...] = (DropCandidates(),)


def _new_scan(plan: Plan) -> tuple[Plan, tuple[Task, ...]]:
    plan = structs.replace(
        plan,
        phase=Phase.SCAN,
        scan=plan.scan + 1,
        scans_made=plan.scans_made + 1,
        rereads_made=0,
        drifted=False,
        in_order=True,
        proven=False,
        pages=None if plan.by_cursor else plan.pages,
        last_page=0,
        items_read=0,
    )
    if plan.by_cursor or plan.order is Order.UNSORTED or plan.page_limit is not None:
        return structs.replace(plan, opening=""), _first_page(plan)
    if plan.opening:
        return plan, _all_pages(plan)
    return structs.replace(plan, phase=Phase.OPENING), (Page(1, plan.scan, Order.NEWEST),)


def _first_page(plan: Plan) -> tuple[Task, ...]:
    return (Page(1, plan.scan, plan.order),)


def _all_pages(plan: Plan) -> tuple[Task, ...]:
    return tuple(Page(number, plan.scan, plan.order) for number in range(1, (plan.pages or 1) + 1))


def _counted(plan: Plan, event: PageArrived) -> Plan:
    looked = plan.phase in (Phase.REREAD, Phase.CLOSING)
    items_read = plan.items_read + (0 if looked else len(event.keys))
    added, updated = plan.added + event.fresh, plan.updated + event.updated
    return structs.replace(
        plan,
        items=event.items,
        last_page=max(plan.last_page, event.task.number),
        items_read=items_read,
        added=added,
        updated=updated,
        # A later pass sees what an earlier one wrote, and that is not unchanged.
        unchanged=max(0, items_read - added - updated),
    )


def _page_arrived(plan: Plan, event: PageArrived) -> Next:
    match plan.phase:
        case Phase.PROBE | Phase.WALK:
            return _newest_page(plan, event)
        case Phase.OPENING:
            return _opened(plan, event)
        case Phase.CLOSING:
            return _closed(plan, event)
        case _ if plan.by_cursor:
            return _page_by_cursor(plan, event)
        case Phase.SCAN if event.task.number == 1 and not plan.opening:
            said = event.pages or 1
            pages = said if plan.page_limit is None else min(said, plan.page_limit)
            plan = structs.replace(plan, pages=pages, proven=said == 1)
            return plan, _all_pages(plan)[1:], ()
        case _:
            return structs.replace(plan, in_order=plan.in_order and event.order_shown), (), ()


def _opened(plan: Plan, event: PageArrived) -> Next:
    """The newest page, before all pages are read; where it is the only one, it is the list as it was at one moment."""
    plan = structs.replace(plan, phase=Phase.SCAN, pages=event.pages or 1)
    if plan.pages == 1:
        return structs.replace(plan, proven=True), (), ()
    plan = structs.replace(plan, last_page=0, items_read=0)
    if not event.order_shown:
        plan = structs.replace(plan, order=Order.UNSORTED)
        return plan, _first_page(plan), ()
    plan = structs.replace(plan, opening=_looks_like(event))
    return plan, _all_pages(plan), ()


def _closed(plan: Plan, event: PageArrived) -> Next:
    """The newest page once more: a change since the opening look shows."""
    looks_like = _looks_like(event) if event.order_shown else ""
    if looks_like == plan.opening:
        return structs.replace(plan, proven=True), (), ()
    return structs.replace(plan, drifted=True, opening=looks_like, pages=event.pages), (), ()


def _wants_a_closing_look(plan: Plan) -> bool:
    """Not where the scan read just what is mirrored: that is proof by itself (see `surveyed`)."""
    unchanged = plan.added == 0 and plan.items == plan.mirrored + plan.held_before
    sorted_ = bool(plan.opening) and plan.order is Order.OLDEST and plan.in_order
    return sorted_ and not plan.proven and not unchanged


def _looks_like(event: PageArrived) -> str:
    """A digest of what a page shows: how many records there are, and which stand on it."""
    shown = ",".join(map(str, (event.items, *event.keys)))
    return blake2b(shown.encode(), digest_size=16).hexdigest()


def _order_refused(plan: Plan, task: Page) -> Next:
    match plan.phase:
        case Phase.PROBE | Phase.WALK:
            return *_new_scan(plan), ()
        case Phase.OPENING:
            return structs.replace(plan, phase=Phase.SCAN), _first_page(plan), ()
        case Phase.CLOSING:
            return structs.replace(plan, drifted=True, opening=""), (), ()
        case _:
            return plan, (structs.replace(task, order=Order.UNSORTED),), ()


def _page_by_cursor(plan: Plan, event: PageArrived) -> Next:
    """One page after the other, until one names no next."""
    task = event.task
    if event.next_cursor is None or task.number == plan.page_limit:
        return structs.replace(plan, pages=task.number), (), ()
    if task.number == CURSOR_PAGES_MAX:
        return structs.replace(plan, drifted=True), (), ()
    return plan, (Page(task.number + 1, task.scan, plan.order, event.next_cursor),), ()


def _newest_page(plan: Plan, event: PageArrived) -> Next:
    """Newest first, until a page holds a known record; then the counts tell whether anything else differs."""
    plan = structs.replace(
        plan,
        pages=event.pages,
        walked_fresh=plan.walked_fresh + event.fresh,
        walked_known=plan.walked_known + len(event.keys) - event.fresh,
    )
    if not event.order_shown:
        return _give_up_the_walk(structs.replace(plan, order=Order.UNSORTED))
    if not event.keys:
        return _give_up_the_walk(plan)
    if plan.walked_known and event.items == plan.mirrored + plan.walked_fresh:
        return structs.replace(plan, phase=Phase.DONE), (), ()
    number = event.task.number
    if number == 1:
        plan = structs.replace(plan, opening=_looks_like(event))
    pages = event.pages or 1
    if not plan.walked_known and number < min(pages, plan.page_limit or pages):
        return structs.replace(plan, phase=Phase.WALK), (Page(number + 1, plan.scan, Order.NEWEST),), ()
    return _give_up_the_walk(plan)


def _give_up_the_walk(plan: Plan) -> Next:
    """The newest pages alone do not tell: every page is read, unless the user set a limit, which this would exceed."""
    if plan.page_limit is not None:
        return structs.replace(plan, phase=Phase.DONE), (), ()
    return *_new_scan(plan), ()
