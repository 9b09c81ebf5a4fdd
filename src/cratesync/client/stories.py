"""What each command does, from its first call to its exit code."""

import asyncio
import platform
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.console import Console

from cratesync.client import telling
from cratesync.client.api import Accounts, Api, PastSync, RateLimit, Schedule, User
from cratesync.client.bar import Bar, Display, Lines, Nowhere
from cratesync.client.credentials import Account, Credentials
from cratesync.client.discogs_token import checked_discogs_token
from cratesync.client.errors import (
    DISCOGS_TOKEN_CODES,
    FAILED,
    SIGN_IN_REFUSED,
    ClientError,
    InterruptedBySignalError,
    ServerRefusedError,
    SettingError,
    SignInRefusedError,
)
from cratesync.client.headless import Setup, headless, rest, signed_in
from cratesync.client.interruption import interruptible, when_input_ends
from cratesync.client.log import Log
from cratesync.client.pin_book import PinBook
from cratesync.client.race import unless
from cratesync.client.rest import Rest
from cratesync.client.secret import Secret
from cratesync.client.sign_in import Access, StoredToken
from cratesync.client.sync import SyncRun, SyncWish
from cratesync.client.watch import Outcome
from cratesync.protocol.messages import Summary

T = TypeVar("T")
WayIn: TypeAlias = Callable[[Accounts], Awaitable[Access]]

_SYNC_STAYS = "Interrupted. The sync stays on the server and goes on when a client is connected."
_HOW_TO_SAVE_ONE = "Save your Discogs token with `cratesync client token`."


