"""The instance's secret keys: where they come from, and how a new one is added.

Everything secret is derived from them (see vault.py). The first is the current one; the others are still understood.
"""

import os
import re
import secrets
import stat
import tempfile
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from pathlib import Path

from msgspec import Struct

from cratesync.server.faults import StartupError

KEY_BYTES = 32
FILE_NAME = "secret.keys"

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SecretKey(Struct, frozen=True):
    """One key and its public name."""

    id: str
    material: bytes

    def __repr__(self) -> str:
        return f"SecretKey(id={self.id!r})"


class SecretKeys(Struct, frozen=True):
    """All keys of the instance, the current one first."""

    current: SecretKey
    older: tuple[SecretKey, ...] = ()

    @property
    def all(self) -> tuple[SecretKey, ...]:
        """The current key and the older ones."""
        return (self.current, *self.older)


def new_key() -> SecretKey:
    """A fresh key with a name of its own."""
    return SecretKey(f"k{secrets.token_hex(4)}", secrets.token_bytes(KEY_BYTES))


def is_key_id(text: str) -> bool:
    """Whether a key may be called so."""
    return _KEY_ID.fullmatch(text) is not None


def parse_secret_keys(text: str) -> SecretKeys:
    """Read `id:base64,id:base64`. Raises `ValueError` with the end of a sentence that repeats no key."""
    keys = tuple(_parse_key(part.strip()) for part in re.split(r"[,\n]", text) if part.strip())
    if not keys:
        raise ValueError("must name at least one key")
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("names two keys alike")
    return SecretKeys(keys[0], keys[1:])


def _parse_key(text: str) -> SecretKey:
    key_id, colon, encoded = text.partition(":")
    if not colon or not is_key_id(key_id):
        raise ValueError(
            "must be `id:base64` parts, separated by commas; an id has 1 to 32 letters, digits, - or _"
        )
    try:
        material = b64decode(encoded, validate=True)
    except (Base64Error, ValueError):
        raise ValueError(f"holds no valid base64 for the key {key_id!r}") from None
    if len(material) != KEY_BYTES:
        raise ValueError(f"must hold {KEY_BYTES} bytes for each key; {key_id!r} has {len(material)}")
    return SecretKey(key_id, material)


def spell_secret_keys(keys: SecretKeys) -> tuple[str, ...]:
    """The keys as `parse_secret_keys` reads them, one a part."""
    return tuple(f"{key.id}:{b64encode(key.material).decode()}" for key in keys.all)


class SecretKeyFile:
    """The file `secret.keys` in the data folder, readable by its owner alone."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE_NAME

    def read_or_create(self) -> SecretKeys:
        """The keys of the file; at the first start a new one, written whole or not at all."""
        try:
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._write(SecretKeys(new_key()), replace=False)
            return self._read()
        except OSError as error:
            raise StartupError(f"The key file {self.path} cannot be used: {error.strerror}.") from None

    def add_current(self) -> SecretKeys:
        """Put a new key in front of those the file holds."""
        known = self.read_or_create()
        keys = SecretKeys(new_key(), known.all)
        try:
            self._write(keys, replace=True)
        except OSError as error:
            raise StartupError(f"The key file {self.path} cannot be written: {error.strerror}.") from None
        return keys

    def read(self) -> SecretKeys | None:
        """The keys of the file; nothing where there is none."""
        try:
            return self._read() if self.path.exists() else None
        except OSError as error:
            raise StartupError(f"The key file {self.path} cannot be used: {error.strerror}.") from None

    def put_first(self, keys: SecretKeys) -> None:
        """Make these the first keys of the file; those that it holds already are still understood."""
        held = self.read()
        others = () if held is None else tuple(key for key in held.all if key not in keys.all)
        ids = {key.id for key in keys.all}
        if any(key.id in ids for key in others):
            raise StartupError(f"The key file {self.path} holds another key of the same name.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(SecretKeys(keys.current, (*keys.older, *others)), replace=True)
        except OSError as error:
            raise StartupError(f"The key file {self.path} cannot be written: {error.strerror}.") from None

    def _read(self) -> SecretKeys:
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise StartupError(f"Others can read the key file {self.path}: run `chmod 600 {self.path}`.")
        try:
            return parse_secret_keys(self.path.read_text(encoding="ascii"))
        except ValueError as error:
            sentence = "is not plain text" if isinstance(error, UnicodeError) else str(error)
            raise StartupError(f"The key file {self.path} {sentence}.") from None

    def _write(self, keys: SecretKeys, *, replace: bool) -> None:
        lines = "".join(f"{key}\n" for key in spell_secret_keys(keys))
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".secret-")  # mkstemp makes it 0600
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(self.path)
            else:
                _link_unless_there(temporary, self.path)
        finally:
            temporary.unlink(missing_ok=True)


def _link_unless_there(source: Path, target: Path) -> None:
    """A hard link fails where the name is taken: of two first starts at once, one wins and the other reads."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not target.exists():
            source.replace(target)
