"""The headless client that a server runs for itself, put together."""

import platform
from collections.abc import Mapping
from urllib.parse import urlsplit

from cratesync.server.app import Server
from cratesync.server.own_client.child import Child
from cratesync.server.own_client.credential import OwnCredential
from cratesync.server.own_client.supervisor import Supervisor

FOLDER = "own-client"


def own_client(server: Server, url: str, environ: Mapping[str, str]) -> Supervisor:
    """The supervisor of a client that connects to this server at that URL."""
    settings = server.settings
    name = f"The server's own client on {platform.node() or 'this machine'}, port {urlsplit(url).port}"
    credential = OwnCredential(
        database=server.database,
        authenticator=server.authenticator,
        clock=server.clock,
        name=name[:100],
        username=settings.client_user,
    )
    child = Child(
        server_url=url,
        discogs_url=settings.discogs_url,
        folder=settings.data_dir / FOLDER,
        environ=environ,
    )
    return Supervisor(child, credential, server.clock)
