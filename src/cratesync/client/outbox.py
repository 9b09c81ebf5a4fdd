"""The answers that the server has not acknowledged. Pure: no socket, no clock."""

from msgspec import Struct

from cratesync.protocol.messages import ApiResponse

ANSWERS_MAX = 500
BYTES_MAX = 64 * 1024 * 1024
SENDS_MAX = 20


class _Kept(Struct):
    answer: ApiResponse
    sends: int = 0
    due: bool = True


class Outbox:
    """Keeps each answer until its `response_ack`, so that no answered call is paid for twice.

    Oldest first. An answer that was sent `SENDS_MAX` times without an acknowledgement is given up: a server that cannot
    read it must not be asked for ever.
    """

    def __init__(self, *, answers_max: int = ANSWERS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._answers_max = answers_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: dict[str, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Whose answers are kept."""
        return tuple(self._kept)

    def has_room(self, calls: int) -> bool:
        """Whether one more call may be made while `calls` others are on their way."""
        return len(self._kept) + calls < self._answers_max and self._bytes < self._bytes_max

    def answer(self, request_id: str) -> ApiResponse | None:
        """The answer that is kept for this request."""
        kept = self._kept.get(request_id)
        return kept.answer if kept else None

    def put(self, answer: ApiResponse) -> None:
        """Keep an answer and have it sent; it takes the place of an older one to the same request."""
        self.forget(answer.request_id)
        self._kept[answer.request_id] = _Kept(answer)
        self._bytes += len(memoryview(answer.body))

    def forget(self, request_id: str) -> bool:
        """The server has it. False where nothing was kept."""
        kept = self._kept.pop(request_id, None)
        if kept is None:
            return False
        self._bytes -= len(memoryview(kept.answer.body))
        return True

    def next_due(self) -> ApiResponse | None:
        """The oldest answer that waits to be sent; it then counts as sent."""
        for request_id, kept in list(self._kept.items()):
            if kept.due and kept.sends >= SENDS_MAX:
                self.forget(request_id)
            elif kept.due:
                kept.due = False
                kept.sends += 1
                return kept.answer
        return None

    def send_again(self, request_id: str) -> None:
        """The server asks once more for what is kept."""
        if kept := self._kept.get(request_id):
            kept.due = True

    def send_all_again(self) -> None:
        """A new socket: nobody knows what the old one delivered."""
        for kept in self._kept.values():
            kept.due = True

    def largest_sent(self) -> ApiResponse | None:
        """The answer that most likely was too large, when the server says that one was."""
        sent = [kept.answer for kept in self._kept.values() if not kept.due]
        return max(sent, key=lambda answer: len(memoryview(answer.body)), default=None)
