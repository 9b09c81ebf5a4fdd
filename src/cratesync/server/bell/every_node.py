"""The audience where there are several nodes: this one's connections are told at once, the others' by the bell."""

from uuid import UUID

from cratesync.protocol import codec
from cratesync.protocol.messages import ServerMessage, SyncComplete, SyncError, SyncProgress
from cratesync.server.bell.ringer import Ringer
from cratesync.server.gateway.hub import Hub


class EveryNode:
    """Told after each commit. A message is encoded once, for all connections on all nodes."""

    def __init__(self, hub: Hub, ringer: Ringer) -> None:
        self._hub = hub
        self._ringer = ringer

    def publish(self, user_id: UUID, message: ServerMessage) -> None:
        """Say this to every connection of the user, wherever it is. What tells of no sync goes no further than this node."""
        if not isinstance(message, SyncProgress | SyncComplete | SyncError):
            self._hub.publish(user_id, message)
            return
        revision, frame = message.data.revision, codec.encode(message)
        self._hub.tell(user_id, (frame,), first=revision, last=revision)
        self._ringer.tell(user_id, sync=message.data.session_id, revision=revision, frame=frame)

    def ring(self, user_id: UUID, *, but: str = "") -> None:
        """Look in the database: something of this user may be due. One connection may have looked already."""
        self._hub.ring(user_id, but=but)
        self._ringer.ring(user_id)
