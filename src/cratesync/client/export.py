"""What `export` does: a list into a file that is whole or not there."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from msgspec import Struct

from cratesync.client.api import ExportFormat
from cratesync.client.errors import InterruptedBySignalError, OutputError, SettingError
from cratesync.client.headless import Setup, signed_in
from cratesync.client.interruption import interruptible
from cratesync.client.race import unless
from cratesync.client.telling import plain
from cratesync.protocol.messages import SyncType

STANDARD_OUTPUT = "-"
_TEXTS = frozenset({"csv", "jsonl"})


class ExportWish(Struct, frozen=True):
    """Which list, in which format, and where to: a file that is named after the list and the day, where nothing is said."""

    kind: SyncType
    format: ExportFormat
    output: str | None
    force: bool


async def export(setup: Setup, wish: ExportWish) -> int:
    """Fetch it, and say where it is."""
    if wish.output == STANDARD_OUTPUT:
        if wish.format not in _TEXTS and sys.stdout.isatty():
            raise SettingError(f"{wish.format} is nothing for a terminal. Name a file with --output.")
        await _fetch(setup, wish, sys.stdout.buffer, "Standard output")
        return 0
    target = Path(wish.output or f"{wish.kind}-{setup.clock.now().astimezone():%Y-%m-%d}.{wish.format}")
    with _draft_of(target, force=wish.force) as draft:
        count = await _fetch(setup, wish, draft, str(target))
    click.echo(plain(f"{target}: the {wish.kind} as {wish.format}, {count:,} bytes."))
    return 0


async def _fetch(setup: Setup, wish: ExportWish, file: BinaryIO, name: str) -> int:
    with interruptible() as interruption:
        async with signed_in(setup) as api:
            count = await unless(interruption.event, api.export(wish.kind, wish.format, _writer(file, name)))
    if count is None:
        raise InterruptedBySignalError(interruption.number, "Interrupted before it was whole.")
    with _told(name):
        file.flush()
    return count


def _writer(file: BinaryIO, name: str) -> Callable[[bytes], None]:
    def write(part: bytes) -> None:
        with _told(name):
            file.write(part)

    return write


@contextmanager
def _draft_of(target: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file beside the target that takes its place once the body is done, and is gone if it fails."""
    _must_be_free(target, force=force)
    name, whole = str(target), target.resolve()  # a link stays, and what it leads to is replaced
    draft = whole.with_name(f".{whole.name}.{secrets.token_hex(4)}")
    with _told(name):
        file = draft.open("xb")
    try:
        with file:
            yield file
            with _told(name):
                file.flush()
                os.fsync(file.fileno())
        _must_be_free(target, force=force)  # it may have come meanwhile
        with _told(name):
            draft.replace(whole)
    finally:
        draft.unlink(missing_ok=True)


def _must_be_free(target: Path, *, force: bool) -> None:
    if target.exists() and not target.is_file():
        raise SettingError(f"{target} is no plain file, so it is not replaced.")
    if target.exists() and not force:
        raise SettingError(f"{target} is there already. Name another file, or replace it with --force.")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the system says of a file, in a sentence."""
    try:
        yield
    except OSError as fault:
        raise OutputError(f"{name} cannot be written ({fault.strerror}).") from None
