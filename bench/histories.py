"""Thousands of histories of a list and its mirror: does a mirror ever break what it promises?

    python bench/histories.py [--histories 4000] [--minutes 30] [--seed 1]

Runs the tests of the histories round by round, each with the next seed: two hundred in the server's rooms, on SQLite and PostgreSQL,
and ten times as many of the engine alone. Ends once so many histories were lived through in the rooms, or so many minutes have
passed. Begins with a seed of its own unless told. Prints one JSON object a round, and ends with 1 at the first that fails, after
what its tests said: the history that fails, as short as it gets, and how to repeat it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

HISTORIES_A_ROUND = 200
# A failing one is made shorter for five minutes at most, on each database.
ROUND_SECONDS_MAX = 1800
TESTS = ("tests/integration/histories", "tests/unit/engine/test_histories.py")


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--histories", type=int, default=4000)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--seed", type=int, default=random.randrange(2**32))
    chosen = options.parse_args()
    began, lived = time.monotonic(), 0
    while lived < chosen.histories and time.monotonic() < began + 60 * chosen.minutes:
        seed = chosen.seed + lived // HISTORIES_A_ROUND
        done = one_round(seed)
        lived += HISTORIES_A_ROUND
        seconds = round(time.monotonic() - began, 1)
        print(
            json.dumps({"seed": seed, "held": done.returncode == 0, "histories": lived, "seconds": seconds}),
            flush=True,
        )
        if done.returncode:
            print(done.stdout)
            return 1
    return 0


def one_round(seed: int) -> subprocess.CompletedProcess[str]:
    workers = str(os.cpu_count() or 1)
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, f"--hypothesis-seed={seed}", *TESTS]
    return subprocess.run(
        command,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=ROUND_SECONDS_MAX,
    )


if __name__ == "__main__":
    sys.exit(main())
