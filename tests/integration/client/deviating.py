"""A simulated Discogs that deviates: the simulator's own answers, changed on their way out."""

import gzip
import json
from urllib.parse import parse_qsl

from cratesync.simulator import Simulator, SimulatorConfig
from cratesync.simulator.serving import serving

USERNAME = "canary-name"
TOKEN = "canary-token-of-a-user-who-owns-records"


class Answered:
    """One answer of the simulator, to be changed before it is sent."""

    def __init__(self, scope, status, headers, body):
        self.method, self.path = scope["method"], scope["path"]
        self.query = dict(parse_qsl(scope["query_string"].decode()))
        self.asked = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.status = status
        self.headers = {name.decode(): value.decode() for name, value in headers}
        self.body = body

    def __setitem__(self, name, value):
        """Set a header, or drop it."""
        self.headers = {known: kept for known, kept in self.headers.items() if known.lower() != name.lower()}
        if value is not None:
            self.headers[name] = value

    @property
    def made_up_token(self):
        return TOKEN not in self.asked.get("authorization", "")

    def change(self, edit):
        """Edit the JSON body."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        content = json.loads(gzip.decompress(self.body) if packed else self.body)
        edit(content)
        self.body = json.dumps(content).encode()
        if packed:
            self.body = gzip.compress(self.body)
        self["Content-Length"] = None

    async def send(self, send):
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class DeviatingDiscogs:
    """Serves one user with a few more records than a page holds. `deviate` gets every answer before it leaves."""

    def __init__(self, deviate=lambda _: None, *, items=104, wants=102, **config):
        self.simulator = Simulator(SimulatorConfig(**config))
        self.user = self.simulator.add_user(USERNAME, TOKEN, items=items, wants=wants)
        self._deviate = deviate

    def serving(self):
        return serving(self)

    @property
    def calls(self):
        return list(self.simulator.journal)

    async def __call__(self, scope, receive, send):
        sent = []

        async def keep(message):
            sent.append(message)

        await self.simulator(scope, receive, keep)
        start, *parts = sent
        answered = Answered(
            scope, start["status"], start["headers"], b"".join(part["body"] for part in parts)
        )
        self._deviate(answered)
        await answered.send(send)
