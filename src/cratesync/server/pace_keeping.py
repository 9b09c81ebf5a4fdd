"""Entering calls and answers into the user's ledger."""

import random
from datetime import timedelta

from msgspec import structs

from cratesync.engine import learning, pacing
from cratesync.engine.learning import ADDRESSES_MAX, Learned
from cratesync.engine.outcomes import Outcome, Throttled
from cratesync.engine.pacing import Quota
from cratesync.engine.provider import RateLimit
from cratesync.server.reports import learned_of
from cratesync.server.store.ledgers import Ledger
from cratesync.server.transaction import UserTransaction

LATENCY_WEIGHT = 0.2


def enter_answer(
    transaction: UserTransaction,
    quota: Quota,
    *,
    key: str,
    outcome: Outcome,
    seen: RateLimit | None,
    answered: bool,
) -> bool:
    """Enter one answer; true where there is no hope of a better one. A repeat changes nothing."""
    if not any(slot.key == key and slot.answered is None for slot in transaction.ledger.pace.slots):
        return False
    if isinstance(outcome, Throttled):
        return _enter_throttle(transaction, quota, key, outcome)
    if answered:
        _enter_good_answer(transaction, quota, key, seen)
    else:
        pace = pacing.end_unanswered(transaction.ledger.pace, key=key, now=transaction.steady)
        transaction.ledger = structs.replace(transaction.ledger, pace=pace)
    return False


def _enter_throttle(transaction: UserTransaction, quota: Quota, key: str, outcome: Throttled) -> bool:
    ledger, now = transaction.ledger, transaction.steady
    learned = learned_of(ledger, quota, now=now)
    pace, is_event = pacing.throttled(
        ledger.pace,
        quota,
        key=key,
        heard=outcome.heard,
        retry_after_seconds=outcome.retry_after_seconds,
        roll=random.random(),
        now=now,
    )
    first = is_event and pace.throttle is not None and pace.throttle.count == 1
    if first and learned is not None:
        learned = learning.after_throttle(
            learned,
            sent_in_window=pacing.sent_within(ledger.pace, quota.window_seconds, now),
            calls=quota.calls,
            window_seconds=quota.window_seconds,
            now=now,
        )
    transaction.ledger = _remember(structs.replace(ledger, pace=pace), learned)
    return is_event and pace.throttle is not None and pace.throttle.hopeless(now)


def _enter_good_answer(transaction: UserTransaction, quota: Quota, key: str, seen: RateLimit | None) -> None:
    ledger, now = transaction.ledger, transaction.steady
    slot = next((slot for slot in ledger.pace.slots if slot.key == key and slot.answered is None), None)
    pace = pacing.arrive(ledger.pace, quota, key=key, rate_limit=seen, now=now)
    learned = learned_of(ledger, quota, now=now)
    if learned is not None:
        sent = pacing.sent_within(pace, quota.window_seconds, now)
        learned = learning.after_answer(learned, sent_in_window=sent, calls=quota.calls, now=now)
    latency = ledger.latency_seconds
    if slot is not None:
        took = max(0.0, now - slot.sent)
        latency = took if latency is None else latency + LATENCY_WEIGHT * (took - latency)
    ledger = structs.replace(ledger, pace=pace, latency_seconds=latency)
    transaction.ledger = _remember(_note(ledger, transaction, quota, seen), learned)


def _note(ledger: Ledger, transaction: UserTransaction, quota: Quota, seen: RateLimit | None) -> Ledger:
    """What the API said of the quota, for people to see; the reset is our estimate of when the oldest slot frees."""
    if seen is None:
        return ledger
    releases = pacing.releases(ledger.pace, quota, transaction.steady)
    wait = max(0.0, releases[0] - transaction.steady) if releases else 0.0
    return structs.replace(
        ledger,
        rate_limit_limit=seen.limit if seen.limit is not None else ledger.rate_limit_limit,
        rate_limit_remaining=seen.remaining if seen.remaining is not None else ledger.rate_limit_remaining,
        rate_limit_window_reset=transaction.now + timedelta(seconds=wait),
        last_rate_limit_check=transaction.now,
    )


def _remember(ledger: Ledger, learned: Learned | None) -> Ledger:
    """What was learned at the fetcher's address; of many addresses the newest few."""
    if learned is None or ledger.seat is None:
        return ledger
    others = {address: known for address, known in ledger.learned.items() if address != ledger.seat.address}
    kept = dict(list(others.items())[-(ADDRESSES_MAX - 1) :])
    return structs.replace(ledger, learned={**kept, ledger.seat.address: learned})
