"""The one call of the API that a load makes, by hand."""

import asyncio
import json
from urllib.parse import SplitResult

_WANTED = b'{"syncType":"collection","fullSync":true}'


async def start_sync(target: SplitResult, token: str) -> str:
    """Start a sync for whoever's token it is: its `sessionId`."""
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    writer.write(
        f"POST /api/discogs/syncCollection HTTP/1.1\r\nHost: {target.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(_WANTED)}\r\nConnection: close\r\n\r\n".encode()
        + _WANTED
    )
    said = await reader.read()
    writer.close()
    if not said.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(said.decode())
    return str(json.loads(said.partition(b"\r\n\r\n")[2])["sessionId"])
