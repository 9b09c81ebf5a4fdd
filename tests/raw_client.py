"""A client written from the design document's example messages and `authenticate {token}` alone.

It imports nothing of ours, knows no acknowledgement, no signature, no attempt and no revision, makes one call at a time, and
spells the rate headers as the design document does. What it does not know it ignores. That it runs a whole sync is the
proof that the wire kept the design document's promises.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 20.0


class RawClient:
    """One socket, and the calls it was asked to make."""

    def __init__(self, socket: ClientConnection, http: httpx.AsyncClient) -> None:
        self._socket = socket
        self._http = http
        self.urls: list[str] = []
        self.progress: list[dict] = []

    @classmethod
    @asynccontextmanager
    async def connected(cls, server_url: str, token: str) -> AsyncIterator["RawClient"]:
        """Connect and sign in."""
        url = server_url.replace("http", "ws", 1) + "/ws"
        async with connect(url, proxy=None) as socket, httpx.AsyncClient(trust_env=False) as http:
            client = cls(socket, http)
            await client._say("authenticate", "auth", "authenticate", {"token": token})
            yield client

    async def serve_until_over(self, session_id: str) -> dict:
        """Make the calls that are asked for, until that sync is over: the message that said so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for frame in self._socket:
                message = json.loads(frame)
                match message["type"], message["data"]:
                    case "discogs_api_request", request:
                        await self._answer(request)
                    case "sync_progress", progress if progress["sessionId"] == session_id:
                        self.progress.append(progress)
                        if progress["status"] == "cancelled":
                            return message
                    case "sync_complete" | "sync_error", ended if ended["sessionId"] == session_id:
                        return message
        raise AssertionError(f"The server closed: {self._socket.close_code} {self._socket.close_reason}")

    async def _answer(self, request: dict) -> None:
        self.urls.append(request["url"])
        response = await self._http.request(request["method"], request["url"], headers=request["headers"])
        try:
            body = response.json()
        except ValueError:
            body = response.text
        headers = {
            "x-discogs-ratelimit-remaining": response.headers["X-Discogs-Ratelimit-Remaining"],
            "x-discogs-ratelimit-limit": response.headers["X-Discogs-Ratelimit"],
            "x-discogs-ratelimit-window": "60",
        }
        answer = {
            "requestId": request["requestId"],
            "status": response.status_code,
            "headers": headers,
            "body": body,
        }
        await self._say("discogs_api_response", "sync", "request_complete", answer)

    async def _say(self, type_: str, channel: str, action: str, data: dict) -> None:
        message = {
            "id": str(uuid.uuid4()),
            "type": type_,
            "channel": channel,
            "action": action,
            "data": data,
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        await self._socket.send(json.dumps(message))
