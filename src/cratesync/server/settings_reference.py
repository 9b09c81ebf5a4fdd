"""Writes docs/reference/settings.md: `python -m cratesync.server.settings_reference > docs/reference/settings.md`."""

import sys

from cratesync.server.settings import SettingField, fields

_HEAD = """\
# Settings

All settings are environment variables. They are read once, when the server starts; a wrong one stops it with a
sentence. An empty variable counts as one that is not set.

This file is generated from `src/cratesync/server/settings.py`.

| Variable | Default | Meaning |
|---|---|---|
"""


def render() -> str:
    """The reference as Markdown."""
    return _HEAD + "".join(
        f"| `{field.variable}` | {_default(field)} | {field.description} |\n" for field in fields()
    )


def _default(field: SettingField) -> str:
    if field.default_words:
        return field.default_words
    match field.default:
        case None | ():
            return "none"
        case bool():
            return f"`{str(field.default).lower()}`"
        case float():
            return f"`{field.default:g}`"
        case _:
            return f"`{field.default}`"


if __name__ == "__main__":
    sys.stdout.write(render())
