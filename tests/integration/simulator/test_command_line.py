import json
import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

COMMAND = [sys.executable, "-c", "from cratesync.simulator.commands import simulate; simulate()"]


@pytest.fixture
def simulate():
    """Starts the command on a free port; gives the process and its address."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "error"},
        )
        started.append(process)
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, (line, process.stderr.read())
        return process, found[0]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_a_large_collection_is_read_from_the_command(simulate, tmp_path):
    journal = tmp_path / "journal.jsonl"
    _, base_url = simulate(
        "--user", "ada:secret:50000:20", "--journal", str(journal), "--seed", "9", "--limit", "120"
    )
    headers = {"Authorization": "Discogs token=secret"}
    query = {"per_page": 100, "sort": "added", "sort_order": "asc", "page": 500}
    with httpx.Client(base_url=base_url, headers=headers) as client:
        page = client.get("/users/ada/collection/folders/0/releases", params=query)

    assert len(page.json()["releases"]) == 100
    assert page.headers["x-discogs-ratelimit"] == "120"
    (line,) = [json.loads(text) for text in journal.read_text().splitlines()]
    assert line["path"].startswith("/users/ada/collection/folders/0/releases?per_page=100")
    assert (line["ip"], line["status"], line["slots"]) == ("127.0.0.1", 200, 1)


def test_a_recorded_collection_is_read_from_the_command(simulate, tmp_path):
    item = {"instance_id": 5, "id": 7, "basic_information": {"id": 7, "title": "Own"}, "folder_id": 1}
    (tmp_path / "page.json").write_text(json.dumps({"releases": [item]}))
    _, base_url = simulate("--user", f"ada:secret:{tmp_path}")
    answer = httpx.get(
        f"{base_url}/users/ada/collection/folders/0/releases",
        headers={"Authorization": "Discogs token=secret"},
    )

    assert answer.json()["releases"] == [item]


def test_faults_are_set_at_the_start(simulate):
    _, base_url = simulate("--fault", "502-html:1")

    assert httpx.get(f"{base_url}/releases/1").status_code == 502


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_told_to_even_with_an_open_connection(simulate, number):
    process, base_url = simulate("--user", "ada:secret:10")
    with httpx.Client(base_url=base_url) as client:
        client.get("/releases/1")
        process.send_signal(number)

        assert process.wait(timeout=5) == 0
    assert process.stderr.read() == ""


def test_a_port_in_use_is_told_in_a_sentence(simulate):
    _, base_url = simulate()
    port = base_url.rsplit(":", 1)[-1]
    second = subprocess.run(
        [*COMMAND, "--port", port], capture_output=True, text=True, timeout=30, check=False
    )

    assert second.returncode == 1
    assert "Cannot listen on 127.0.0.1" in second.stderr
    assert "Traceback" not in second.stderr
