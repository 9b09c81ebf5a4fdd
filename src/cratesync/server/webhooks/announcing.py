"""Writing down what webhooks are told, in the event's own transaction: what is committed is told, and nothing else."""

from uuid import UUID

from cratesync.protocol.messages import SyncType
from cratesync.server.ids import new_id
from cratesync.server.store import change_counts, deliveries, webhooks
from cratesync.server.store.syncs import StoredSync
from cratesync.server.transaction import UserTransaction
from cratesync.server.webhooks.announcements import Announcement, MirrorChanged, changed, ended, payload_of


async def announce(transaction: UserTransaction, announcement: Announcement) -> None:
    """One delivery for each of the user's webhooks that want this."""
    wanting = await webhooks.wanting(transaction.connection, transaction.user_id, announcement.event)
    for webhook_id in wanting:
        await deliver(transaction, webhook_id, announcement)


async def deliver(transaction: UserTransaction, webhook_id: UUID, announcement: Announcement) -> UUID:
    """One delivery to this webhook: its id."""
    id_ = new_id()
    await deliveries.add(
        transaction.connection,
        deliveries.NewDelivery(
            id=id_,
            user_id=transaction.user_id,
            webhook_id=webhook_id,
            event=announcement.event,
            payload=payload_of(announcement, at=transaction.now),
        ),
        now=transaction.now,
    )
    transaction.has_deliveries = True
    return id_


async def announce_end(transaction: UserTransaction, stored: StoredSync) -> None:
    """A sync ended; and if it changed records, that too, whichever way it ended."""
    announcement = ended(stored)
    if announcement is not None:
        await announce(transaction, announcement)
    await announce_changes(transaction, stored.id, stored.sync.kind, since=stored.first_change_seq)


async def announce_changes(
    transaction: UserTransaction, sync_id: UUID, kind: SyncType, *, since: int
) -> None:
    """What a sync changed after a number of the feed. For whoever wants no such news nothing is counted."""
    connection, user_id = transaction.connection, transaction.user_id
    if await webhooks.wanting(connection, user_id, MirrorChanged.event):
        counts = await change_counts.count(connection, user_id, sync_id, since=since)
        if counts is not None:
            await announce(transaction, changed(user_id, sync_id, kind, counts))
