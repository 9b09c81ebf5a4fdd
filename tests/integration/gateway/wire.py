"""A socket in a test's hands: say anything, hear what comes, and never wait for ever."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_SECONDS = 8.0

Wanted = Callable[[dict], bool]

_numbers = itertools.count(1)


def anything(_data: dict) -> bool:
    return True


class Wire:
    """One connection. `heard` holds every message so far, in order; each can be waited for once, in any order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict] = []
        self._unread: list[dict] = []

    async def say(self, type_: str, data: dict | None = None) -> None:
        """Send a message."""
        message = {"id": f"m-{next(_numbers)}", "type": type_, "data": data or {}}
        await self.socket.send(json.dumps(message))

    async def say_frame(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    async def sign_in(self, token: str, **client: object) -> dict:
        """Sign in; the data of `authenticated`."""
        await self.say("authenticate", {"token": token} | ({"client": client} if client else {}))
        return await self.hear("authenticated")

    async def hear(self, type_: str, wanted: Wanted = anything) -> dict:
        """The data of the next message of that type that is wanted; others stay unread."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for message in self._unread:
                    if message["type"] == type_ and wanted(message["data"]):
                        self._unread.remove(message)
                        return message["data"]
                await self._listen()

    async def _listen_on(self) -> None:
        while True:
            await self._listen()

    async def _listen(self) -> None:
        frame = await self.socket.recv()
        assert isinstance(frame, str), "Messages are text frames."
        message = json.loads(frame)
        self.heard.append(message)
        self._unread.append(message)

    async def request(self) -> dict:
        """The next call that is asked for."""
        return await self.hear("discogs_api_request")

    async def answer(self, request: dict, body: object = None, *, status: int = 200, **more: object) -> dict:
        """Answer it, by default well; the data of the acknowledgement."""
        data = answer_to(request) | {"status": status} | more
        await self.say("discogs_api_response", data if body is None else data | {"body": body})
        return await self.hear("response_ack", lambda ack: ack["requestId"] == request["requestId"])

    async def serve_until(self, type_: str, wanted: Wanted = anything) -> dict:
        """Answer whatever is asked for, until a message of that type comes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for message in tuple(self._unread):
                    data = message["data"]
                    if message["type"] == type_ and wanted(data):
                        self._unread.remove(message)
                        return data
                    if message["type"] == "discogs_api_request":
                        self._unread.remove(message)
                        await self.say("discogs_api_response", answer_to(data))
                await self._listen()

    async def settle(self) -> list[dict]:
        """Everything that was on its way: whatever the server did before it heard our ping has been said by its pong."""
        before = len(self.heard)
        await self.say("ping")
        await self.hear("pong")
        return self.heard[before:-1]

    def unread(self, type_: str) -> list[dict]:
        """The data of messages of that type that nobody waited for yet."""
        return [message["data"] for message in self._unread if message["type"] == type_]

    async def closed(self) -> int:
        """The code that the server closes with."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(ConnectionClosed):
                await self._listen_on()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def hang_up(self) -> None:
        """As when the network goes: no close frame is sent."""
        self.socket.transport.abort()
        await self.socket.wait_closed()

    def data(self, type_: str) -> list[dict]:
        """What messages of that type said so far."""
        return [message["data"] for message in self.heard if message["type"] == type_]


@asynccontextmanager
async def wire(server_url: str, *, origin: str | None = None) -> AsyncIterator[Wire]:
    """A socket nobody has signed in on."""
    url = server_url.replace("http", "ws", 1) + "/ws"
    async with connect(url, origin=origin, proxy=None, max_size=None, compression=None) as socket:
        yield Wire(socket)


# --- what an account of Discogs would answer ---

ITEMS = 3
PAGINATION = {"page": 1, "pages": 1, "per_page": 100, "items": ITEMS, "urls": {}}


def answer_to(request: dict) -> dict:
    """A good answer."""
    return {"requestId": request["requestId"], "status": 200, "headers": {}, "body": body_for(request["url"])}


def body_for(url: str) -> dict:
    """The answer of an account that owns and wants three records."""
    path = urlsplit(url).path
    if path.endswith("/oauth/identity"):
        return {"id": 1, "username": "anna", "resource_url": "", "consumer_name": "anna"}
    if path.endswith("/folders"):
        return {"folders": [{"id": 0, "name": "All", "count": ITEMS, "resource_url": ""}]}
    if path.endswith("/fields"):
        return {"fields": []}
    if path.endswith("/value"):
        return {"minimum": "$1.00", "median": "$2.00", "maximum": "$3.00"}
    pagination = PAGINATION | {"page": int(parse_qs(urlsplit(url).query).get("page", ["1"])[0])}
    entries = [_entry(number) for number in range(1, ITEMS + 1)]
    if path.endswith("/wants"):
        return {"pagination": pagination, "wants": entries}
    return {"pagination": pagination, "releases": entries}


def _entry(number: int) -> dict:
    return {
        "id": number,
        "instance_id": 1000 + number,
        "folder_id": 1,
        "rating": 0,
        "date_added": f"2020-01-0{number}T00:00:00-08:00",
        "basic_information": {
            "id": number,
            "master_id": 0,
            "title": f"Record {number}",
            "year": 1990 + number,
            "thumb": "",
            "cover_image": "",
            "artists": [],
            "labels": [],
            "formats": [],
            "genres": [],
            "styles": [],
        },
    }
