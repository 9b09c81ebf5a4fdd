"""Everything that syncs need, put together."""

import asyncio
from datetime import timedelta
from typing import NoReturn
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from cratesync.engine.pacing import Quota
from cratesync.engine.provider import Provider
from cratesync.engine.retry import RetryPolicy
from cratesync.engine.schedule import Every, Off
from cratesync.protocol.close_codes import CloseCode
from cratesync.server import heap, reaper, scheduler
from cratesync.server.accounts.auth import Authenticator
from cratesync.server.answers import AnswerDesk, AnswerRules
from cratesync.server.bell.composition import OnTheBell, bell_of
from cratesync.server.carrying import Carrier
from cratesync.server.clock import Clock
from cratesync.server.dispatcher import Dispatcher, DispatchRules
from cratesync.server.gateway.endpoint import Gateway, GatewayRules
from cratesync.server.gateway.hub import Hub
from cratesync.server.gateway.session import Desk, SessionRules
from cratesync.server.heap import Heap
from cratesync.server.news import News
from cratesync.server.orchestrator import Orchestrator
from cratesync.server.origins import Origins
from cratesync.server.quota_view import QuotaView
from cratesync.server.reaper import Reaper, ReaperRules
from cratesync.server.release_desk import ReleaseDesk
from cratesync.server.schedule_desk import ScheduleDesk
from cratesync.server.scheduler import Scheduler
from cratesync.server.seats import SeatRules, Seats
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.store.known_contents import KnownContents
from cratesync.server.ticking import tick_for_ever
from cratesync.server.token_desk import TokenDesk
from cratesync.server.transaction import Transactions
from cratesync.server.under_way import UnderWay
from cratesync.server.vault import Vault
from cratesync.server.verdicts import Verdicts

# Of ten thousand clients two thousand are sent away in a second, and each of them waits for up to a second by itself.
CLOSED_PER_SECOND = 500.0
SPREAD_SECONDS_MAX = 5.0
SEATS_LEFT_WITHIN_SECONDS = 3.0

_log = structlog.stdlib.get_logger(__name__)