class SyncReport(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What `sync --json` prints: `summary` where there is one, `code` and `message` unless it completed."""

    session_id: str | None
    status: str
    summary: Summary | None = None
    code: str | None = None
    message: str | None = None


class _FaultReport(Struct, frozen=True, rename="camel"):
    code: str
    message: str


class StatusReport(Struct, frozen=True, rename="camel"):
    """What `status --json` prints. `syncs` holds the latest of each type."""

    server: str
    user: User
    syncs: dict[str, PastSync]
    schedule: Schedule | None
    rate_limit: RateLimit | None


async def login(setup: Setup, way_in: WayIn, *, forget_key: bool) -> int:
    """Get a personal access token, keep it, and revoke the one that was kept before."""
    if not setup.server.keeps_secrets:
        click.echo(f"{setup.server.base} is not encrypted: others on the way can read along.", err=True)
    credentials = Credentials(setup.folder)
    before = credentials.account(setup.server)
    async with rest(setup) as way:
        accounts = Accounts(way)
        access = await way_in(accounts)
        api = Api(way, StoredToken(access.token))
        username = (await api.me()).username
        made = await api.create_token(platform.node() or "headless client")
        credentials.save(setup.server, Account(username, made.token, made.expires_at, made.id))
        with suppress(ClientError):  # it is signed in by now; what is left over is in the lists at the server
            if before is not None:
                await _revoke(way, before)
            await accounts.leave(access.token)
    if forget_key:
        PinBook(setup.folder, lambda _: None).forget(setup.server)
    _say(f"Signed in at {setup.server.base} as {username}.")
    return 0


async def logout(setup: Setup) -> int:
    """Revoke the token that `login` kept, and forget it."""
    credentials = Credentials(setup.folder)
    account = credentials.account(setup.server)
    if account is None:
        click.echo(f"Nobody is signed in at {setup.server.base}.")
        return 0
    async with rest(setup) as way:
        await _revoke(way, account)
    credentials.forget(setup.server)
    _say(f"Signed out at {setup.server.base}; {account.username} was signed in.")
    return 0


async def _revoke(way: Rest, account: Account) -> None:
    """By the token itself, whoever it belongs to; one that is not good any more is fine."""
    if account.token_id is None:  # it was kept by an older version, which did not note the id
        return
    try:
        await Api(way, StoredToken(account.secret)).revoke_token(account.token_id)
    except SignInRefusedError:
        return
    except ServerRefusedError as refusal:
        if refusal.status != 404:
            raise


async def save_discogs_token(setup: Setup, token: Secret) -> int:
    """Hand the token over, and make the call that checks it."""
    checked_discogs_token(token)
    if not setup.server.keeps_secrets and not setup.settings.allow_insecure_lan:
        raise SettingError(
            f"{setup.server.base} is not encrypted, so the token is not sent. Use https, or the server's own machine; "
            "or set CRATESYNC_ALLOW_INSECURE_LAN=1 if you trust everybody on the way."
        )
    async with headless(setup, lambda _: None) as client:
        await client.presence.connected()
        verdict = await client.api.save_discogs_token(token)
    _say(verdict.message)
    return SIGN_IN_REFUSED if verdict.token_valid is False else 0


async def run(setup: Setup) -> int:
    """Serve until told to stop."""
    with interruptible() as interruption:
        await _serve(setup, interruption.event, dated=True)
    return 0


async def run_supervised(setup: Setup) -> int:
    """Serve until standard input ends: whoever started this holds it open, and is gone when it closes."""
    with interruptible() as interruption, when_input_ends(interruption.event.set):
        await _serve(setup, interruption.event, dated=False)
    return 0


async def _serve(setup: Setup, stopping: asyncio.Event, *, dated: bool) -> None:
    log = Log(lambda line: _say(line, err=True), setup.clock, dated=dated)
    log.line("starting", server=setup.server.base)
    async with headless(setup, log.observe):
        await stopping.wait()
        log.line("stopping")
    log.line("stopped")


async def sync(setup: Setup, wish: SyncWish, *, as_json: bool) -> int:
    """Start or attach, follow, and report."""
    display = _display(setup, as_json=as_json)
    work = SyncRun(wish, display)
    try:
        with interruptible() as interruption:
            async with headless(setup, work.observe) as client:
                outcome = await unless(interruption.event, work.follow(client))
        if outcome is None:
            raise InterruptedBySignalError(interruption.number, _SYNC_STAYS)
    except ClientError as fault:
        if not as_json:
            if fault.code in DISCOGS_TOKEN_CODES:
                _say(f"{fault.sentence}\n{_HOW_TO_SAVE_ONE}", err=True)
                return fault.exit_code
            raise
        click.echo(failed_sync_json(fault, work.session_id))
        return fault.exit_code
    finally:
        display.close()
    if as_json:
        report = SyncReport(
            outcome.session_id, outcome.status, outcome.summary, outcome.code, outcome.message
        )
        click.echo(_json(report))
    else:
        _tell_outcome(wish, outcome)
    if outcome.status == "completed":
        return 0
    return SIGN_IN_REFUSED if outcome.code in DISCOGS_TOKEN_CODES else FAILED


async def status(setup: Setup, *, as_json: bool) -> int:
    """Who, what, when and how much is left."""
    async with signed_in(setup) as api:
        user = await api.me()
        newest: dict[str, PastSync] = {}
        for entry in await api.syncs():
            newest.setdefault(entry.sync_type, entry)
        schedule = await _if_there(api.schedule())
        rate_limit = await _if_there(api.rate_limit())
    report = StatusReport(setup.server.base, user, newest, schedule, rate_limit)
    if as_json:
        click.echo(_json(report))
    else:
        _say("\n".join(_status_lines(report)))
    return 0


async def _if_there(asked: Coroutine[Any, Any, T]) -> T | None:
    """An older server does not know everything that is asked."""
    try:
        return await asked
    except ServerRefusedError:
        return None


def failed_sync_json(fault: ClientError, session_id: str | None = None) -> str:
    """What `sync --json` prints where there is no outcome."""
    return _json(SyncReport(session_id, "failed", None, fault.code, fault.sentence))


def fault_json(fault: ClientError) -> str:
    """What `status --json` prints where there is nothing to show."""
    return _json(_FaultReport(fault.code, fault.sentence))


def _display(setup: Setup, *, as_json: bool) -> Display:
    if as_json:
        return Nowhere()
    if sys.stderr.isatty():
        return Bar(Console(stderr=True), setup.clock)
    return Lines(lambda line: _say(line, err=True), setup.clock)


def _tell_outcome(wish: SyncWish, outcome: Outcome) -> None:
    title = wish.sync_type.capitalize()
    if outcome.status == "completed":
        click.echo(f"{title} synced.")
        lines = telling.summary_lines(wish.sync_type, outcome.summary) if outcome.summary else []
        _say("\n".join(lines))
    else:
        reason = outcome.message or outcome.code or "no reason was given"
        hint = f"\n{_HOW_TO_SAVE_ONE}" if outcome.code in DISCOGS_TOKEN_CODES else ""
        _say(f"{title} {outcome.status}: {reason}{hint}", err=True)


def _status_lines(report: StatusReport) -> list[str]:
    user = report.user
    verdict = {True: "accepted by Discogs", False: "rejected by Discogs", None: "not checked yet"}
    token = verdict[user.token_valid] if user.has_discogs_token else "none"
    lines = [f"Server     {report.server}", f"Signed in  {user.username}"]
    lines.append(f"Discogs    {user.discogs_username or 'account not known yet'}; token: {token}")
    lines.append(f"Collection {_last_sync(report.syncs.get('collection'))}")
    lines.append(f"Wantlist   {_last_sync(report.syncs.get('wantlist'))}")
    if report.schedule is not None:
        lines.append(f"Schedule   {telling.schedule_line(report.schedule)}")
    limit = report.rate_limit
    if limit is None or limit.remaining is None:
        lines.append("Quota      not known yet")
    else:
        lines.append(f"Quota      {limit.remaining} of {limit.limit} calls left")
    return lines


def _last_sync(entry: PastSync | None) -> str:
    if entry is None:
        return "never synced"
    when = entry.completed_at or entry.started_at or ""
    line = f"{entry.status} {when}".rstrip()
    if entry.status == "completed" and (summary := entry.summary):
        return f"{line}: {summary.added} added, {summary.updated} updated, {summary.removed} removed"
    return f"{line}: {entry.error_message}" if entry.error_message else line


def _json(report: Struct) -> str:
    return msgspec.json.encode(report).decode()


def _say(text: str, *, err: bool = False) -> None:
    """Much of it comes from the server, and a terminal obeys control characters."""
    click.echo("\n".join(telling.plain(line) for line in text.splitlines()), err=err)
