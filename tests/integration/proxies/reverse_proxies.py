"""Real reverse proxies as processes, set up by the very text that docs/how-to/behind-a-proxy.md gives people."""

import contextlib
import random
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from foreign_programs import environment_of, need_program
from integration.proxies.certificates import Certificates

DOCUMENT = Path(__file__).parents[3] / "docs/how-to/behind-a-proxy.md"
PATIENCE_SECONDS = 15.0
PORTS = (12_000, 32_000)


class Way(NamedTuple):
    """From where to where a proxy leads. Without `certificates` it speaks plain HTTP. `strips` says that it takes the public
    path off."""

    port: int
    upstream_port: int
    certificates: Certificates | None
    strips: bool = False


class Kind(NamedTuple):
    """A program, and how the document's text becomes a file for one test."""

    program: str
    configure: Callable[[str, Way, Path], str]
    arguments: Callable[[Path], list[str]]


# --- the documented texts, with other names and ports -------------------------------------------------------------------


def documented(language: str) -> str:
    """The one block of code of this language in the document."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return text


def exchanged(text: str, **changes: tuple[str, str]) -> str:
    """The text with every `before` replaced: each has to stand there, or the test would run another text than it seems."""
    for before, after in changes.values():
        assert text.count(before) >= 1, f"{before!r} is not in the documented text"
        text = text.replace(before, after)
    return text


def _nginx(text: str, way: Way, folder: Path) -> str:
    slash = "/" if way.strips else ""
    text = exchanged(
        text,
        upstream=("http://127.0.0.1:8000;", f"http://127.0.0.1:{way.upstream_port}{slash};"),
        name=("server_name home.example;", "server_name 127.0.0.1;"),
    )
    if way.certificates is None:
        text = re.sub(r"^ *ssl_certificate.*\n", "", text, flags=re.MULTILINE)
        text = exchanged(text, port=("listen 443 ssl;", f"listen 127.0.0.1:{way.port};"))
    else:
        text = exchanged(
            text,
            port=("listen 443 ssl;", f"listen 127.0.0.1:{way.port} ssl;"),
            certificate=("/etc/ssl/home.example.pem", str(way.certificates.certificate)),
            key=("/etc/ssl/home.example.key", str(way.certificates.key)),
        )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    return (
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\n    access_log {folder}/access.log;\n{places}{text}}}\n"
    )


def _haproxy(text: str, way: Way, _folder: Path) -> str:
    assert way.certificates is not None
    assert not way.strips
    return exchanged(
        text,
        port=("bind :443", f"bind 127.0.0.1:{way.port}"),
        certificate=("/etc/haproxy/home.example.pem", str(way.certificates.both)),
        upstream=("127.0.0.1:8000", f"127.0.0.1:{way.upstream_port}"),
    )


def _caddy(text: str, way: Way, _folder: Path) -> str:
    assert way.certificates is not None
    own = f"    bind 127.0.0.1\n    tls {way.certificates.certificate} {way.certificates.key}\n"
    text = exchanged(
        text,
        name=("home.example {\n", f"https://127.0.0.1:{way.port} {{\n{own}"),
        upstream=("127.0.0.1:8000", f"127.0.0.1:{way.upstream_port}"),
    )
    if way.strips:
        handled = f"handle_path /cratesync/* {{\n        reverse_proxy 127.0.0.1:{way.upstream_port}\n    }}"
        text = exchanged(text, path=(f"reverse_proxy /cratesync/* 127.0.0.1:{way.upstream_port}", handled))
    return "{\n    admin off\n    auto_https disable_redirects\n}\n" + text


NGINX = Kind(
    "nginx", _nginx, lambda file: ["-p", str(file.parent), "-e", f"{file.parent}/error.log", "-c", str(file)]
)
HAPROXY = Kind("haproxy", _haproxy, lambda file: ["-db", "-f", str(file)])
CADDY = Kind("caddy", _caddy, lambda file: ["run", "--adapter", "caddyfile", "--config", str(file)])


# --- the processes ------------------------------------------------------------------------------------------------------


def free_port() -> int:
    """A port that is free now, out of those that no system hands out by itself: the proxy takes it a little later."""
    while True:
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextlib.contextmanager
def running_proxy(kind: Kind, way: Way, folder: Path) -> Iterator[None]:
    """Start a proxy, wait until it listens, and end it by its own process."""
    program = need_program(kind.program)
    folder.mkdir(parents=True)
    file = folder / f"{kind.program}.conf"
    file.write_text(kind.configure(documented(kind.program), way, folder))
    with (folder / "output.log").open("w") as output:
        process = subprocess.Popen(
            [program, *kind.arguments(file)],
            env=environment_of(program, folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _listens(process, way.port, folder)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        said = "".join(file.read_text() for file in folder.glob("*.log"))
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
