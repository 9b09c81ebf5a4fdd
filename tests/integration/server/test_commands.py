"""The program itself, as a person starts it."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from msgspec import structs
from sqlalchemy import insert, select

from cratesync import __version__
from cratesync.server.clock import SystemClock
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKeyFile
from cratesync.server.store import webhooks
from cratesync.server.store.database import Database
from cratesync.server.store.tables import users
from cratesync.server.store.webhooks import Webhook
from cratesync.server.vault import Vault

SECONDS_MAX = 30
PROGRAM = [sys.executable, "-c", "from cratesync.cli import main; main()"]


def environment(data_dir: Path, **settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRATESYNC_")}
    return (
        kept
        | {"CRATESYNC_DATA_DIR": str(data_dir)}
        | {f"CRATESYNC_{name}": text for name, text in settings.items()}
    )


def run(data_dir, *arguments, words="", **settings) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(data_dir, **settings),
        input=words,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


class Program:
    """A running `cratesync serve`."""

    def __init__(self, data_dir, **settings) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0"],
            env=environment(data_dir, **settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = self.process.stdout.readline()
        found = re.search(r"http://[^ ]+", self.said)
        assert found, self.process.communicate()
        self.url = found[0]

    def stop(self, number) -> tuple[int, float, str]:
        """Send a signal: the exit code, the seconds it took, and the log."""
        started = time.monotonic()
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=SECONDS_MAX)
        return self.process.returncode, time.monotonic() - started, log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_starts_without_configuration_and_stops_on_a_signal(tmp_path, number):
    program = Program(tmp_path / "data")
    page = httpx.get(f"{program.url}/", follow_redirects=True)
    code, seconds, log = program.stop(number)

    assert program.said.startswith("Cratesync listens on http://127.0.0.1:")
    assert "/api/docs" in program.said
    assert (page.status_code, page.url.path) == (200, "/")
    assert code == 0
    assert seconds < 10
    assert "Traceback" not in log
    assert (tmp_path / "data" / "secret.keys").exists()


def follow(link: str, **more) -> httpx.Response:
    """Open a one-time link, as the page behind it does."""
    base, code = link.split("/#code=")
    return httpx.post(f"{base}/api/auth/link", json={"code": code} | more)


def test_a_server_without_accounts_offers_one_link_for_the_first(tmp_path):
    program = Program(tmp_path, LOG_FORMAT="json")
    line = program.process.stdout.readline()
    link = re.search(r"http://\S+", line)[0]
    first = follow(link, username="ada")
    again = follow(link)
    log = program.stop(signal.SIGTERM)[2]

    assert link.startswith(f"{program.url}/#code=crl_")
    assert "cratesync client login --link" in line
    assert (first.status_code, first.json()["user"]["isOwner"], again.status_code) == (201, True, 401)
    assert link.partition("=")[2] not in log


def test_a_server_with_accounts_prints_no_link(tmp_path):
    run(tmp_path, "user", "add", "ada", words="correct horse battery\n")
    program = Program(tmp_path)
    program.process.send_signal(signal.SIGTERM)
    out, _ = program.process.communicate(timeout=SECONDS_MAX)

    assert out == ""


def test_off_loopback_the_link_is_the_way_in_and_names_the_public_address(tmp_path):
    program = Program(tmp_path, HOST="0.0.0.0", PUBLIC_URL="https://nas.example/crates")
    line = program.process.stdout.readline()
    link = re.search(r"https://\S+", line)[0]
    body = {"username": "ada", "password": "correct horse battery"}
    closed = httpx.post(f"{program.url}/api/auth/register", json=body)
    invited = body | {"invitation": link.partition("#code=")[2]}
    opened = httpx.post(f"{program.url}/api/auth/register", json=invited)
    program.stop(signal.SIGTERM)

    assert link.startswith("https://nas.example/crates/#code=crl_")
    assert (closed.status_code, closed.json()["code"]) == (403, "registration_closed")
    assert (opened.status_code, opened.json()["user"]["isOwner"]) == (201, True)
    assert "Secure" in opened.headers["Set-Cookie"]


def test_serve_stops_while_a_connection_is_open(tmp_path):
    program = Program(tmp_path, LOG_FORMAT="json")
    with httpx.Client(base_url=program.url) as http:
        http.get("/health/ready?token=canary", headers={"Authorization": "Bearer canary"})
        http.post("/api/auth/login", json={"username": "canary", "password": "canary"})
        code, seconds, log = program.stop(signal.SIGTERM)

    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert (code, seconds < 10) == (0, True)
    assert events == ["server_started", "server_stopping", "server_stopped"]
    assert "canary" not in log


def test_a_port_in_use_is_told_in_one_sentence(tmp_path):
    program = Program(tmp_path / "first")
    port = program.url.rpartition(":")[2]
    second = run(tmp_path / "second", "serve", "--port", port)
    program.stop(signal.SIGTERM)

    assert second.returncode == 1
    assert re.fullmatch(rf"Cannot listen on 127.0.0.1 port {port}: .*\n", second.stderr)
    assert second.stdout == ""


def test_wrong_settings_are_told_without_a_traceback(tmp_path):
    told = run(tmp_path, "serve", PORT="x", LEASE_SECONDS="-1")

    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 2
    assert "Traceback" not in told.stderr


def test_a_database_that_cannot_be_reached_is_told_in_one_sentence(tmp_path):
    told = run(tmp_path, "serve", "--port", "0", DATABASE_URL="postgresql://anna:geheim@127.0.0.1:1/crates")

    assert told.returncode == 1
    assert "The database at 127.0.0.1 cannot be used" in told.stderr
    assert "geheim" not in told.stderr
    assert "Traceback" not in told.stderr


def test_the_version_and_the_description_are_printed(tmp_path):
    assert run(tmp_path, "--version").stdout.split()[-1] == __version__
    document = json.loads(run(tmp_path / "data", "openapi").stdout)
    assert "/api/users/me" in document["paths"]
    assert not (tmp_path / "data").exists()


def test_one_rooms_commands_do_not_import_another_room(tmp_path):
    script = "import sys, cratesync.cli as c; c.main.list_commands(None); print([m for m in sys.modules if 'litestar' in m])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_db_upgrade_makes_the_tables(empty_database_url, tmp_path):
    address = empty_database_url.render_as_string(hide_password=False)
    done = await asyncio.to_thread(run, tmp_path, "db", "upgrade", DATABASE_URL=address)

    assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")
    database = Database(empty_database_url)
    async with database.read() as connection:
        assert (await connection.execute(select(users))).all() == []
    await database.close()


async def test_keys_rotate_encrypts_every_token_and_webhook_secret_anew(database, database_url, tmp_path):
    file = SecretKeyFile(tmp_path)
    old = Vault(file.read_or_create())
    now = SystemClock().now()
    ids = [uuid4() for _ in range(3)]
    async with database.write() as connection:
        for number, user_id in enumerate(ids):
            token = old.seal(user_id, Secret(f"canary-{number}")) if number else None
            row = {
                "id": user_id,
                "username": f"u{number}",
                "username_key": f"u{number}",
                "discogs_token": token,
            }
            await connection.execute(insert(users).values(row | {"created_at": now, "updated_at": now}))
        webhook = Webhook(
            id=uuid4(),
            user_id=ids[0],
            url="https://receiver.example/",
            sealed="",
            events=(),
            created_at=now,
        )
        sealed = old.seal_webhook_secret(webhook.id, Secret("canary-webhook"))
        await webhooks.save_new(connection, structs.replace(webhook, sealed=sealed))

    address = database_url.render_as_string(hide_password=False)
    done = await asyncio.to_thread(run, tmp_path, "keys", "rotate", DATABASE_URL=address)

    assert done.returncode == 0, done.stderr
    assert "Encrypted anew: 3." in done.stdout
    assert "canary" not in done.stdout + done.stderr
    new = Vault(file.read_or_create())
    async with database.read() as connection:
        stored = dict(
            tuple(row) for row in await connection.execute(select(users.c.id, users.c.discogs_token))
        )
        (rotated,) = await webhooks.every(connection)
    assert not new.needs_rotation(rotated.sealed)
    assert new.open_webhook_secret(webhook.id, rotated.sealed).reveal() == "canary-webhook"
    assert stored[ids[0]] is None
    for number in (1, 2):
        assert not new.needs_rotation(stored[ids[number]])
        assert new.open(ids[number], stored[ids[number]]).reveal() == f"canary-{number}"
