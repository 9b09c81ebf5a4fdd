"""The receiver of the how-to is run as it stands there: it takes what is ours and refuses the rest."""

import asyncio
import os
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cratesync.server.clock import SystemClock
from cratesync.server.listener import open_socket

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "webhooks.md"
PLACE = '("127.0.0.1", 9000)'
HOST = "127.0.0.2"


@pytest.fixture
def clock():
    """The receiver looks at the machine's."""
    return SystemClock()


@asynccontextmanager
async def running(program, secret):
    environment = os.environ | {"SECRET": secret}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def answered(url, headers):
    """The status, once somebody listens."""
    async with asyncio.timeout(20), httpx.AsyncClient() as http:
        while True:
            try:
                return (await http.post(url, content=b"{}", headers=headers)).status_code
            except httpx.ConnectError:
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_receiver_of_the_how_to_takes_what_is_ours_and_refuses_the_rest(server, ada):
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    with open_socket(HOST, 0) as free:
        port = free.getsockname()[1]
    assert program.count(PLACE) == 1
    url = f"http://{HOST}:{port}/"
    webhook = (await ada.post("/api/webhooks", {"url": url})).json()
    strange = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,eA=="}

    async with running(program.replace(PLACE, f'("{HOST}", {port})'), webhook["secret"]) as process:
        assert await answered(url, strange) == 401
        await ada.post(f"/api/webhooks/{webhook['id']}/test")
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"webhook.test\n"
