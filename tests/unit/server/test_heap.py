"""What pages took is given back."""

import ctypes
import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio
from pathlib import Path
from cratesync.server.heap import Heap

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

# Below glibc's threshold for mapping, and each with something small behind it.
kept, pages = [], []
for _ in range(500):
    pages.append(b'x' * 120_000)
    kept.append(b'x' * 1000)
full = resident()
pages.clear()
asyncio.run(Heap().tick())
print(full - resident())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")
def test_what_lies_free_is_given_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40_000_000
