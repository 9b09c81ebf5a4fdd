"""Progress on a terminal, as lines, or not at all."""

from collections.abc import Callable
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

from cratesync.client import telling
from cratesync.client.clock import Clock
from cratesync.protocol.messages import Progress as Snapshot

LINE_EVERY_PERCENT = 5.0


class Display(Protocol):
    """Where the progress of one sync is shown."""

    def show(self, snapshot: Snapshot) -> None:
        """The newest state."""

    def note(self, sentence: str) -> None:
        """Something that happened on the way; an empty text: it is over."""

    def close(self) -> None:
        """The sync is over."""


class Nowhere:
    """Shows nothing: the output is for a program."""

    def show(self, snapshot: Snapshot) -> None:
        """Nothing."""

    def note(self, sentence: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines:
    """A line every few percent, and one whenever it waits for something else."""

    def __init__(self, write: Callable[[str], None], clock: Clock) -> None:
        self._write = write
        self._clock = clock
        self._percent = -LINE_EVERY_PERCENT
        self._reason: str | None = None

    def show(self, snapshot: Snapshot) -> None:
        """A line, if there is news."""
        reason = snapshot.reason if snapshot.status == "paused" else None
        percent = snapshot.percent_complete
        if (
            reason == self._reason
            and percent < self._percent + LINE_EVERY_PERCENT
            and (percent < 100 or self._percent >= 100)
        ):
            return
        self._percent, self._reason = percent, reason
        parts = (
            f"{percent:.0f}%",
            telling.counts(snapshot),
            telling.doing(snapshot, self._clock.now()),
            telling.time_left(snapshot),
        )
        self._write(" · ".join(part for part in parts if part))

    def note(self, sentence: str) -> None:
        """A line."""
        if sentence:
            self._write(sentence)

    def close(self) -> None:
        """Nothing is left to do."""


class Bar:
    """A bar, with the figures and what it is doing below; a wait counts down between two snapshots."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._clock = clock
        self._rate = telling.Rate()
        self._snapshot: Snapshot | None = None
        self._note = "Connecting"
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=10)),
            TextColumn("{task.percentage:>3.0f}%"),
            console=console,
            expand=True,
        )
        self._task = self._bar.add_task("Sync", total=None)
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=4, transient=True)
        self._live.start()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the newest state."""
        if self._snapshot is None or snapshot.revision != self._snapshot.revision:
            self._note = ""
        self._snapshot = snapshot
        self._rate.see(snapshot.items_done, self._clock.monotonic())
        self._bar.update(
            self._task,
            description=snapshot.sync_type.capitalize(),
            total=100.0,
            completed=snapshot.percent_complete,
        )

    def note(self, sentence: str) -> None:
        """Show it in the place of what the sync is doing, until there is news of that."""
        self._note = sentence

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._live.stop()

    def _picture(self) -> Group:
        lines = (self._figures(), self._note or self._doing())
        return Group(self._bar, *(Text(line, no_wrap=True, overflow="ellipsis") for line in lines if line))

    def _figures(self) -> str:
        if self._snapshot is None:
            return ""
        parts = (
            telling.counts(self._snapshot),
            self._rate.text(),
            telling.time_left(self._snapshot),
        )
        return " · ".join(part for part in parts if part)

    def _doing(self) -> str:
        return "Starting" if self._snapshot is None else telling.doing(self._snapshot, self._clock.now())
