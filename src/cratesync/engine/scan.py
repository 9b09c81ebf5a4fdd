"""Which pages are read next, and what a whole scan means.

Offset pages over live data prove nothing by themselves: one record removed and one added in mid-scan keep every count right
while an owned one slips past. So a scan only names candidates for removal; what shows their absence is a look-up each, or
a second pass that reads the same ids page for page.

Where pages are numbered, the first one tells how many there are, and all others are asked for at once. Where they lead from
one to the next by a cursor, they are asked for one after the other, and the last one tells how many there were.
"""

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
            plan = structs.replace(plan, order=Order.UNSORTED)
            if plan.phase in (Phase.PROBE, Phase.WALK):
                return *_new_scan(plan), ()
            return plan, (structs.replace(task, order=Order.UNSORTED),), ()
        case LookupArrived():
            return plan, (), ()
        case _:
            assert_never(event)


def phase_read(plan: Plan) -> tuple[Plan, Effect | None]:
    """Every request of the phase is answered: what is to be found out now."""
    match plan.phase:
        case Phase.SCAN | Phase.REREAD:
            if plan.page_limit is not None:
                return structs.replace(plan, phase=Phase.DONE), None
            return plan, Survey(plan.scan)
        case Phase.LOOKUP:
            return plan, WeighRemovals()
        case Phase.RECHECK:
            return plan, CompareScans(plan.compared_scan, plan.scan)
        case Phase.PROBE | Phase.WALK | Phase.IDENTITY | Phase.DONE:
            return structs.replace(plan, phase=Phase.DONE), None
        case _:
            assert_never(plan.phase)


def surveyed(plan: Plan, event: ScanSurveyed) -> Next:
    """What a whole scan leads to: another one, proof of what it missed, or the end."""
    if not event.agrees or plan.drifted:
        if plan.scans_made < SCANS_MAX:
            return *_new_scan(plan), (DropCandidates(),)
        return (
            _unsettled(plan, f"The list changed during each of {SCANS_MAX} scans; nothing was removed."),
            (),
            _DROP,
        )
    plan = structs.replace(plan, read_everything=True)
    if event.missing == 0:
        return structs.replace(plan, phase=Phase.DONE, verified=True), (), (DropCandidates(), ReleaseHeld())
    if event.stale_pages and not plan.by_cursor:
        if plan.rereads_made >= REREADS_MAX:
            return _unsettled(plan, "The scan took too long to go by; nothing was removed."), (), _DROP
        plan = structs.replace(plan, phase=Phase.REREAD, rereads_made=plan.rereads_made + 1)
        return (
            plan,
            tuple(Page(number, plan.scan, plan.order) for number in event.stale_pages),
            (DropCandidates(),),
        )
    if plan.looks_up and len(event.missing_releases) <= LOOKUPS_MAX and not event.stale_pages:
        plan = structs.replace(plan, phase=Phase.LOOKUP)
        return plan, tuple(Lookup(release_id) for release_id in event.missing_releases), ()
    # An old cursor may lead nowhere, so of a list by cursor no single page is read again: its second pass reads them all.
    numbers = range(1, 2 if plan.by_cursor else (plan.pages or 1) + 1)
    plan = structs.replace(
        plan,
        phase=Phase.RECHECK,
        compared_scan=plan.scan,
        scan=plan.scan + 1,
        items_read=0,
        pages=None if plan.by_cursor else plan.pages,
    )
    return plan, tuple(Page(number, plan.scan, plan.order) for number in numbers), ()


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
        pages=None if plan.by_cursor else plan.pages,
        last_page=0,
        items_read=0,
    )
    return plan, (Page(1, plan.scan, plan.order),)


def _counted(plan: Plan, event: PageArrived) -> Plan:
    items_read = plan.items_read + (0 if plan.phase is Phase.REREAD else event.records)
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
        case _ if plan.by_cursor:
            return _page_by_cursor(plan, event)
        case Phase.SCAN if event.task.number == 1:
            said = event.pages or 1
            pages = said if plan.page_limit is None else min(said, plan.page_limit)
            plan = structs.replace(plan, pages=pages)
            return plan, tuple(Page(number, plan.scan, plan.order) for number in range(2, pages + 1)), ()
        case _:
            return plan, (), ()


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
        walked_known=plan.walked_known + event.records - event.fresh,
    )
    if event.order_shown and event.records:
        if plan.walked_known and event.items == plan.mirrored + plan.walked_fresh:
            return structs.replace(plan, phase=Phase.DONE), (), ()
        number = event.task.number + 1
        pages = event.pages or 1
        if not plan.walked_known and number <= min(pages, plan.page_limit or pages):
            return structs.replace(plan, phase=Phase.WALK), (Page(number, plan.scan, Order.NEWEST),), ()
    return _give_up_the_walk(plan)


def _give_up_the_walk(plan: Plan) -> Next:
    """The newest pages alone do not tell: every page is read, unless the user set a limit, which this would exceed."""
    if plan.page_limit is not None:
        return structs.replace(plan, phase=Phase.DONE), (), ()
    return *_new_scan(plan), ()


def _unsettled(plan: Plan, sentence: str) -> Plan:
    plan = structs.replace(plan, phase=Phase.DONE, verified=False)
    return warned(plan, Notice(code="scan_unsettled", message=sentence))
