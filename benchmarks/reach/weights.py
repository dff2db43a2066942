"""How often effects that were one thing done twice agree in what they say: Fellegi and Sunter's m.

    uv run python -m benchmarks.reach.weights [--seeds N]

Over the duplicates of the labelled benchmark's training seeds that `same_content` is right of, at
all three qualities: each effect with the one before it. Their share that agrees is told by
Laplace's rule, as none is certain. The u of an agreement is no share of the benchmark: it is how
often the very value is met in the log at hand (`same_content_weights.sql`).
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.labelled.measure import TRAINING_SEEDS, in_parallel
from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import owners
from benchmarks.labelled.world import labelled_world
from benchmarks.results import keep
from forensics import open_case
from forensics.link.link import link
from forensics.store.case_store import CaseStore
from forensics.store.engine import engine

_EFFECTS = """
    SELECT e.source, e.source_line, f.amount, coalesce(f.customer_id, f.entity_id) AS about
    FROM effects AS f JOIN events AS e USING (event_id)
    WHERE f.happened AND NOT f.is_state AND f.compensates_effect_id IS NULL
    ORDER BY f.occurred_at, f.event_id"""


def main() -> None:
    """Count, print and keep the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach.weights")
    parser.add_argument("--seeds", type=int, default=2)
    seeds = TRAINING_SEEDS[: parser.parse_args().seeds]
    tasks = [(seed, quality) for quality in Quality for seed in seeds]
    counts = sum(in_parallel(_agreed, tasks), Counter[str]())
    shares = {
        word: round((counts[word] + 1) / (counts[f"{word} told"] + 2), 3)
        for word in ("amount", "about")
    }
    print(shares, dict(counts))
    keep("weights", seeds=list(seeds), counts=dict(sorted(counts.items())), m=shares)


def _agreed(seed: int, quality: Quality) -> Counter[str]:
    world = labelled_world(seed, quality)
    owner = owners(world.truth)
    done: dict[str, list[Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        world.save(Path(scratch))
        for row in _effects(Path(scratch)):
            label = owner.get((row[0], row[1]))
            if label and "same_content" in label["answers"]:
                done.setdefault(label["id"], []).append(row)
    counts = Counter[str]()
    for before, after in (pair for rows in done.values() for pair in pairwise(rows)):
        for place, word in ((2, "amount"), (3, "about")):
            if before[place] is not None and after[place] is not None:
                counts[f"{word} told"] += 1
                counts[word] += before[place] == after[place]
    return counts


def _effects(folder: Path) -> Iterator[Any]:
    case = open_case(folder / "case")
    case.ingest([str(path) for path in sorted((folder / "logs").glob("*.jsonl"))])
    with CaseStore.open(case.folder) as store, engine() as connection:
        store.attach(connection)
        link(connection)
        yield from connection.execute(_EFFECTS).fetchall()


if __name__ == "__main__":
    main()
