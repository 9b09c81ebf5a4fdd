"""A piece of network between two programs: it hands bytes on, until it is cut."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

CHUNK_BYTES = 65_536
WAITING_MAX = 64


class PassThrough:
    """Listens on an address of its own, and hands on to the server at `url`; as a proxy would, where it `names` whom it speaks for."""

    def __init__(self, url: str, *, host: str = "127.0.0.1", names: bool = False) -> None:
        far = urlsplit(url)
        self._far = (far.hostname, far.port)
        self._near = (host, 0)
        self._names = names
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.mend()
        self.url = f"http://{host}:{self._near[1]}"

    def mend(self) -> None:
        """Hand on; the second time at the same address."""
        self._listening = socket.create_server(self._near, backlog=WAITING_MAX)
        self._near = self._listening.getsockname()
        threading.Thread(target=self._listen, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Break off every connection, and refuse new ones."""
        _end(self._listening)
        with self._lock:
            broken, self._sockets = self._sockets, set()
        for one in broken:
            _end(one)

    def _listen(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was cut
            while True:
                near, _ = listening.accept()
                threading.Thread(target=self._connect, args=(listening, near), daemon=True).start()

    def _connect(self, listening: socket.socket, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._far)
        except OSError:
            _end(near)
            return
        with self._lock:
            is_cut = listening.fileno() == -1
            self._sockets |= set() if is_cut else {near, far}
        if is_cut:
            _end(near)
            _end(far)
            return
        threading.Thread(target=self._hand_on, args=(far, near), daemon=True).start()
        self._hand_on(near, far, named=near.getpeername()[0] if self._names else None)

    def _hand_on(self, one: socket.socket, other: socket.socket, *, named: str | None = None) -> None:
        with contextlib.suppress(OSError):
            if named and (chunk := one.recv(CHUNK_BYTES)):
                other.sendall(chunk.replace(b"\r\n", f"\r\nX-Forwarded-For: {named}\r\n".encode(), 1))
            while chunk := one.recv(CHUNK_BYTES):
                other.sendall(chunk)
        for ended in (one, other):
            with self._lock:
                self._sockets.discard(ended)
            _end(ended)


def _end(one: socket.socket) -> None:
    """Wake whoever waits for it, then close it."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
