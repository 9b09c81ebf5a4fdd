"""`cratesync client …`: what a person types, and what the exit code says.

0 done · 1 failed or cancelled · 2 misused · 3 sign-in or Discogs token refused · 4 server not reached
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TextIO

import click
from click.core import ParameterSource
from msgspec.structs import replace

from cratesync.client import stories
from cratesync.client.api import ExportFormat
from cratesync.client.discogs_check.story import check_discogs as look_at_discogs
from cratesync.client.errors import ClientError, SettingError
from cratesync.client.export import ExportWish
from cratesync.client.export import export as fetch_export
from cratesync.client.headless import START_SECONDS, Setup
from cratesync.client.one_time_link import OneTimeLink, parse_one_time_link
from cratesync.client.secret import Secret
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import SERVER_URL, read_settings
from cratesync.client.sync import SyncWish
from cratesync.client.telling import plain
from cratesync.protocol.messages import SyncType

server_option = click.option(
    "--server",
    envvar="CRATESYNC_SERVER_URL",
    default=SERVER_URL,
    show_default=True,
    metavar="URL",
    help="The Cratesync server.",
)


@click.group()
def client() -> None:
    """Sync from this machine: call Discogs for your account on a Cratesync server."""


@client.command()
@server_option
@click.option("--username", metavar="NAME", help="Asked for if missing.")
@click.option("--register", is_flag=True, help="Make the account first.")
@click.option(
    "--link", metavar="URL", help="Come in by a one-time link or an invitation; it names the server too."
)
@click.option(
    "--forget-key", is_flag=True, help="Believe the server's signing key anew: it was set up again."
)
@click.pass_context
def login(
    context: click.Context,
    *,
    server: str,
    username: str | None,
    register: bool,
    link: str | None,
    forget_key: bool,
) -> None:
    """Sign in, and keep an access token for the other commands. The password is not kept."""

    def story() -> Coroutine[Any, Any, int]:
        followed = None if link is None else parse_one_time_link(link)
        is_named = context.get_parameter_source("server") is ParameterSource.COMMANDLINE
        setup = _setup(server)
        if followed is not None and not is_named:
            setup = replace(setup, server=followed.server)
        way_in = _way_in(setup, followed, username, register=register)
        return stories.login(setup, way_in, forget_key=forget_key)

    _tell(story)


def _way_in(setup: Setup, link: OneTimeLink | None, username: str | None, *, register: bool) -> stories.WayIn:
    """How this person gets in: by a link alone, or with a name and a password, which are asked for."""
    if link is not None and not (link.is_invitation or register):
        return lambda accounts: accounts.follow_link(link.code, username)
    known = setup.settings.account
    name = username or (known.username if known else None) or _ask("User name")
    password = known.password if known and known.username == name else _ask_secret("Password")
    if register or link is not None:
        return lambda accounts: accounts.register(name, password, link.code if link else None)
    return lambda accounts: accounts.sign_in(name, password)


@client.command()
@server_option
def logout(*, server: str) -> None:
    """Revoke the access token that `login` keeps, and forget it."""
    _tell(lambda: stories.logout(_setup(server)))


@client.command()
@server_option
def token(*, server: str) -> None:
    """Save your Discogs token on the server. It is asked for, or read from standard input; never an argument."""

    def story() -> Coroutine[Any, Any, int]:
        return stories.save_discogs_token(_setup(server), _ask_secret("Discogs token"))

    _tell(story)


@client.command()
@server_option
@click.option(
    "--supervised", is_flag=True, hidden=True, help="Started by a server: end when standard input does."
)
def run(*, server: str, supervised: bool) -> None:
    """Stay connected, and make the calls that the server asks for."""
    if supervised:
        _tell(lambda: stories.run_supervised(_setup(server, start_seconds=None, kind="server")))
    else:
        _tell(lambda: stories.run(_setup(server, start_seconds=None)))


@client.command()
@server_option
@click.option(
    "--type",
    "sync_type",
    type=click.Choice(["collection", "wantlist"]),
    default="collection",
    show_default=True,
)
@click.option("--full", is_flag=True, help="Compare everything, not only what is new.")
@click.option("--page-limit", type=click.IntRange(min=1), metavar="N", help="Read at most N pages.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end, and nothing else.")
def sync(*, server: str, sync_type: SyncType, full: bool, page_limit: int | None, as_json: bool) -> None:
    """Copy your collection or wantlist, and wait until it is done."""
    wish = SyncWish(sync_type, full, page_limit)

    def story() -> Coroutine[Any, Any, int]:
        return stories.sync(_setup(server), wish, as_json=as_json)

    _tell(story, fault_json=stories.failed_sync_json if as_json else None)


@client.command()
@server_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, server: str, as_json: bool) -> None:
    """Show who is signed in, the token, the last syncs and the quota."""
    _tell(
        lambda: stories.status(_setup(server), as_json=as_json),
        fault_json=stories.fault_json if as_json else None,
    )


@client.command()
@server_option
@click.option(
    "--list",
    "kind",
    type=click.Choice(["collection", "wantlist"]),
    default="collection",
    show_default=True,
)
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["csv", "jsonl", "xlsx", "sqlite"]),
    default="csv",
    show_default=True,
)
@click.option(
    "--output",
    metavar="FILE",
    help="Write it there; `-` is standard output. Otherwise it is named after the list and the day.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def export(*, server: str, kind: SyncType, wanted: ExportFormat, output: str | None, force: bool) -> None:
    """Fetch what the server has of your collection or wantlist, as a file. Discogs is not called."""
    wish = ExportWish(kind, wanted, output, force)
    _tell(lambda: fetch_export(_setup(server), wish))


@client.command("check-discogs")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=False),
    metavar="FILE",
    help="Write the report there.",
)
def check_discogs(*, as_json: bool, output: TextIO | None) -> None:
    """Look at Discogs' API with your own token: at most 20 reading calls, and a report without anything private.

    The token is asked for, or read from standard input or CRATESYNC_DISCOGS_TOKEN; never an argument. No server is needed.
    """

    def story() -> Coroutine[Any, Any, int]:
        settings = read_settings(os.environ)
        token = settings.discogs_token or _ask_secret("Discogs token")
        return look_at_discogs(settings, token, as_json=as_json, output=output)

    _tell(story, fault_json=stories.fault_json if as_json else None)


def _setup(server: str, *, start_seconds: float | None = START_SECONDS, kind: str = "headless") -> Setup:
    return Setup(
        settings=read_settings(os.environ),
        server=parse_server_url(server),
        start_seconds=start_seconds,
        kind=kind,
    )


def _tell(
    story: Callable[[], Coroutine[Any, Any, int]], *, fault_json: Callable[[ClientError], str] | None = None
) -> None:
    """Run a story to its exit code; a fault ends it with one sentence and no traceback."""
    try:
        code = asyncio.run(story())
    except ClientError as fault:
        if fault_json is None:
            click.echo(plain(fault.sentence), err=True)
        else:
            click.echo(fault_json(fault))
        code = fault.exit_code
    sys.exit(code)


def _ask(question: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(question, err=True))
    return _line(question)


def _ask_secret(question: str) -> Secret:
    if sys.stdin.isatty():
        return Secret(str(click.prompt(question, hide_input=True, err=True)).strip())
    return Secret(_line(question))


def _line(question: str) -> str:
    line = sys.stdin.readline().strip()
    if not line:
        raise SettingError(f"{question}: nothing came on standard input.")
    return line
