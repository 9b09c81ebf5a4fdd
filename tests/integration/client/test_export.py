"""`cratesync client export` as a person or a script runs it: a whole file, or none."""

import asyncio
import os
import signal
import sys
from contextlib import suppress

import pytest
from click.testing import CliRunner

from cratesync.client.commands import client
from integration.client.scripted import ScriptedDiscogs, ScriptedServer, http_answer

TOKEN = "canary-personal-access-token"
CSV = "\ufeffCatalog#,Artist\r\nTW 019,Åsa Ørn\r\n".encode()
PATH = "/api/collection/export?format=csv"


@pytest.fixture
async def server():
    async with ScriptedServer() as server:
        server.rest["GET", PATH] = (200, CSV)
        yield server


@pytest.fixture
def environment(server, tmp_path):
    return {
        "CRATESYNC_SERVER_URL": server.url,
        "CRATESYNC_CLIENT_DIR": str(tmp_path / "client"),
        "CRATESYNC_CLIENT_TOKEN": TOKEN,
        "CRATESYNC_USERNAME": "",
        "CRATESYNC_PASSWORD": "",
    }


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder in which the command runs, which begins empty."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def export(environment, here):
    async def run(*arguments, **extra):
        def invoke():
            return CliRunner().invoke(client, ("export", *arguments), env=environment | extra)

        result = await asyncio.to_thread(invoke)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert TOKEN not in result.output + result.stderr
        return result

    return run


async def test_a_file_is_named_after_the_list_and_the_day(server, export, here):
    result = await export()

    assert result.exit_code == 0, result.output
    (file,) = here.iterdir()
    assert file.name.startswith("collection-20")
    assert file.suffix == ".csv"
    assert file.read_bytes() == CSV
    assert result.output == f"{file.name}: the collection as csv, {len(CSV)} bytes.\n"
    (call,) = server.calls
    assert (call.path, call.headers["Authorization"]) == (PATH, f"Bearer {TOKEN}")


async def test_list_format_and_file_are_chosen(server, export, here):
    server.rest["GET", "/api/wantlist/export?format=jsonl"] = (200, b"")

    result = await export("--list", "wantlist", "--format", "jsonl", "--output", "wants.jsonl")

    assert result.exit_code == 0, result.output
    assert (here / "wants.jsonl").read_bytes() == b""


async def test_standard_output_gets_the_bytes_and_nothing_else(export, here):
    result = await export("--output", "-")

    assert result.exit_code == 0
    assert result.stdout_bytes == CSV
    assert list(here.iterdir()) == []


async def test_a_file_that_is_there_is_replaced_by_force_alone(server, export, here):
    file = here / "records.csv"
    file.write_text("mine")

    refused = await export("--output", "records.csv")
    kept, asked = file.read_text(), list(server.calls)
    forced = await export("--output", "records.csv", "--force")

    assert refused.exit_code == 2
    assert "records.csv is there already. Name another file, or replace it with --force." in refused.output
    assert (kept, asked) == ("mine", [])
    assert forced.exit_code == 0
    assert file.read_bytes() == CSV
    assert [each.name for each in here.iterdir()] == ["records.csv"]


async def test_a_file_that_comes_meanwhile_is_not_replaced(server, export, here):
    def answer(_call):
        (here / "records.csv").write_text("mine")
        return 200, CSV

    server.rest["GET", PATH] = answer

    result = await export("--output", "records.csv")

    assert result.exit_code == 2
    assert {each.name: each.read_text() for each in here.iterdir()} == {"records.csv": "mine"}


@pytest.mark.parametrize("output", [".", "/dev/null"])
async def test_what_is_no_file_is_not_replaced_even_by_force(export, here, output):
    result = await export("--output", output, "--force")

    assert result.exit_code == 2
    assert f"{output} is no plain file" in result.output
    assert list(here.iterdir()) == []


async def test_a_link_stays_and_what_it_leads_to_is_replaced(export, here):
    (here / "shelf").mkdir()
    (here / "shelf" / "records.csv").write_text("mine")
    (here / "link.csv").symlink_to("shelf/records.csv")

    result = await export("--output", "link.csv", "--force")

    assert result.exit_code == 0, result.output
    assert (here / "link.csv").is_symlink()
    assert (here / "shelf" / "records.csv").read_bytes() == CSV


async def test_what_cannot_be_written_is_said_in_a_sentence(export, here):
    result = await export("--output", "nowhere/records.csv")

    assert result.exit_code == 1
    assert result.output == "nowhere/records.csv cannot be written (No such file or directory).\n"


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (
            (429, {"code": "export_busy", "message": "Other exports are still being fetched."}),
            1,
            "Other exports",
        ),
        ((401, {"code": "not_signed_in", "message": "Sign in to do this."}), 3, "Sign in"),
        ((403, {"code": "scope_missing", "message": "This token lacks the scope 'read'."}), 3, "scope"),
        ((502, b"<html>"), 4, "could not be reached (HTTP 502)"),
        ((204, b""), 1, "is not what a Cratesync server says"),
        ((302, b""), 1, "HTTP 302"),
    ],
)
async def test_a_refusal_is_told_and_leaves_no_file(server, export, here, answer, code, sentence):
    server.rest["GET", PATH] = answer

    result = await export()

    assert result.exit_code == code
    assert sentence in result.output
    assert list(here.iterdir()) == []


async def test_an_answer_that_breaks_off_leaves_no_file(export, here):
    async def break_off(writer):
        whole = http_answer(200, CSV)
        writer.write(whole[:-5])
        await writer.drain()

    async with ScriptedDiscogs() as breaking:
        breaking.answers["/api/collection/export"] = break_off

        result = await export(CRATESYNC_SERVER_URL=breaking.url)

    assert result.exit_code == 4
    assert "could not be reached" in result.output
    assert list(here.iterdir()) == []


async def test_an_interruption_leaves_no_file(environment, here):
    async def begin(writer):
        writer.write(http_answer(200, CSV)[:-5])
        await writer.drain()
        begun.set()
        await asyncio.Event().wait()

    begun = asyncio.Event()
    async with ScriptedDiscogs() as hanging:
        hanging.answers["/api/collection/export"] = begin
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from cratesync.cli import main; main()",
            *("client", "export"),
            cwd=here,
            env=os.environ | environment | {"CRATESYNC_SERVER_URL": hanging.url},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await asyncio.wait_for(begun.wait(), 20)
            running.send_signal(signal.SIGINT)
            _, said = await asyncio.wait_for(running.communicate(), 20)
        finally:
            with suppress(ProcessLookupError):
                running.kill()

    assert running.returncode == 130
    assert said.decode() == "Interrupted before it was whole.\n"
    assert list(here.iterdir()) == []