class Syncing:
    """The sync half of a node. The constructor opens nothing."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        database: Database,
        vault: Vault,
        authenticator: Authenticator,
        origins: Origins,
        provider: Provider,
        deliveries_due: asyncio.Event,
        registry: CollectorRegistry,
    ) -> None:
        self.node = uuid4().hex[:12]
        quota = Quota(
            calls=provider.profile.calls,
            window_seconds=provider.profile.window_seconds,
            reserve=settings.discogs_reserve,
        )
        retry = RetryPolicy(attempts_max=settings.attempts_max)
        self.verdicts = verdicts = Verdicts()
        self._database = database
        self.hub = Hub(verdicts)
        bell = bell_of(settings, vault)
        self._bell = (
            None if bell is None else OnTheBell(node=self.node, bell=bell, hub=self.hub, registry=registry)
        )
        audience = self.hub if self._bell is None else self._bell.audience
        self.transactions = Transactions(database, clock, audience, deliveries_due)
        usual_schedule = Every(settings.sync_every_hours) if settings.sync_every_hours else Off()
        self.carrier = Carrier(provider, usual_schedule)
        self.orchestrator = Orchestrator(
            database=database,
            transactions=self.transactions,
            provider=provider,
            carrier=self.carrier,
            quota=quota,
            full_sync_every=timedelta(days=settings.full_sync_every_days),
        )
        under_way = UnderWay()
        self.dispatcher = Dispatcher(
            transactions=self.transactions,
            provider=provider,
            carrier=self.carrier,
            vault=vault,
            under_way=under_way,
            rules=DispatchRules(quota, settings.lease_seconds, settings.max_in_flight),
        )
        self.answers = AnswerDesk(
            database=database,
            transactions=self.transactions,
            provider=provider,
            carrier=self.carrier,
            vault=vault,
            dispatcher=self.dispatcher,
            under_way=under_way,
            known_contents=KnownContents(clock.steady),
            rules=AnswerRules(quota, retry, settings.keep_response_bodies),
        )
        self.seats = Seats(
            node=self.node,
            database=database,
            transactions=self.transactions,
            carrier=self.carrier,
            rules=SeatRules(quota, retry, settings.lease_seconds, settings.grace_seconds),
        )
        self.token_desk = TokenDesk(
            database=database,
            transactions=self.transactions,
            provider=provider,
            carrier=self.carrier,
            vault=vault,
            verdicts=verdicts,
            quota=quota,
        )
        self.release_desk = ReleaseDesk(
            database=database, transactions=self.transactions, provider=provider, verdicts=verdicts
        )
        self.quota_view = QuotaView(database, clock, quota)
        self.reaper = Reaper(
            database=database,
            transactions=self.transactions,
            orchestrator=self.orchestrator,
            seats=self.seats,
            hub=self.hub,
            rules=ReaperRules(
                stale_after=timedelta(hours=settings.stale_after_hours),
                retention=timedelta(days=settings.retention_days),
                changes_kept=timedelta(days=settings.changes_days),
            ),
        )
        self.scheduler = Scheduler(
            database=database, orchestrator=self.orchestrator, attendance=self.hub, clock=clock
        )
        self.schedule_desk = ScheduleDesk(
            database=database, transactions=self.transactions, clock=clock, usual=usual_schedule
        )
        self._clock = clock
        self._news = News(database, self.orchestrator, clock)
        desk = Desk(
            node=self.node,
            clock=clock,
            authenticator=authenticator,
            vault=vault,
            hub=self.hub,
            seats=self.seats,
            dispatcher=self.dispatcher,
            answers=self.answers,
            news=self._news,
            rules=SessionRules(
                frame_bytes_max=settings.frame_bytes_max,
                outbox_frames_max=settings.outbox_messages_max,
                messages_per_second_max=settings.messages_per_second_max,
                connections_per_user_max=settings.connections_per_user_max,
                in_flight_max=settings.max_in_flight,
                sign_in_checked_seconds=settings.sign_in_checked_seconds,
            ),
        )
        self.gateway = Gateway(
            desk,
            GatewayRules(
                origins=origins,
                allow_insecure_lan=settings.allow_insecure_lan,
                unauthenticated_max=settings.unauthenticated_connections_max,
                authenticate_within_seconds=settings.authenticate_seconds,
            ),
        )
        self._ticking: list[asyncio.Task[NoReturn]] = []

    async def start(self) -> None:
        """Begin to tick. On SQLite this is the only node, so nobody else can be fetching."""
        if self._database.dialect == "sqlite":
            await self.seats.empty()
        await self.schedule_desk.start()
        if self._bell is not None:
            self._bell.start(database=self._database, news=self._news, clock=self._clock)
        for what, tick, every in (
            ("reaper", self.reaper.tick, reaper.TICK_SECONDS),
            ("scheduler", self.scheduler.tick, scheduler.TICK_SECONDS),
            ("heap", Heap().tick, heap.TICK_SECONDS),
        ):
            self._ticking.append(asyncio.create_task(tick_for_ever(what, tick, every=every)))

    async def drain(self) -> None:
        """Claim nothing more and start nothing, then tell the clients to come back: not all at once, or the nodes that they come to would
        have all of them at once."""
        for ticking in self._ticking:
            ticking.cancel()
        await asyncio.gather(*self._ticking, return_exceptions=True)
        try:
            async with asyncio.timeout(SEATS_LEFT_WITHIN_SECONDS):
                await self.seats.close()
        except (SQLAlchemyError, OSError) as error:
            # The seats end by themselves, and the clients have to be told in any case.
            _log.warning("seats_not_left", error=type(error).__name__)
        restarts = (CloseCode.SERVER_RESTARTS, "The server restarts; come back.")
        self.hub.let_nobody_in(*restarts)
        over = min(SPREAD_SECONDS_MAX, self.hub.connections / CLOSED_PER_SECOND)
        await self.hub.close_all(*restarts, over_seconds=over)

    async def stop(self) -> None:
        """Say what is still to be said, and leave the bell."""
        if self._bell is not None:
            await self._bell.stop()
