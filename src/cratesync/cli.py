"""The one entry point: `cratesync`. It composes, and decides nothing."""

from importlib import import_module

import click

from cratesync import __version__

# Where each command lives; it is imported when it is called, so that no room pays for another's imports.
_COMMANDS = {
    "serve": "cratesync.server.commands:serve",
    "backup": "cratesync.server.backup.commands:backup",
    "restore": "cratesync.server.backup.commands:restore",
    "db": "cratesync.server.commands:db",
    "keys": "cratesync.server.commands:keys",
    "user": "cratesync.server.accounts.user_commands:user",
    "openapi": "cratesync.server.commands:openapi",
    "client": "cratesync.client.commands:client",
    "simulate": "cratesync.simulator.commands:simulate",
    "demo": "cratesync.demo:demo",
}


class _Rooms(click.Group):
    """A group whose commands are looked up by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click hands it in
        """All names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click hands it in
        """Import the command of that name."""
        module, _, name = _COMMANDS.get(cmd_name, "").partition(":")
        if not module:
            return None
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Rooms)
@click.version_option(__version__, prog_name="cratesync")
def main() -> None:
    """Keep your own copy of your Discogs collection. The server decides, the client fetches."""
