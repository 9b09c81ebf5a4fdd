"""The demo starts real programs, and ends them."""

import signal

import httpx
import pytest

# Five programs start, one after the other.
STARTED_WITHIN_SECONDS = 90.0


def test_a_demo_that_is_ended_leaves_no_program_behind(world, monkeypatch):
    monkeypatch.setenv("BROWSER", "true")  # the program of that name: it opens nothing
    demo = world.start("demo", "demo", "--page", "--items", "20")
    said = demo.said_when("Ctrl-C ends the demo", seconds=STARTED_WITHIN_SECONDS)
    server = said.partition("The server, on ")[2].split()[0]
    assert f"{server}/#code=" in said
    assert '<div id="page">' in httpx.get(server).text

    assert demo.stop(signal.SIGTERM) == 128 + signal.SIGTERM
    with pytest.raises(httpx.ConnectError):
        httpx.get(server)
