"""What `check-discogs` does, from the token to the exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import TextIO

import click
import msgspec

from cratesync import __version__
from cratesync.client.clock import SYSTEM_CLOCK, Clock
from cratesync.client.discogs_check.calls import CALLS_MAX, Calls
from cratesync.client.discogs_check.check import Check
from cratesync.client.discogs_check.observations import Observation
from cratesync.client.discogs_check.pace import PAUSE_SECONDS, Pace
from cratesync.client.discogs_check.report import Circumstances, Ending, Report, report_of
from cratesync.client.discogs_check.text import text_of
from cratesync.client.discogs_token import checked_discogs_token
from cratesync.client.errors import SettingError
from cratesync.client.fetch import http_for_calls
from cratesync.client.headless import USER_AGENT, hush_http_logs
from cratesync.client.interruption import interruptible
from cratesync.client.race import unless
from cratesync.client.secret import Secret
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import ClientSettings
from cratesync.client.tls import tls_context
from cratesync.providers.discogs.allow_list import BASE_URL

Sleep = Callable[[float], Awaitable[None]]


async def check_discogs(
    settings: ClientSettings,
    token: Secret,
    *,
    as_json: bool,
    output: TextIO | None,
    clock: Clock = SYSTEM_CLOCK,
    sleep: Sleep = asyncio.sleep,
) -> int:
    """Look, report whatever was seen, and give the exit code."""
    base_url = settings.discogs_url
    token = checked_discogs_token(token)
    if not parse_server_url(base_url).keeps_secrets and not settings.allow_insecure_lan:
        raise SettingError(
            "CRATESYNC_DISCOGS_URL is not encrypted, so the token is not sent there. Use https."
        )
    hush_http_logs()
    began, made_at = clock.monotonic(), clock.now()
    if not as_json:
        click.echo(f"At most {CALLS_MAX} calls, one each {PAUSE_SECONDS:g} s. Nothing is changed.", err=True)
    async with http_for_calls(
        local_address=settings.local_address, calls_max=1, verify=tls_context()
    ) as http:
        calls = Calls(
            http,
            base_url=base_url,
            token=token,
            user_agent=USER_AGENT,
            pace=Pace(monotonic=clock.monotonic, sleep=sleep),
            monotonic=clock.monotonic,
        )
        check = Check(
            calls, base_url=base_url, token=token, watch=(lambda _: None) if as_json else _tell_call
        )
        with interruptible() as interruption:
            ending = await unless(interruption.event, check.run())
    if ending is None:
        ending = Ending(
            "interrupted", "Interrupted: this is what was seen so far.", 128 + interruption.number
        )
    circumstances = Circumstances(
        made_at=f"{made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        version=__version__,
        live=base_url == BASE_URL,
        seconds=clock.monotonic() - began,
    )
    report = report_of(check.seen, circumstances, ending, calls_made=calls.made, redaction=check.redaction())
    _publish(report, as_json=as_json, output=output)
    if ending.exit_code and not as_json:
        click.echo(ending.sentence, err=True)
    return ending.exit_code


def _publish(report: Report, *, as_json: bool, output: TextIO | None) -> None:
    text = msgspec.json.encode(report).decode() + "\n" if as_json else text_of(report)
    click.echo(text, file=output, nl=False)
    if output is not None and not as_json:
        click.echo(f"The report is in {output.name}.", err=True)


def _tell_call(observation: Observation) -> None:
    click.echo(f"{observation.ask.shown}: {observation.status}", err=True)
