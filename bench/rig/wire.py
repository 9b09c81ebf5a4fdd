"""As much of WebSocket as a load of clients needs: hand-made frames, since a library would cost more than a server that is measured.

The mask is four zero bytes, which leave every byte as it is: https://www.rfc-editor.org/rfc/rfc6455#section-5.3 asks for one, and the
server applies it as it would any other.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import urlsplit

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80


class Wire(asyncio.Protocol):
    """One socket. Whoever inherits from it is told of frames, and of the end."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self.closed = False

    async def connect(self, url: str) -> None:
        """Open it; frames come from now on."""
        target = urlsplit(url)
        await asyncio.get_running_loop().create_connection(lambda: self, target.hostname, target.port)
        key = b64encode(secrets.token_bytes(16)).decode()
        self._write(
            f"GET /ws HTTP/1.1\r\nHost: {target.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def say(self, *parts: bytes | bytearray) -> None:
        """One text frame, of parts that follow each other."""
        self._send(_TEXT, parts)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def opened(self) -> None:
        """The handshake is done."""

    def heard(self, frame: bytes) -> None:
        """A text frame came."""

    def ended(self) -> None:
        """The socket is closed."""

    # --- asyncio ---

    def connection_made(self, transport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        self.closed = True
        self.ended()

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._upgraded and not self._upgrade():
            return
        while (frame := self._next()) is not None:
            kind, payload = frame
            if kind == _TEXT:
                self.heard(payload)
            elif kind == _PING:
                self._send(_PONG, (payload,))
            elif kind == _CLOSE:
                self.close_said = payload
                self.close()

    close_said = b""

    def _upgrade(self) -> bool:
        head, found, rest = self._read.partition(b"\r\n\r\n")
        if not found:
            return False
        assert head.startswith(b"HTTP/1.1 101"), bytes(head)
        self._read, self._upgraded = rest, True
        self.opened()
        return True

    def _next(self) -> tuple[int, bytes] | None:
        read = self._read
        if len(read) < 2:
            return None
        length, start = read[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(read[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(read[2:10]), 10
        if len(read) < start + length:
            return None
        payload = bytes(read[start : start + length])
        kind = read[0] & 0x0F
        del read[: start + length]
        return kind, payload

    def _send(self, kind: int, parts: Sequence[bytes | bytearray]) -> None:
        length = sum(map(len, parts))
        if length < 126:
            head = bytes((_FINAL | kind, _MASKED | length))
        elif length < 1 << 16:
            head = bytes((_FINAL | kind, _MASKED | 126)) + length.to_bytes(2)
        else:
            head = bytes((_FINAL | kind, _MASKED | 127)) + length.to_bytes(8)
        self._write(b"".join((head, b"\0\0\0\0", *parts)))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self.closed:
            self._transport.write(data)
