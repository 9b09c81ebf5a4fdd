"""`cratesync demo`: the real programs on loopback, with an invented Discogs and an invented collector.

It starts them as a person would, as processes of their own, and ends them again. Nothing of it leaves this machine, and
nothing is kept: the data folder goes with the demo.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import httpx

COLLECTOR = "ada"
WINDOW_SECONDS = 20
LATENCY_MILLISECONDS = 500
CALLS_AT_ONCE = 3
STARTED_WITHIN_SECONDS = 30.0
STOPPED_WITHIN_SECONDS = 10.0
LOOK_SECONDS = 0.1
# What makes the page start the first sync by the press that signs in.
START = "&start=collection"


@click.command()
@click.option(
    "--items", type=click.IntRange(1, 100_000), default=3000, show_default=True, help="Records to invent."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The server's port; 0 takes a free one."
)
@click.option(
    "--page/--terminal",
    default=None,
    help="Sync by the page in a browser, or here (default: by the page, on a terminal).",
)
@click.option("--stay/--leave", default=None, help="Keep the server up afterwards (default: on a terminal).")
def demo(*, items: int, port: int, page: bool | None, stay: bool | None) -> None:
    """Watch a simulated collection being synced."""
    on_terminal = sys.stdin.isatty()
    # Whoever ends the demo ends its programs, too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cratesync-demo-")))
        token, password = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
        discogs_port, server_port = _free_port(), port or _free_port()
        server = f"http://127.0.0.1:{server_port}"
        environment = os.environ | {
            "CRATESYNC_DATA_DIR": str(folder / "server"),
            "CRATESYNC_CLIENT_DIR": str(folder / "client"),
            "CRATESYNC_CLIENT_MAX_IN_FLIGHT": str(CALLS_AT_ONCE),
            "CRATESYNC_DISCOGS_URL": f"http://127.0.0.1:{discogs_port}",
            "CRATESYNC_DISCOGS_WINDOW_SECONDS": str(WINDOW_SECONDS),
            "CRATESYNC_HOST": "127.0.0.1",
            "CRATESYNC_PORT": str(server_port),
            "CRATESYNC_SERVER_URL": server,
            "CRATESYNC_USERNAME": COLLECTOR,
            "CRATESYNC_PASSWORD": password,
        }
        click.echo("1. A Discogs of our own: nothing of this demo leaves your machine.")
        stack.enter_context(_simulator(environment, folder, discogs_port, items, token))
        click.echo(f"2. The server, on {server} (the API: {server}/api/docs).")
        process = stack.enter_context(_running(environment, folder / "server.log", "serve"))
        _wait_until_up(process, f"{server}/health/ready", folder / "server.log")
        click.echo(f"3. A collector called {COLLECTOR}, who saves a Discogs token.")
        _call(environment, "client", "login", "--register")
        _call(environment, "client", "token", words=token)
        if on_terminal if page is None else page:
            _open_page(_call(environment, "user", "link", COLLECTOR).strip() + START)
            _stay(server, password)
            return
        click.echo(f"4. The client fetches {items:,} records, as the server tells it:\n")
        code = subprocess.call(_command("client", "sync"), env=environment)  # noqa: S603 - our own program
        if code == 0:
            _show(server, environment)
            if on_terminal if stay is None else stay:
                _stay(server, password)
    sys.exit(code)


def _open_page(link: str) -> None:
    """The link signs in; the page behind it is the client from then on."""
    click.echo(
        f'4. Your page. It opens by itself, or open this address once:\n\n   {link}\n\n   Press "Start" there.'
    )
    webbrowser.open(link)


def _show(server: str, environment: Mapping[str, str]) -> None:
    """A few of the records, as any program would read them."""
    account = {"username": environment["CRATESYNC_USERNAME"], "password": environment["CRATESYNC_PASSWORD"]}
    with httpx.Client(base_url=server, trust_env=False) as api:
        access = api.post("/api/auth/login", json=account).json()["accessToken"]
        page = api.get(
            "/api/collection", params={"limit": 5}, headers={"Authorization": f"Bearer {access}"}
        ).json()
    click.echo(f"\n5. The mirror holds {page['total']:,} records (GET /api/collection), among them:")
    for item in page["items"]:
        artists = ", ".join(artist["name"] for artist in item["artists"])
        formats = ", ".join(carrier["name"] for carrier in item["formats"])
        click.echo(f"   {artists}: {item['title']} ({item['year'] or 'year unknown'}, {formats})")


def _stay(server: str, password: str) -> None:
    click.echo(
        f"\nThe server stays up: {server}, user {COLLECTOR}, password {password}. Ctrl-C ends the demo."
    )
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        click.echo("\nThe demo is over; nothing of it is kept.")


@contextmanager
def _simulator(
    environment: Mapping[str, str], folder: Path, port: int, items: int, token: str
) -> Iterator[None]:
    arguments = (
        *("simulate", "--port", str(port), "--user", f"{COLLECTOR}:{token}:{items}:{items // 10}"),
        *("--window", str(WINDOW_SECONDS), "--latency-ms", str(LATENCY_MILLISECONDS)),
    )
    with _running(environment, folder / "simulator.log", *arguments) as process:
        _wait_until_up(process, f"http://127.0.0.1:{port}/_simulator/state", folder / "simulator.log")
        yield


@contextmanager
def _running(environment: Mapping[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of our programs, ended at the end."""
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own program
            _command(*arguments), env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOPPED_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _call(environment: Mapping[str, str], *arguments: str, words: str = "") -> str:
    """What one of our programs says."""
    done = subprocess.run(  # noqa: S603 - our own program
        _command(*arguments), env=environment, input=words, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def _wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(LOOK_SECONDS)
    raise click.ClickException(f"It did not start:\n{log.read_text(errors='replace')}")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cratesync", *arguments]


def _free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
