"""What looks like a secret does not reach the log."""

import json
import logging

import pytest
import structlog

from cratesync.server.log import configure_logging, redact

CANARIES = [
    "crs_canarycanarycanary",
    "http://127.0.0.1:8000/#code=crl_canarycanary",
    "eyJhbGciOiJIUzI1NiJ9.canary.canary",
    "Discogs token=canary",
    "Bearer canary",
    "postgresql://anna:canary@host/db",
    "https://api.discogs.com/x?token=canary&b=1",
    "GET /ws?ticket=canary HTTP/1.1",
]


@pytest.mark.parametrize("text", CANARIES)
def test_by_its_looks(text):
    assert "canary" not in str(redact(None, "info", {"event": text}))


@pytest.mark.parametrize(
    "name", ["token", "discogsToken", "password", "Authorization", "headers", "body", "cookie"]
)
def test_by_its_name(name):
    assert "canary" not in str(redact(None, "info", {"event": "x", name: "canary"}))


def test_what_is_no_secret_stays():
    event = {
        "event": "sync_started",
        "sync_id": "01",
        "path": "/api/users/me",
        "seconds": 1.5,
        "why": "what? no",
    }
    assert redact(None, "info", dict(event)) == event


@pytest.fixture
def logged(capsys):
    """What was logged; afterwards logging is as it was before."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    yield lambda: capsys.readouterr().err
    structlog.reset_defaults()
    root.handlers, root.level = before


def test_our_own_and_the_libraries_lines_are_one_json_object_each(logged):
    configure_logging("json")
    structlog.stdlib.get_logger("ours").info("sync_started", sync_id="01")
    logging.getLogger("theirs").warning("a line with %s", "crs_canarycanary")

    ours, theirs = map(json.loads, logged().splitlines())
    assert (ours["event"], ours["sync_id"], ours["level"]) == ("sync_started", "01", "info")
    assert theirs["event"] == "a line with <hidden>"


def test_a_traceback_is_redacted_too(logged):
    configure_logging("json")
    structlog.stdlib.get_logger("ours").error("server_fault", exc_info=ValueError("Discogs token=canary"))

    (line,) = map(json.loads, logged().splitlines())
    assert "ValueError" in line["exception"]
    assert "canary" not in str(line)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_traceback_shows_the_variables_of_a_frame(logged, log_format):
    configure_logging(log_format)
    try:
        _fail("".join(("can", "ary")))
    except LookupError as error:
        structlog.stdlib.get_logger("ours").error("server_fault", exc_info=error)

    text = logged()
    assert "LookupError" in text
    assert "in _fail" in text
    assert "canary" not in text


def _fail(password):
    raise LookupError(len(password))
