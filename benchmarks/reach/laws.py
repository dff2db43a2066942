"""What should not matter does not: the law that the tests ask of every fourth scenario, of all.

    uv run python -m benchmarks.reach.laws

Each labelled log is told again in another order, a week later, on two threads and amid unrelated
events; what is found must be the same. Prints the scenarios for which it was not, and fails.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.results import keep
from tests.detect.test_scenarios import SCENARIOS, candidates, name_of, what_mattered


def broken(number: int) -> str:
    """What mattered for the scenario of that number, with its name; empty if nothing."""
    scenario = SCENARIOS[number]
    said = what_mattered(scenario, candidates(scenario, scenario.events))
    return said and f"{name_of(scenario)}: {said}"


def main() -> None:
    """Ask, print and keep the result."""
    # A fork would share the engine's threads with the processes that ask.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        failures = [said for said in pool.map(broken, range(len(SCENARIOS)), chunksize=8) if said]
    print(*failures, sep="\n")
    print(f"{len(SCENARIOS)} scenarios, the law broken by {len(failures)}")
    keep("laws", scenarios=len(SCENARIOS), broken=[said.split(":")[0] for said in failures])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
