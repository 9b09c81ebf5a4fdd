"""What processes use, by Linux' /proc: their processor time, and their memory."""

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12  # of the fields after the name, see proc(5)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_SECOND


def family_cpu_seconds(pid: int) -> float:
    """The same of a process and its children that live; a server whose children come and go is no case for it."""
    return sum(cpu_seconds(member) for member in family(pid))


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def memory_kib(pid: int) -> dict[str, int]:
    """The resident set (`rss`) and the share of it that is this process' own (`pss`)."""
    rolled = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) for line in rolled[1:]}
    return {"rss": found["Rss"], "pss": found["Pss"]}
