"""Whether this process wants to be sent work: a load balancer asks before it does."""


class Readiness:
    """Not ready at first; ready between start and drain."""

    def __init__(self) -> None:
        self._is_ready = False

    @property
    def is_ready(self) -> bool:
        """Whether the server has started and does not stop."""
        return self._is_ready

    def open(self) -> None:
        """The server has started."""
        self._is_ready = True

    def close(self) -> None:
        """The server is about to stop."""
        self._is_ready = False
