"""The way to the process that is the load."""

import subprocess
import sys

import msgspec

from rig.load import Load, Report
from rig.servers import BENCH


def run(load: Load) -> Report:
    """Run a load to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "rig.load"],
        cwd=BENCH,
        input=msgspec.json.encode(load),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2000:])
    return msgspec.json.decode(done.stdout, type=Report)
