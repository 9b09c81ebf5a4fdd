"""`cratesync user …`: accounts, in the hands of whoever runs the server. It works on the database, beside a running server or without."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import click
from argon2 import PasswordHasher

from cratesync.server.accounts import accounts
from cratesync.server.accounts.passwords import Passwords
from cratesync.server.accounts.sign_in_codes import NewCode, SignInCodes
from cratesync.server.clock import SystemClock
from cratesync.server.command_line import listening_address, read_settings, run, stop
from cratesync.server.edge import ApiError
from cratesync.server.faults import StartupError
from cratesync.server.loopback import is_loopback
from cratesync.server.secret import Secret
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.store.users import User, find_user_by_name, list_users

T = TypeVar("T")


@click.group()
def user() -> None:
    """Accounts on this server."""


@user.command("list")
def list_all() -> None:
    """Show all accounts, the oldest first."""
    for one in _with_database(_everybody):
        password = "password" if one.password_hash is not None else "no password"
        role = "owner" if one.is_owner else "member"
        discogs = f"Discogs: {one.discogs_username}" if one.discogs_username else "Discogs: not known"
        click.echo(f"{one.username}  {role}, {password}, since {one.created_at:%Y-%m-%d}, {discogs}")


@user.command()
@click.argument("name")
def add(name: str) -> None:
    """Make an account. The password is asked for, or read from standard input."""
    password = _ask_password()
    _with_database(lambda database: _add(database, name, password))
    click.echo(f"Made the account {name}.")


@user.command()
@click.argument("name")
def link(name: str) -> None:
    """Print a link that signs this user in, once and within an hour."""
    base = _base()
    click.echo(_with_database(lambda database: _link(database, name)).link(base))


@user.command()
def invite() -> None:
    """Print a link for one new account, good within 24 hours."""
    base = _base()
    click.echo(_with_database(lambda database: SignInCodes(database, SystemClock()).invite(None)).link(base))


@user.command()
@click.argument("name")
def password(name: str) -> None:
    """Set a password, and sign the user out everywhere. Personal access tokens stay good."""
    chosen = _ask_password()
    _with_database(lambda database: _set_password(database, name, chosen))
    click.echo(f"Set the password of {name}.")


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, *, yes: bool) -> None:
    """Delete an account and everything of it, for good."""
    found = _with_database(lambda database: _find(database, name))
    if not yes:
        click.confirm(f"Delete {found.username} and all records of this account?", abort=True)
    _with_database(lambda database: _delete(database, found))
    click.echo(f"Deleted the account {found.username}.")


# --- what they do -----------------------------------------------------------------------------------------------------


async def _everybody(database: Database) -> list[User]:
    async with database.read() as connection:
        return await list_users(connection)


async def _find(database: Database, name: str) -> User:
    async with database.read() as connection:
        return _existing(name, await find_user_by_name(connection, name))


def _existing(name: str, found: User | None) -> User:
    if found is None:
        raise StartupError(f"There is no account {name!r}.")
    return found


async def _link(database: Database, name: str) -> NewCode:
    found = await _find(database, name)
    return await SignInCodes(database, SystemClock()).for_signing_in(found.id)


async def _add(database: Database, name: str, chosen: Secret) -> None:
    accounts.check_username(name)
    password_hash = await _hash(chosen)
    async with database.write() as connection:
        await accounts.add_user(connection, name, password_hash, SystemClock().now())


async def _set_password(database: Database, name: str, chosen: Secret) -> None:
    password_hash = await _hash(chosen)
    async with database.write() as connection:
        found = _existing(name, await find_user_by_name(connection, name))
        await accounts.replace_password(connection, found.id, password_hash, SystemClock().now(), kept=None)


async def _delete(database: Database, found: User) -> None:
    async with database.write() as connection:
        await accounts.remove_user(connection, found.id)


async def _hash(chosen: Secret) -> str:
    accounts.check_password(chosen)
    return await Passwords(PasswordHasher()).hash(chosen, address="")


# --- around them ------------------------------------------------------------------------------------------------------


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    settings = read_settings()

    async def story() -> T:
        async with _database(settings) as database:
            try:
                return await work(database)
            except ApiError as error:
                raise StartupError(error.sentence) from None

    return run(story)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url, schema=settings.database_schema)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


def _base() -> str:
    """What a link begins with, as far as the settings tell."""
    settings = read_settings()
    if settings.public_url:
        return settings.public_url
    if settings.port == 0:
        stop(
            StartupError(
                "A link needs the server's port, and CRATESYNC_PORT=0 does not tell it: "
                "set CRATESYNC_PORT or CRATESYNC_PUBLIC_URL."
            )
        )
    base = listening_address(settings.host, settings.port)
    here = urlsplit(base).hostname or ""
    if is_loopback(here) and not is_loopback(settings.host):
        click.echo(
            f"This link opens on this machine alone: for others replace {here} by this machine's name, or set CRATESYNC_PUBLIC_URL.",
            err=True,
        )
    return base


def _ask_password() -> Secret:
    if sys.stdin.isatty():
        return Secret(str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))
    return Secret(sys.stdin.readline().rstrip("\r\n"))
