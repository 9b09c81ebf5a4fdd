"""What it costs a browser that it cannot see the quota: simulated time against the best possible, first and once learned.

    python -m bench.blind [--pages 600] [--in-flight 4] [--latency-ms 200]

Two worlds: one where CORS preflights count (30 calls fill a window of 60), one where they do not. Each world runs the same
number of pages several times, ten minutes apart, remembering what was learned. The best schedule knows the window and uses
all of it. No network and no clock: the figures are of the pacing alone. Prints one JSON object.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from cratesync.engine.pacing import Quota
from unit.engine.traffic import Api, Traffic, Weather, best_seconds

LIMIT, WINDOW_SECONDS, RESERVE = 60, 60.0, 2
RUNS = 5
REST_SECONDS = 600.0
# The trial simulation that the specification quotes: a raise in bursts after whole windows.
SPECIFIED = {"first": 1.34, "learned": 1.12}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--pages", type=int, default=600)
    options.add_argument("--in-flight", type=int, default=4)
    options.add_argument("--latency-ms", type=int, default=200)
    chosen = options.parse_args()
    worlds = [
        measure(
            name,
            slots_a_call=slots_a_call,
            pages=chosen.pages,
            in_flight_max=chosen.in_flight,
            latency=chosen.latency_ms / 1000,
            refused_count=refused_count,
        )
        for name, slots_a_call, refused_count in (
            ("preflights do not count", 1, False),
            ("preflights count", 2, False),
            ("preflights count, and so do calls that were turned away", 2, True),
        )
    ]
    report = {"bench": "blind", "pages": chosen.pages, "specified": SPECIFIED, "worlds": worlds}
    print(json.dumps(report, indent=2))


def measure(
    name: str, *, slots_a_call: int, pages: int, in_flight_max: int, latency: float, refused_count: bool
) -> dict[str, object]:
    """One world: ratios to the best possible time, and how often a call was turned away."""
    best = best_seconds(
        pages,
        a_window=LIMIT // slots_a_call,
        window_seconds=WINDOW_SECONDS,
        in_flight_max=in_flight_max,
        latency_seconds=latency,
    )
    ratios, refused, learned, start = [], [], None, 0.0
    for run in range(RUNS):
        api = Api(LIMIT, WINDOW_SECONDS, slots_a_call=slots_a_call, count_refused=refused_count)
        traffic = Traffic(
            Quota(LIMIT, WINDOW_SECONDS, RESERVE),
            api,
            calls=pages,
            in_flight_max=in_flight_max,
            weather=Weather(latency / 2, latency / 2, steady=True),
            blind=True,
            learned=learned,
            start=start,
            seed=run,
        )
        ratios.append(round(traffic.run() / best, 3))
        refused.append(api.refused)
        learned, start = traffic.learned, traffic.now + REST_SECONDS
    return {
        "world": name,
        "best_seconds": round(best, 1),
        "first": ratios[0],
        "learned": ratios[1:],
        "turned_away": refused,
    }


if __name__ == "__main__":
    main()
