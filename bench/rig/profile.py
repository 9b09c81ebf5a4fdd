"""Where a process' time goes, as py-spy sees it a hundred times a second."""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RATE = 100
SHOWN = 40


@contextmanager
def profiled(pid: int, written: Path) -> Iterator[None]:
    """Look at a process meanwhile, and write which functions were running and which were being waited for by others."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = Path(folder) / "stacks"
        program = str(Path(sys.executable).parent / "py-spy")
        command = [program, "record", "--pid", str(pid), "--rate", str(RATE), "--format", "raw"]
        looking = subprocess.Popen(
            [*command, "--duration", "3600", "--output", str(stacks)], stdout=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            looking.send_signal(2)  # what Ctrl-C sends: py-spy writes what it has
            looking.wait(30)
        written.parent.mkdir(exist_ok=True)
        written.write_text(_summary(stacks.read_text()))


def _summary(folded: str) -> str:
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [frame.rpartition(":")[0] or frame for frame in stack.split(";")]
        own[frames[-1]] += int(count)
        for frame in set(frames):
            within[frame] += int(count)
    total = own.total() or 1
    lines = [f"{total} samples at {RATE} a second", "", "itself"]
    lines += [f"{100 * count / total:6.1f} %  {frame}" for frame, count in own.most_common(SHOWN)]
    lines += ["", "with what it calls"]
    lines += [f"{100 * count / total:6.1f} %  {frame}" for frame, count in within.most_common(SHOWN * 2)]
    return "\n".join(lines) + "\n"
