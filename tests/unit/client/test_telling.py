"""What a person reads of a sync."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from rich.console import Console

from cratesync.client import telling
from cratesync.client.bar import Bar, Lines
from cratesync.client.clock import Clock, format_instant
from cratesync.protocol.messages import Notice, Progress, Summary
from unit.client.signed import NOW

PROGRESS = Progress(
    session_id="sync-1",
    sync_type="collection",
    status="in_progress",
    revision=1,
    total_requests=35,
    completed_requests=12,
    failed_requests=0,
    percent_complete=34.0,
    items_done=1200,
    items_total=3104,
    estimated_seconds_left=130.0,
    current_action="Processing page 13 of 32",
)
PAUSED = replace(
    PROGRESS,
    status="paused",
    reason="rate_limit_exceeded",
    resume_at=format_instant(NOW + timedelta(seconds=42)),
)
CLOCK = Clock(lambda: 0.0, lambda: NOW)


def test_counts_name_calls_and_records():
    assert telling.counts(PROGRESS) == "12/35 calls, 1,200/3,104 records"
    assert telling.counts(replace(PROGRESS, failed_requests=1, items_total=None, sync_type="wantlist")) == (
        "12/35 calls (1 failed), 1,200 wants"
    )


def test_it_says_what_it_is_doing():
    assert telling.doing(PROGRESS, NOW) == "Processing page 13 of 32"


def test_it_says_why_it_waits_and_until_when():
    until = (NOW + timedelta(seconds=42)).astimezone()

    assert telling.doing(PAUSED, NOW) == f"waiting for Discogs' quota until {until:%H:%M:%S} (42 s)"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("user", "paused by you"),
        ("client_disconnected", "waiting for a client to connect"),
        ("something_new", "Processing page 13 of 32"),
    ],
)
def test_other_reasons_have_their_words(reason, text):
    assert telling.doing(replace(PAUSED, reason=reason, resume_at=None), NOW) == text


def test_a_wait_that_is_over_or_unreadable_names_no_time():
    assert telling.doing(PAUSED, NOW + timedelta(minutes=5)) == "waiting for Discogs' quota"
    assert telling.doing(replace(PAUSED, resume_at="later"), NOW) == "waiting for Discogs' quota"


def test_what_the_server_says_cannot_steer_the_terminal():
    assert "\x1b" not in telling.doing(replace(PROGRESS, current_action="a\x1b[2Jb"), NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (89, "89 s"), (130, "2 min"), (3600, "1 h 0 min"), (5000, "1 h 23 min")],
)
def test_durations_are_short(seconds, text):
    assert telling.left(seconds) == text


def test_the_rate_is_that_of_the_last_minute():
    rate = telling.Rate()
    assert rate.text() == ""
    for second in range(0, 301, 10):
        rate.see(second * 2 if second < 200 else 400 + (second - 200) * 20, float(second))

    assert rate.text() == "1,200/min"


def test_a_scan_that_begins_again_begins_the_rate_again():
    rate = telling.Rate()
    rate.see(500, 1.0)
    rate.see(100, 2.0)

    assert rate.text() == ""


def test_the_summary_names_held_removals_and_warnings():
    summary = Summary(
        added=2, requests=35, seconds=61.0, held_removals=9, warnings=(Notice(code="x", message="No value."),)
    )

    lines = telling.summary_lines("collection", summary)

    assert lines[0] == "2 added, 0 updated, 0 removed, 0 unchanged; 35 calls in 61 s."
    assert lines[1].startswith("9 records seem to be gone")
    assert lines[2] == "Note: No value."


def lines_of(*snapshots):
    written = []
    lines = Lines(written.append, CLOCK)
    for snapshot in snapshots:
        lines.show(snapshot)
    return written


def test_without_a_terminal_there_is_a_line_every_five_percent():
    written = lines_of(*(replace(PROGRESS, percent_complete=percent * 1.0) for percent in range(101)))

    assert len(written) == 21
    assert written[0].startswith(
        "0% · 12/35 calls, 1,200/3,104 records · Processing page 13 of 32 · 2 min left"
    )
    assert written[-1].startswith("100%")


def test_without_a_terminal_a_pause_and_its_end_have_a_line():
    assert len(lines_of(PROGRESS, PAUSED, PAUSED, PROGRESS, PROGRESS)) == 3


def test_the_bar_shows_all_of_it():
    console = Console(width=100, force_terminal=True, color_system=None)
    with console.capture() as captured:
        bar = Bar(console, CLOCK)
        bar.show(PROGRESS)
        bar.show(replace(PAUSED, items_done=1300))
        bar._live.refresh()
        bar.close()

    picture = captured.get()
    for part in (
        "Collection",
        "34%",
        "12/35 calls",
        "2 min left",
        "waiting for Discogs' quota until",
        "(42 s)",
    ):
        assert part in picture
