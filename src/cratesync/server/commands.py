"""The server's commands."""

import gc
import os

import click
import msgspec
import structlog

from cratesync.server.api.docs import PAGE, describe
from cratesync.server.app import Server
from cratesync.server.clock import SystemClock
from cratesync.server.command_line import listening_address, read_settings, run, stop
from cratesync.server.faults import StartupError
from cratesync.server.listener import Listener, open_socket, stopping_on_signals
from cratesync.server.log import configure_logging
from cratesync.server.own_client import own_client
from cratesync.server.rotation import rotate_keys
from cratesync.server.secret_keys import SecretKeyFile, SecretKeys, new_key
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.store.migration import migrate

COLLECTED_EVERY = (50_000, 20, 20)  # container objects made, then collections of the younger generation

_log = structlog.stdlib.get_logger(__name__)


@click.command()
@click.option("--host", help="The address to listen on (CRATESYNC_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on (CRATESYNC_PORT).")
@click.option(
    "--with-client/--without-client",
    default=None,
    help="Run a headless client beside it, for the first account (CRATESYNC_WITH_CLIENT).",
)
def serve(host: str | None, port: int | None, *, with_client: bool | None) -> None:
    """Start the server."""
    settings = read_settings()
    settings = msgspec.structs.replace(
        settings,
        host=host or settings.host,
        port=settings.port if port is None else port,
        with_client=settings.with_client if with_client is None else with_client,
    )
    configure_logging(settings.log_format)
    run(lambda: _serve(settings))


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Create the tables, or bring them up to date."""
    settings = read_settings()
    run(lambda: migrate(settings.database_url, settings.database_schema))
    click.echo("The database is up to date.")


@click.command()
def openapi() -> None:
    """Print the description of the API as JSON."""
    server = Server(read_settings(), SystemClock(), SecretKeys(new_key()))
    click.echo(describe(server.app), nl=False)


@click.group()
def keys() -> None:
    """The instance's secret keys."""


@keys.command()
def rotate() -> None:
    """Make a new key the current one; encrypt Discogs tokens and webhook secrets anew. Restart the servers afterwards."""
    settings = read_settings()
    try:
        # Keys that were set by hand are set anew by hand: the new one first, then this command.
        secret_keys = settings.secret_keys or SecretKeyFile(settings.data_dir).add_current()
    except StartupError as error:
        stop(error)
    count = run(lambda: _rotate(settings, secret_keys))
    click.echo(
        f"The current key is {secret_keys.current.id}. Encrypted anew: {count}. Now restart the servers."
    )


async def _rotate(settings: Settings, secret_keys: SecretKeys) -> int:
    database = Database(settings.database_url, schema=settings.database_schema)
    try:
        await database.migrate()
        return await rotate_keys(database, secret_keys)
    finally:
        await database.close()


async def _serve(settings: Settings) -> None:
    keys_now = settings.secret_keys or SecretKeyFile(settings.data_dir).read_or_create()
    server = Server(settings, SystemClock(), keys_now)
    with open_socket(settings.host, settings.port) as listening:
        try:
            await server.start()
            address = listening_address(settings.host, listening.getsockname()[1])
            companion = own_client(server, address, os.environ) if settings.with_client else None
            listener = Listener(server, listening, companion)
            _spare_the_collector()
            async with stopping_on_signals(listener):
                click.echo(f"Cratesync listens on {address} (the API: {address}{PAGE}). Stop it with Ctrl-C.")
                await _offer_first_account(server, settings.public_url or address)
                await listener.serve()
        finally:
            await server.stop()


async def _offer_first_account(server: Server, base: str) -> None:
    """Let whoever sees this terminal in, while nobody has an account. The one place where a secret is shown, and never the log."""
    code = await server.sign_in_codes.for_first_account()
    if code is not None:
        click.echo(
            f"Nobody has an account yet. This link makes the first one, once and within 24 hours: {code.link(base)} "
            "(from a terminal: cratesync client login --link LINK)"
        )


def _spare_the_collector() -> None:
    """What is there after the start stays, so the garbage collector need not look at it again; and a page of records makes
    thousands of short-lived objects that are in no cycle, so it need not look that often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)
