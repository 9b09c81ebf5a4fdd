"""The server's commands."""

import click
import msgspec

from cratesync.server.api.docs import describe
from cratesync.server.app import Server
from cratesync.server.clock import SystemClock
from cratesync.server.command_line import read_settings, run, stop
from cratesync.server.faults import StartupError
from cratesync.server.log import configure_logging
from cratesync.server.rotation import rotate_keys
from cratesync.server.secret_keys import SecretKeyFile, SecretKeys, new_key
from cratesync.server.serving import serve_alone, serve_as_worker, serve_with_workers
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.store.migration import migrate


@click.command()
@click.option("--host", help="The address to listen on (CRATESYNC_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on (CRATESYNC_PORT).")
@click.option(
    "--with-client/--without-client",
    default=None,
    help="Run a headless client beside it, for the first account (CRATESYNC_WITH_CLIENT).",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Server processes behind the one port (CRATESYNC_WORKERS)."
)
@click.option(
    "--worker-socket", type=click.IntRange(0), hidden=True, help="The socket that a worker inherits."
)
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    worker_socket: int | None,
    *,
    with_client: bool | None,
) -> None:
    """Start the server."""
    settings = read_settings() if workers is None else read_settings(CRATESYNC_WORKERS=str(workers))
    settings = msgspec.structs.replace(
        settings,
        host=host or settings.host,
        port=settings.port if port is None else port,
        with_client=settings.with_client if with_client is None else with_client,
    )
    configure_logging(settings.log_format)
    if worker_socket is not None:
        run(lambda: serve_as_worker(settings, worker_socket))
    elif settings.workers > 1:
        run(lambda: serve_with_workers(settings))
    else:
        run(lambda: serve_alone(settings))


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
