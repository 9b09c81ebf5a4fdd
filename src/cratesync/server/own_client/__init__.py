"""The headless client that a server runs for itself, put together."""

import platform
from collections.abc import Mapping

from cratesync.server.app import Server
from cratesync.server.own_client.child import Child
from cratesync.server.own_client.credential import OwnCredential
from cratesync.server.own_client.supervisor import Supervisor

FOLDER = "own-client"


def own_client(server: Server, url: str, environ: Mapping[str, str]) -> Supervisor:
    """The supervisor of a client that connects to this server at that URL."""
    settings = server.settings
    folder = settings.data_dir / FOLDER
    credential = OwnCredential(
        database=server.database,
        authenticator=server.authenticator,
        clock=server.clock,
        folder=folder,
        name=f"The server's own client on {platform.node()[:60] or 'this machine'}",
        username=settings.client_user,
    )
    child = Child(server_url=url, discogs_url=settings.discogs_url, folder=folder, environ=environ)
    return Supervisor(child, credential, server.clock)
