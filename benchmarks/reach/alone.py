"""Every labelled log by itself: what the tests ask of many in one log, asked of each alone.

    uv run python -m benchmarks.reach.alone

The tests tell the scenarios of a pattern together, each by a tenant of its own, since a run costs
about the same for one as for forty. Here each is told alone and must be judged as its table says,
and alike when told otherwise. Prints those that are not, and fails.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.results import keep
from tests.detect.judging import SCENARIOS, candidates, shortfall
from tests.detect.otherwise import judged_otherwise, undated


def misjudged(number: int) -> str:
    """How the scenario of that number is judged wrongly, after its name; empty if it is not."""
    scenario = SCENARIOS[number]
    rows = candidates(scenario, scenario.events)
    short = shortfall(scenario, rows)
    if not short and undated(judged_otherwise((scenario,))[scenario.name]) != undated(rows):
        short = "what should not matter does"
    return short and f"{scenario.pattern}-{scenario.name}: {short}"


def main() -> None:
    """Ask, print and keep the result."""
    # A fork would share the engine's threads with the processes that ask.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = pool.map(misjudged, range(len(SCENARIOS)), chunksize=8)
        failures = [short for short in found if short]
    print(*failures, sep="\n")
    print(f"{len(SCENARIOS)} scenarios alone, {len(failures)} misjudged")
    keep("alone", scenarios=len(SCENARIOS), misjudged=[short.split(":")[0] for short in failures])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
