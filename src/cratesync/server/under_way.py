"""What this node has sent and hears the answers of: what was asked for need not be looked up again when the answer comes."""

from uuid import UUID

from msgspec import Struct

from cratesync.engine.tasks import Task
from cratesync.protocol.messages import SyncType

REMEMBERED_MAX = 20_000


class Asked(Struct, frozen=True):
    """A request as its answer has to be read: whose, for which list, what for, and under which account's name. In the first sync of a
    list every record is new."""

    user_id: UUID
    kind: SyncType
    task: Task
    account: str | None
    first_sync: bool = False


class UnderWay:
    """Requests by their ids; of too many the oldest are forgotten, and looked up when they are answered."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}

    def remember(self, request_id: str, asked: Asked) -> None:
        """It is being sent."""
        self._asked.pop(request_id, None)
        self._asked[request_id] = asked
        if len(self._asked) > REMEMBERED_MAX:
            del self._asked[next(iter(self._asked))]

    def find(self, request_id: str, user_id: UUID) -> Asked | None:
        """What was asked for; somebody else's is as good as nothing."""
        asked = self._asked.get(request_id)
        return None if asked is None or asked.user_id != user_id else asked

    def forget(self, request_id: str) -> None:
        """It is answered."""
        self._asked.pop(request_id, None)
