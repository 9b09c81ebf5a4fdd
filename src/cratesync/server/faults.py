"""What a person who starts the server is told instead of a traceback."""


class StartupError(Exception):
    """The server or a command cannot start. Each fault is one sentence that says what to do."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
