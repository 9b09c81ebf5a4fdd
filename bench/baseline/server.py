"""The app: a socket for clients and a call that starts a sync. `python -m baseline.server` serves it on a free port."""

import os
import socket
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI, Header, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from sqlalchemy import select

from baseline import work
from baseline.database import sessions
from baseline.messages import Answer, Authenticate, ClientMessage, DiscogsApiResponse, Ping, SyncBody
from baseline.models import AccessToken, ApiRequest, Ledger, Sync

app = FastAPI()
open_session = sessions(os.environ["CRATESYNC_DATABASE_URL"])


class Connection:
    """One client's socket."""

    def __init__(self, websocket: WebSocket, user_id: UUID, in_flight: int) -> None:
        self.id = str(uuid4())
        self.user_id = user_id
        self._websocket = websocket
        self._in_flight = in_flight

    async def take(self, answer: Answer) -> None:
        """One answer, in one transaction; then what is to be said."""
        async with open_session.begin() as session:
            outcome = await work.take(session, self.user_id, self.id, answer, self._in_flight)
        await self._say("response_ack", {"requestId": answer.request_id, "outcome": outcome.acknowledged})
        if outcome.sync is not None:
            await self._tell(outcome.sync)
        for request in outcome.leaving:
            await self._send(request)

    async def begin(self) -> None:
        """Send what a new sync begins with."""
        now = datetime.now(UTC)
        async with open_session.begin() as session:
            ledger = await session.get_one(Ledger, self.user_id, with_for_update=True)
            sync = await session.scalar(
                select(Sync).where(Sync.user_id == self.user_id, Sync.status == "in_progress")
            )
            if sync is None:
                return
            leaving = await work.claim(session, self.user_id, self.id, self._in_flight, sync, ledger, now)
        for request in leaving:
            await self._send(request)

    async def welcome(self) -> None:
        """Say that the sign-in was good."""
        await self._say("authenticated", {"connectionId": self.id, "userId": str(self.user_id)})

    async def pong(self) -> None:
        """Answer a ping."""
        await self._say("pong", {})

    async def _tell(self, sync: Sync) -> None:
        if sync.status == "completed":
            await self._say("sync_complete", {"sessionId": sync.session_id, "summary": sync.summary})
            return
        await self._say(
            "sync_progress",
            {
                "sessionId": sync.session_id,
                "syncType": sync.sync_type,
                "status": sync.status,
                "totalRequests": sync.total_requests,
                "completedRequests": sync.completed_requests,
                "failedRequests": sync.failed_requests,
                "percentComplete": sync.percent,
            },
        )

    async def _send(self, request: ApiRequest) -> None:
        data = {
            "requestId": request.request_id,
            "url": request.url,
            "method": request.method,
            "headers": request.headers,
            "attempt": request.attempt,
        }
        await self._say("discogs_api_request", data)

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        message = {"id": str(uuid4()), "type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": data}
        await self._websocket.send_json(message)


connections: dict[UUID, Connection] = {}


@app.post("/api/discogs/syncCollection", status_code=202)
async def start_sync(body: SyncBody, authorization: Annotated[str, Header()]) -> dict[str, str]:  # noqa: ARG001 - its shape is checked
    """Start a sync for whoever's token it is."""
    user_id = await _user_of(authorization.removeprefix("Bearer "))
    if user_id is None:
        raise HTTPException(401)
    async with open_session.begin() as session:
        sync = await work.start(session, user_id)
    if user_id in connections:
        await connections[user_id].begin()
    return {"sessionId": sync.session_id}


@app.websocket("/ws")
async def serve(websocket: WebSocket) -> None:
    """One client, from its sign-in to its end."""
    await websocket.accept()
    try:
        hello = ClientMessage.validate_python(await websocket.receive_json())
        user_id = await _user_of(hello.data.token) if isinstance(hello, Authenticate) else None
        if not isinstance(hello, Authenticate) or user_id is None:
            await websocket.close(4401)
            return
        connection = Connection(websocket, user_id, hello.data.client.max_in_flight)
        connections[user_id] = connection
        await connection.welcome()
        await connection.begin()
        while True:
            await _hear(connection, await websocket.receive_json())
    except (WebSocketDisconnect, ValidationError):
        return


async def _hear(connection: Connection, said: object) -> None:
    match ClientMessage.validate_python(said):
        case DiscogsApiResponse(data=answer):
            await connection.take(answer)
        case Ping():
            await connection.pong()


async def _user_of(token: str) -> UUID | None:
    async with open_session() as session:
        digest = sha256(token.encode()).digest()
        return await session.scalar(select(AccessToken.user_id).where(AccessToken.token_hash == digest))


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            ws_max_size=8 << 20,
            access_log=False,
            log_level="warning",
            ws_ping_timeout=None,
        )
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
