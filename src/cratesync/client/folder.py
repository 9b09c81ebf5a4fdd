"""The client's own folder: small JSON files that only their owner can read."""

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from cratesync.client.errors import FolderError

T = TypeVar("T")


class Folder:
    """Files are replaced whole, so that no reader and no crash ever sees half of one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str, shape: type[T]) -> T | None:
        """The content of a file, or nothing where there is none. Raises `FolderError`."""
        path = self._path / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=shape)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise FolderError(f"{path} cannot be read ({fault.strerror}).") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise FolderError(f"{path} is damaged. Remove it and sign in again.") from None

    def write(self, name: str, content: msgspec.Struct) -> None:
        """Put a new file in the place of the old one, readable by its owner alone. Raises `FolderError`."""
        path = self._path / name
        draft = self._path / f".{name}.{secrets.token_hex(4)}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as fault:
            draft.unlink(missing_ok=True)
            raise FolderError(f"{path} cannot be written ({fault.strerror}).") from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes a file meanwhile."""
        descriptor = self._lock_file("lock")
        try:
            _lock(descriptor, wait=True)
            yield
        finally:
            os.close(descriptor)

    def try_lock(self, name: str) -> int | None:
        """Hold a lock until the descriptor is closed or the process ends; nothing where another process holds it."""
        descriptor = self._lock_file(name)
        if _lock(descriptor, wait=False):
            return descriptor
        os.close(descriptor)
        return None

    def _lock_file(self, name: str) -> int:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path / name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise FolderError(
                f"{self._path} cannot be used ({fault.strerror}). Name another folder with CRATESYNC_CLIENT_DIR."
            ) from None


def _lock(descriptor: int, *, wait: bool) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return wait
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
