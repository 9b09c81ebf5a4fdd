"""The secret keys that a restored database needs, and where they come from."""

from collections.abc import Callable

from msgspec import Struct

from cratesync.server.backup.form import Head
from cratesync.server.faults import StartupError
from cratesync.server.secret_keys import SecretKeyFile, SecretKeys, parse_secret_keys
from cratesync.server.settings import PREFIX, Settings


class KeyPlan(Struct, frozen=True):
    """`known` are the ids of the keys that there are after the restore; `missing` those that the backup's instance had beside."""

    known: frozenset[str]
    missing: frozenset[str]
    carry_out: Callable[[], None]


def plan_keys(settings: Settings, head: Head) -> KeyPlan:
    """What becomes of the keys. Raises `StartupError` where those of the backup cannot be put in their place."""
    carried = _carried(head)
    if settings.secret_keys is not None:
        held = settings.secret_keys
        if carried is not None and not set(carried.all) <= set(held.all):
            raise StartupError(
                f"{PREFIX}SECRET_KEYS is set and lacks keys that this backup brings. "
                "Unset it for the restore, so that they go into the key file."
            )
        return _plan(head, held, _nothing)
    file = SecretKeyFile(settings.data_dir)
    if carried is None:
        return _plan(head, file.read(), _nothing)
    return _plan(head, file.read(), lambda: file.put_first(carried), carried)


def _plan(
    head: Head, held: SecretKeys | None, carry_out: Callable[[], None], carried: SecretKeys | None = None
) -> KeyPlan:
    known = frozenset(key.id for keys in (held, carried) if keys is not None for key in keys.all)
    return KeyPlan(known, frozenset(head.key_ids) - known, carry_out)


def _carried(head: Head) -> SecretKeys | None:
    if head.keys is None:
        return None
    try:
        return parse_secret_keys(",".join(head.keys))
    except ValueError as error:
        raise StartupError(f"The keys of this backup cannot be used: the text {error}.") from None


def _nothing() -> None:
    """The keys are where they have to be."""
