"""The control path `/_simulator/…`: what a test or a person changes while the simulator runs.

It is neither counted nor journaled, and wants no credentials: the simulator holds nothing secret.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from cratesync.simulator.call import Call, Send
from cratesync.simulator.clock import Clock
from cratesync.simulator.drift import Drift
from cratesync.simulator.faults import Fault, Faults, Kind
from cratesync.simulator.journal import Journal
from cratesync.simulator.quota import Quota
from cratesync.simulator.sending import send_whole
from cratesync.simulator.users import User, Users

CONTROL = "/_simulator"

Shape = TypeVar("Shape")


class NewUser(Struct, forbid_unknown_fields=True):
    name: str
    token: str
    items: int = 0
    wants: int = 0
    path: str | None = None
    """A folder of recordings instead of numbers."""


class UserChange(Struct, forbid_unknown_fields=True):
    """What is given is changed. A `token` of null revokes it."""

    token: str | msgspec.UnsetType | None = msgspec.UNSET
    private: bool | None = None
    private_collection: bool | None = None
    private_wants: bool | None = None


class Change(Struct, forbid_unknown_fields=True):
    """A drift: of `count` items chosen by the seed, or of those named. Named wants are given by `releases`."""

    kind: Literal["add", "remove", "move", "rerate", "edit", "retitle", "want", "unwant"]
    count: int = 1
    instances: list[int] = []
    releases: list[int] = []
    folder_id: int | None = None
    rating: int | None = None
    text: str | None = None


class NewFault(Struct, forbid_unknown_fields=True):
    kind: Kind
    rate: float = 1.0
    next: int | None = None
    path: str = "*"
    page: int | None = None
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class _Ask:
    call: Call
    body: bytes
    name: str

    def read(self, shape: type[Shape]) -> Shape:
        try:
            return msgspec.json.decode(self.body or b"{}", type=shape)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None


Said = tuple[int, object]


class Control:
    def __init__(
        self,
        clock: Clock,
        users: Users,
        faults: Faults,
        journal: Journal,
        drift: Drift,
        quota: Quota,
        image_quota: Quota,
    ) -> None:
        self._clock = clock
        self._users = users
        self._faults = faults
        self._journal = journal
        self._drift = drift
        self._quota = quota
        self._image_quota = image_quota
        self._answers: tuple[tuple[re.Pattern[str], Mapping[str, Callable[[_Ask], Said]]], ...] = (
            (re.compile("/state"), {"GET": self._state}),
            (re.compile("/users"), {"POST": self._add_user}),
            (re.compile("/users/(?P<name>[^/]+)"), {"GET": self._show_user, "POST": self._change_user}),
            (re.compile("/users/(?P<name>[^/]+)/drift"), {"POST": self._drift_user}),
            (
                re.compile("/faults"),
                {"GET": self._show_faults, "POST": self._add_fault, "DELETE": self._clear_faults},
            ),
            (re.compile("/journal"), {"GET": self._show_journal, "DELETE": self._clear_journal}),
            (re.compile("/quota"), {"GET": self._show_quota, "DELETE": self._clear_quota}),
        )

    async def answer(self, call: Call, body: bytes, send: Send) -> None:
        status, said = self._said(call, body)
        encoded = b"" if status == 204 else msgspec.json.encode(said)
        headers = (
            []
            if status == 204
            else [("Content-Type", "application/json"), ("Content-Length", str(len(encoded)))]
        )
        await send_whole(send, status, headers, encoded)

    def _said(self, call: Call, body: bytes) -> Said:
        path = call.path.removeprefix(CONTROL)
        for pattern, methods in self._answers:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if call.method not in methods:
                return 405, {"message": f"{call.path} takes {', '.join(methods)}."}
            try:
                return methods[call.method](_Ask(call, body, found.groupdict().get("name", "")))
            except KeyError as error:
                return 404, {"message": str(error.args[0])}
            except ValueError as error:
                return 400, {"message": str(error)}
        return 404, {"message": f"There is no {call.path}; see docs/reference/simulator.md."}

    def _state(self, _ask: _Ask) -> Said:
        return 200, {
            "users": [_summary(user) for user in self._users],
            "faults": list(self._faults),
            "calls": len(self._journal),
            "quota": self._quota.addresses(self._clock.monotonic()),
        }

    def _add_user(self, ask: _Ask) -> Said:
        asked = ask.read(NewUser)
        if asked.path is not None:
            return 201, _summary(self._users.load(asked.name, asked.token, Path(asked.path)))
        return 201, _summary(self._users.add(asked.name, asked.token, asked.items, asked.wants))

    def _show_user(self, ask: _Ask) -> Said:
        user = self._named(ask.name)
        return 200, _summary(user) | {
            "instances": user.collection.instance_ids(),
            "releases_wanted": user.wantlist.release_ids(),
        }

    def _change_user(self, ask: _Ask) -> Said:
        user = self._named(ask.name)
        asked = ask.read(UserChange)
        if asked.token is not msgspec.UNSET:
            self._users.give_token(user, asked.token)
        if asked.private is not None:
            user.collection.private = user.wantlist.private = asked.private
        if asked.private_collection is not None:
            user.collection.private = asked.private_collection
        if asked.private_wants is not None:
            user.wantlist.private = asked.private_wants
        return 200, _summary(user)

    def _drift_user(self, ask: _Ask) -> Said:
        user = self._named(ask.name)
        return 200, {"changed": self._changed(user, ask.read(Change))}

    def _changed(self, user: User, asked: Change) -> list[int]:
        drift = self._drift
        if asked.count < 1:
            raise ValueError(f"{asked.count} items cannot drift; it must be at least 1.")
        if asked.folder_id is not None and asked.folder_id not in user.collection.folders.ids():
            raise ValueError(f"{user.name} has no folder {asked.folder_id} that items can be in.")
        match asked.kind:
            case "add":
                return drift.add(user, asked.count, asked.releases, asked.folder_id)
            case "remove":
                return drift.remove(user, asked.count, asked.instances)
            case "move":
                return drift.move(user, asked.count, asked.instances, asked.folder_id)
            case "rerate":
                return drift.rerate(user, asked.count, asked.instances, asked.rating)
            case "edit":
                return drift.edit(user, asked.count, asked.instances, asked.text)
            case "retitle":
                return drift.retitle(user, asked.count, asked.instances, asked.text)
            case "want":
                return drift.want(user, asked.count, asked.releases)
            case "unwant":
                return drift.unwant(user, asked.count, asked.releases)

    def _show_faults(self, _ask: _Ask) -> Said:
        return 200, {"faults": list(self._faults)}

    def _add_fault(self, ask: _Ask) -> Said:
        asked = ask.read(NewFault)
        fault = Fault(asked.kind, asked.rate, asked.next, asked.path, asked.page, asked.seconds)
        return 201, self._faults.set(fault)

    def _clear_faults(self, ask: _Ask) -> Said:
        kind = ask.call.parameter("kind")
        self._faults.clear(None if kind is None else Kind(kind))
        return 204, None

    def _show_journal(self, _ask: _Ask) -> Said:
        return 200, {"calls": list(self._journal)}

    def _clear_journal(self, _ask: _Ask) -> Said:
        self._journal.clear()
        return 204, None

    def _show_quota(self, _ask: _Ask) -> Said:
        now = self._clock.monotonic()
        return 200, {"used": self._quota.addresses(now), "covers_used": self._image_quota.addresses(now)}

    def _clear_quota(self, ask: _Ask) -> Said:
        address = ask.call.parameter("ip")
        self._quota.clear(address)
        self._image_quota.clear(address)
        return 204, None

    def _named(self, name: str) -> User:
        user = self._users.named(name)
        if user is None:
            raise KeyError(f"There is no user {name}.")
        return user


def _summary(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "items": len(user.collection),
        "wants": len(user.wantlist),
        "private_collection": user.collection.private,
        "private_wants": user.wantlist.private,
        "token_valid": user.token is not None,
        "folders": [user.collection.folder(folder_id) for folder_id, _ in user.collection.folders],
    }
