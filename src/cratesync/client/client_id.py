"""Which client this is, in the eyes of the server.

A client that comes back under its old id gets its old requests at once (`holding`). Two processes must not share an id: the
one would take the other's requests back. So the id on disk belongs to the process that holds its lock.
"""

import hashlib
import os
import uuid

from msgspec import Struct

from cratesync.client.folder import Folder
from cratesync.client.server_url import ServerUrl


class _Id(Struct, frozen=True):
    id: str


class ClientId:
    """An id for one process at one server, for one account: use as a context manager."""

    def __init__(self, folder: Folder, server: ServerUrl, account: str) -> None:
        self._folder = folder
        self._name = f"client-{hashlib.sha256(f'{server.base} {account}'.encode()).hexdigest()[:16]}"
        self._lock: int | None = None

    def __enter__(self) -> str:
        self._lock = self._folder.try_lock(f"{self._name}.lock")
        if self._lock is None:
            return str(uuid.uuid4())
        known = self._folder.read(f"{self._name}.json", _Id)
        if known is None:
            known = _Id(str(uuid.uuid4()))
            self._folder.write(f"{self._name}.json", known)
        return known.id

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
