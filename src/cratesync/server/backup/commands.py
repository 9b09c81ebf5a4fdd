"""`cratesync backup` and `cratesync restore`."""

from datetime import UTC
from pathlib import Path

import click

from cratesync.server.backup.restoring import Restored
from cratesync.server.backup.restoring import restore as restore_into
from cratesync.server.backup.saving import save
from cratesync.server.clock import SystemClock
from cratesync.server.command_line import read_settings, run, stop
from cratesync.server.faults import StartupError

_PATH = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_PATH)
@click.option(
    "--with-keys", is_flag=True, help="Put the secret keys in too: the file is then as secret as they are."
)
def backup(file: Path, *, with_keys: bool) -> None:
    """Write everything that is kept into one file, while the server runs. It restores into SQLite and PostgreSQL."""
    settings = read_settings()
    total = run(lambda: save(settings, file, with_keys=with_keys))
    users = _count(total.rows_of("users"), "account")
    click.echo(f"Backed up {users} in {total.rows:,} rows to {file}, {file.stat().st_size:,} bytes.")
    if with_keys:
        click.echo(
            "The secret keys are in it: whoever has this file has the Discogs tokens. Only you can read it (0600); keep it so."
        )
    else:
        click.echo(
            "The secret keys are not in it: keep them elsewhere, or Discogs tokens, webhook secrets and sign-ins cannot be restored."
        )


@click.command()
@click.argument("file", type=_PATH)
@click.option("--replace", is_flag=True, help="Delete the accounts that are there, and everything of theirs.")
def restore(file: Path, *, replace: bool) -> None:
    """Put back what `cratesync backup` wrote, into the database of the settings. No server may run on it meanwhile."""
    settings = read_settings()
    now = SystemClock().now()
    try:
        with file.open("rb") as opened:
            restored = run(lambda: restore_into(settings, opened, replace=replace, now=now))
    except OSError as error:
        stop(StartupError(f"The file {file} cannot be read: {error.strerror}."))
    made_at = restored.head.made_at.astimezone(UTC)
    users = _count(restored.sum.rows_of("users"), "account")
    click.echo(
        f"Restored {users} in {restored.sum.rows:,} rows, as they were at {made_at:%Y-%m-%d %H:%M} UTC."
    )
    for sentence in _of_keys(restored):
        click.echo(sentence)


def _of_keys(restored: Restored) -> list[str]:
    """What a person has to know of the keys."""
    head, sealed = restored.head, restored.sealed
    missing = sorted(restored.keys.missing | sealed.key_ids)
    if not missing:
        came = "The secret keys came with it." if head.keys else "Its secret keys are here already."
        return [came] if head.key_ids else []
    tokens, secrets = _count(sealed.tokens, "Discogs token"), _count(sealed.webhook_secrets, "webhook secret")
    lost = (
        f"Keys are missing that this backup was made with ({', '.join(missing)}). With them go {tokens}, {secrets}, and all "
        "sign-ins but personal access tokens."
    )
    todo = (
        "If you have them, put them back before you start the server (docs/how-to/back-up.md). If not: tokens are saved and "
        "webhook secrets renewed by their owners, and clients believe the new key by `cratesync client login --forget-key`."
    )
    return [lost, todo]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
