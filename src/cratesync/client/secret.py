"""A text that must not be shown."""


class Secret:
    """A password or token. `repr`, `str` and reports hide it; `reveal` is called just before it is sent."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(<hidden>)"
