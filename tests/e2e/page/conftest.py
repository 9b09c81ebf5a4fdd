"""The page in a real browser, against the real programs."""

import os
import socket

import pytest
from playwright.sync_api import sync_playwright

from e2e.page.looking import Window
from foreign_programs import find_chromium

# No sandbox: tests may run as root, and look at pages of ours alone. The others keep Chromium from calling home.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests of a file. Playwright's own event loop runs meanwhile, and other tests have theirs."""
    program = find_chromium()
    if program is None:
        why = "Chromium is not here; `.venv/bin/python tests/foreign_programs.py` says why"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def lasting(chromium, tmp_path):
    """Opens a browser of its own that keeps what it has: closed and opened again, it goes on as on the next day."""
    windows = []

    def open_(url):
        context = chromium.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=find_chromium(), args=list(OPTIONS)
        )
        windows.append(Window(context, url))
        return windows[-1]

    yield open_
    windows[-1].close()
    assert [complaint for window in windows for complaint in window.complaints] == []


@pytest.fixture
def own_address():
    """An address of this machine that other machines call it by: a page from there is in no secure context."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        try:
            unsent.connect(("198.51.100.1", 9))  # chooses the way, and sends nothing
            address = unsent.getsockname()[0]
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        why = "this machine has no address but loopback, from which every page is in a secure context"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return address


@pytest.fixture
def opened(chromium):
    """Opens windows, each with a jar of its own and some perhaps `without` a part of the browser; when the test is over, none may
    have complained."""
    windows = []

    def open_(url, *, without=(), **options):
        context = chromium.new_context(**options)
        for name in without:
            context.add_init_script(f"delete globalThis.{name}")
        windows.append(Window(context, url))
        return windows[-1]

    yield open_
    for window in windows:
        window.close()
    assert [complaint for window in windows for complaint in window.complaints] == []
