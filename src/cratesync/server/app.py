"""The composition root: every part of the server is made here, from settings and a clock, and handed to whoever needs it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import structlog
from argon2 import PasswordHasher
from litestar import Litestar, WebSocket, websocket
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import WebsocketRouteHandler
from litestar.types import ControllerRouterHandler
from prometheus_client import CollectorRegistry

from cratesync.engine.provider import Provider
from cratesync.providers.discogs.provider import DiscogsProvider
from cratesync.server.accounts.accounts import Accounts
from cratesync.server.accounts.auth import Authenticator
from cratesync.server.accounts.first_username import first_username
from cratesync.server.accounts.login_attempts import LoginAttempts
from cratesync.server.accounts.passwords import Passwords
from cratesync.server.accounts.refresh_cookies import RefreshCookies
from cratesync.server.accounts.sessions import Sessions
from cratesync.server.accounts.sign_in_codes import SignInCodes
from cratesync.server.api import (
    access_tokens,
    auth,
    changes,
    collection,
    discogs,
    discogs_token,
    docs,
    exports,
    facets,
    health,
    held_removals,
    invitations,
    metrics,
    releases,
    schedule,
    sessions,
    sides,
    statistics,
    users,
    wantlist,
    webhooks,
)
from cratesync.server.bodies import BODY_BYTES_MAX, StrictBody
from cratesync.server.call_limits import CallLimits
from cratesync.server.clock import Clock
from cratesync.server.edge import answer_error
from cratesync.server.exports.exporter import Exporter
from cratesync.server.guards import provide_identity
from cratesync.server.mirror_metrics import MirrorMetrics
from cratesync.server.origins import Origins
from cratesync.server.page import serving
from cratesync.server.parameters import known_parameters
from cratesync.server.readiness import Readiness
from cratesync.server.secret_keys import SecretKeys
from cratesync.server.security_headers import SecurityHeaders
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.syncing import Syncing
from cratesync.server.vault import Vault
from cratesync.server.webhooks.addresses import Resolve, resolve_by_system
from cratesync.server.webhooks.composition import Webhooks

T = TypeVar("T")

_log = structlog.stdlib.get_logger(__name__)

ROUTES: Sequence[ControllerRouterHandler] = (
    auth.register,
    auth.login,
    auth.follow_link,
    auth.refresh,
    auth.logout,
    auth.change_password,
    sessions.get_sessions,
    sessions.end_session,
    sessions.end_other_sessions,
    access_tokens.create_token,
    access_tokens.get_tokens,
    access_tokens.revoke_token,
    invitations.invite,
    invitations.get_invitations,
    invitations.take_back,
    users.get_me,
    users.delete_me,
    schedule.get_schedule,
    schedule.put_schedule,
    discogs_token.put_token,
    discogs_token.delete_token,
    discogs.start_sync,
    discogs.get_status,
    discogs.get_history,
    discogs.cancel_sync,
    discogs.pause_sync,
    discogs.resume_sync,
    discogs.retry_sync,
    discogs.confirm_removals,
    held_removals.get_held_removals,
    discogs.get_rate_limit,
    collection.get_collection,
    exports.export_collection,
    exports.export_wantlist,
    collection.get_item,
    facets.get_collection_facets,
    statistics.get_collection_statistics,
    sides.get_folders,
    sides.get_fields,
    sides.get_value,
    wantlist.get_wantlist,
    wantlist.get_want,
    facets.get_wantlist_facets,
    statistics.get_wantlist_statistics,
    changes.get_collection_changes,
    changes.get_wantlist_changes,
    webhooks.create_webhook,
    webhooks.get_webhooks,
    webhooks.change_webhook,
    webhooks.delete_webhook,
    webhooks.renew_secret,
    webhooks.test_webhook,
    webhooks.get_deliveries,
    webhooks.redeliver,
    releases.get_release,
    health.live,
    health.ready,
    metrics.get_metrics,
    *docs.ROUTES,
    *serving.ROUTES,
)


class Server:
    """One node, for one `provider`: Discogs, unless told otherwise. The constructor opens nothing; `start`, `drain` and `stop`
    are called once each, in that order."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        secret_keys: SecretKeys,
        *,
        provider: Provider | None = None,
        hasher: PasswordHasher | None = None,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(settings.database_url, schema=settings.database_schema)
        self.vault = Vault(secret_keys)
        self.authenticator = Authenticator(self.database, self.vault, clock)
        self.readiness = Readiness()
        self.metrics = CollectorRegistry()
        self.mirror_metrics = MirrorMetrics(self.metrics, self.database, clock)
        self.origins = Origins(
            frozenset(settings.allowed_origins), settings.public_url, on_loopback=settings.on_loopback
        )
        self.sessions = Sessions(self.database, clock, idle=timedelta(days=settings.session_days))
        self.refresh_cookies = RefreshCookies(self.vault, clock, public_url=settings.public_url)
        self.sign_in_codes = SignInCodes(self.database, clock)
        self.accounts = Accounts(
            self.database,
            Passwords(hasher or PasswordHasher()),
            LoginAttempts(clock),
            self.sessions,
            clock,
            registration_is_open=settings.registration_is_open,
            first_username=first_username(),
        )
        self.exporter = Exporter(self.database, clock)
        provider = provider or _discogs(settings)
        deliveries_due = asyncio.Event()
        self.syncing = Syncing(
            settings=settings,
            clock=clock,
            database=self.database,
            vault=self.vault,
            authenticator=self.authenticator,
            origins=self.origins,
            provider=provider,
            deliveries_due=deliveries_due,
            registry=self.metrics,
        )
        self.webhooks = Webhooks(
            database=self.database,
            transactions=self.syncing.transactions,
            vault=self.vault,
            clock=clock,
            provider=provider,
            news=deliveries_due,
            private_allowed=settings.webhooks_to_private_networks,
            resolve=resolve,
        )
        self.app = self._make_app()
        self.app.state.known_parameters = known_parameters(self.app)

    async def start(self) -> None:
        """Bring the database up to date and open for work. Raises `StartupError`."""
        await self.database.migrate()
        await self.syncing.start()
        self.webhooks.start()
        self.readiness.open()
        _log.info("server_started", database=self.database.dialect)

    async def drain(self) -> None:
        """Take no new work and finish what is in hand; connections are still open."""
        self.readiness.close()
        _log.info("server_stopping")
        await self.syncing.drain()
        await self.webhooks.drain()

    async def stop(self) -> None:
        """Give everything back. Safe to call where `start` failed."""
        self.readiness.close()
        await self.syncing.stop()
        await self.database.close()
        _log.info("server_stopped")

    def _make_app(self) -> Litestar:
        return Litestar(
            route_handlers=[*ROUTES, self._websocket()],
            dependencies=self._dependencies(),
            state=State(
                {
                    "authenticator": self.authenticator,
                    "origins": self.origins,
                    "call_limits": CallLimits(self.clock, per_second=self.settings.calls_per_second_max),
                }
            ),
            dto=StrictBody,
            return_dto=None,
            exception_handlers={Exception: answer_error},
            request_max_body_size=BODY_BYTES_MAX,
            before_send=[SecurityHeaders(only_tls=(self.settings.public_url or "").startswith("https://"))],
            cors_config=_cors(self.settings.allowed_origins),
            openapi_config=docs.openapi_config(self.settings.public_path),
            logging_config=None,
        )

    def _websocket(self) -> WebsocketRouteHandler:
        gateway = self.syncing.gateway

        @websocket("/ws")
        async def serve(socket: WebSocket[object, object, State]) -> None:
            await gateway.serve(socket)

        return serve

    def _dependencies(self) -> dict[str, Provide]:
        """What handlers may ask for by name."""
        return {
            "identity": Provide(provide_identity, sync_to_thread=False),
            "settings": _given(self.settings),
            "clock": _given(self.clock),
            "database": _given(self.database),
            "vault": _given(self.vault),
            "authenticator": _given(self.authenticator),
            "accounts": _given(self.accounts),
            "sessions": _given(self.sessions),
            "refresh_cookies": _given(self.refresh_cookies),
            "codes": _given(self.sign_in_codes),
            "orchestrator": _given(self.syncing.orchestrator),
            "schedule_desk": _given(self.syncing.schedule_desk),
            "token_desk": _given(self.syncing.token_desk),
            "webhook_desk": _given(self.webhooks.desk),
            "release_desk": _given(self.syncing.release_desk),
            "quota_view": _given(self.syncing.quota_view),
            "readiness": _given(self.readiness),
            "metrics": _given(self.metrics),
            "mirror_metrics": _given(self.mirror_metrics),
            "exporter": _given(self.exporter),
        }


def _discogs(settings: Settings) -> DiscogsProvider:
    return DiscogsProvider(
        base_url=settings.discogs_url,
        calls=settings.discogs_limit,
        window_seconds=settings.discogs_window_seconds,
    )


def _given(part: T) -> Provide:
    def provide() -> T:
        return part

    return Provide(provide, sync_to_thread=False, use_cache=True)


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Content-Disposition", "Retry-After"],
    )
