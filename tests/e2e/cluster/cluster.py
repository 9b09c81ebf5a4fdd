"""Several server processes on one PostgreSQL, with or without HAProxy in front of them."""

import contextlib
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
from sqlalchemy.engine import URL

from conftest import _run
from e2e.processes import Program, World, eventually
from foreign_programs import environment_of, need_program
from integration.proxies.certificates import Certificates
from integration.proxies.reverse_proxies import exchanged, free_port

BALANCER = Path(__file__).parents[3] / "deploy" / "haproxy.cfg"
KEYS = f"k1:{b64encode(b'k' * 32).decode()}"


class Cluster(World):
    """One Discogs and several nodes. `nodes` are those that were started, in order."""

    def __init__(self, folder: Path, database: URL, *, window: float = 1.0) -> None:
        super().__init__(folder, window=window)
        self._database = database.set(drivername="postgresql").render_as_string(hide_password=False)
        self.nodes: list[Program] = []
        self.ports: list[int] = []
        self.trusting: Certificates | None = None

    def start_node(self, *arguments: str, port: int | None = None, **settings: str) -> Program:
        """One more node. All of them have the same keys, and a folder of their own."""
        number = len(self.nodes) + 1
        shared = {
            "DATABASE_URL": self._database,
            "SECRET_KEYS": KEYS,
            "DATA_DIR": str(self.folder / f"node-{number}"),
        }
        port = port or free_port()
        node = self.start(f"node-{number}", "serve", "--port", str(port), *arguments, **shared | settings)
        self.nodes.append(node)
        self.ports.append(port)
        return node

    @contextlib.contextmanager
    def balanced(self, certificates: Certificates) -> Iterator[None]:
        """HAProxy in front of the nodes, by the text in deploy/; `url` leads through it."""
        port = int(self.url.rpartition(":")[2])
        program, folder = need_program("haproxy"), self.folder / "haproxy"
        folder.mkdir()
        (folder / "certificates").mkdir()
        (folder / "certificates" / "both.pem").write_bytes(certificates.both.read_bytes())
        text = exchanged(
            BALANCER.read_text("utf-8"),
            bound=("maxconn 50000", "maxconn 500"),
            tls=("bind :8443", f"bind 127.0.0.1:{port}"),
            plain=("bind :8080", f"bind 127.0.0.1:{free_port()}"),
            certificates=("/etc/haproxy/certificates/", f"{folder}/certificates/"),
            **{f"node{n}": (f"node-{n}:8000", f"127.0.0.1:{at}") for n, at in enumerate(self.ports, start=1)},
        )
        (folder / "haproxy.cfg").write_text(text)
        with (folder / "output.log").open("w") as output:
            process = subprocess.Popen(
                [program, "-db", "-f", str(folder / "haproxy.cfg")],
                env=environment_of(program, folder),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.trusting = certificates
        try:
            eventually(lambda: self._answers() or _alive(process, folder), what="HAProxy")
            yield
        finally:
            process.terminate()
            process.wait()

    def http(self, method: str, path: str, **more: object) -> httpx.Response:
        """One call, kept."""
        verify = self.trusting.trusting() if self.trusting is not None else True
        return super().http(method, path, verify=verify, **more)

    def asked_more_than_once(self) -> set[str]:
        """As for one user: the same path by another token is another call."""
        counted = Counter(
            (call["token"], call["path"]) for call in self.journal() if "sort_order=desc" not in call["path"]
        )
        return {path for (_, path), times in counted.items() if times > 1}

    def accepted(self) -> set[str]:
        """The paths of all requests whose answers a node has committed."""
        rows = _run(self._fetch("SELECT url FROM discogs_api_requests WHERE status = 'completed'"))
        return {row["url"].removeprefix(self.discogs_url) for row in rows}

    def seats(self) -> set[str]:
        """The nodes that have a fetcher."""
        query = "SELECT DISTINCT fetcher_node FROM discogs_sync WHERE fetcher_node IS NOT NULL"
        return {row["fetcher_node"] for row in _run(self._fetch(query))}

    async def _fetch(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._database)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    def _answers(self) -> bool:
        try:
            return self.http("GET", "/health/ready").status_code == 200
        except httpx.TransportError:
            return False


def _alive(process: "subprocess.Popen[bytes]", folder: Path) -> bool:
    assert process.poll() is None, (folder / "output.log").read_text()
    return False
