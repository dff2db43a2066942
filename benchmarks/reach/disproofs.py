"""How many false candidates a tried disproof removes, and how many true ones.

    uv run python -m benchmarks.reach.disproofs [--split train|test] [--seeds N]

Over the logs with a known answer (docs/benchmark.md). A candidate is what a pattern's query
returns, found or held back by an innocent reading. A lookalike of which any candidate was made is a
planted false one; it is removed when nothing about it is found, and suspected when a suspicion is
left. A failure that the log can decide is removed when all that was made of it was held back.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.labelled import findings
from benchmarks.labelled.findings import Claim
from benchmarks.labelled.measure import TEST_SEEDS, TRAINING_SEEDS, in_parallel
from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import owners, verdict, whose
from benchmarks.labelled.world import World, labelled_world
from benchmarks.results import keep
from forensics.case.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What came of the candidates of one world.

    Attributes:
        quality: Of its logs.
        lookalikes: `removed`, `suspected` or `accused`, of those of which a candidate was made.
        failures: `found`, or the reading that removed it, of those that the log can decide.
        disproofs: Findings above suspicion whose cheapest disproof was tried, and all of them.
    """

    quality: Quality
    lookalikes: Counter[str]
    failures: Counter[str]
    disproofs: tuple[int, int]


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach.disproofs")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--seeds", type=int, default=3, help="how many of the split's")
    asked = parser.parse_args()
    seeds = (TEST_SEEDS if asked.split == "test" else TRAINING_SEEDS)[: asked.seeds]
    tasks = [(seed, quality) for quality in Quality for seed in seeds]
    worlds = list(in_parallel(removed, tasks))
    figures = {str(q): _figures([w for w in worlds if w.quality is q]) for q in Quality}
    figures["all"] = _figures(worlds)
    for name, figure in figures.items():
        print(name, figure)
    keep(f"disproofs_{asked.split}", split=asked.split, seeds=list(seeds), qualities=figures)


def removed(seed: int, quality: Quality) -> Removed:
    """What came of the candidates of a seed's world."""
    world = labelled_world(seed, quality)
    with tempfile.TemporaryDirectory() as scratch:
        world.save(Path(scratch))
        audited = findings.of_the_analyzer(Path(scratch))
        held = _held_back(audited.case)
        tried = [
            finding["explanation"]["disproof_tried"]
            for finding in audited.case.last_run()["findings"]
            if finding["grade"] in findings.GRADES
        ]
    return Removed(
        quality=quality,
        lookalikes=_lookalikes(world, audited.claims, held),
        failures=_failures(world, audited.claims, held),
        disproofs=(sum(tried), len(tried)),
    )


def _held_back(case: Case) -> list[tuple[str, Claim]]:
    """Candidates that a reading holds back, each after its name; a stronger finding is none."""
    records: dict[tuple[str, str, str, str], list[tuple[str, int]]] = {}
    rows = case.sql("""
        SELECT DISTINCT finding_id, suppressed.suppressor, suppressed.detector, suppressed.pattern,
            events.source, events.source_line
        FROM suppressed JOIN events USING (event_id)
        WHERE suppressed.role <> 'context' AND suppressed.suppressor <> 'stronger_pattern'
        ORDER BY ALL""").rows()
    for *candidate, source, line in rows:
        identity, reading, detector, pattern = candidate
        records.setdefault((identity, reading, detector, pattern), []).append((source, line))
    return [
        (reading, Claim(detector=detector, pattern=pattern, records=lines))
        for (_, reading, detector, pattern), lines in records.items()
    ]


def _lookalikes(
    world: World, claims: Sequence[Claim], held: Sequence[tuple[str, Claim]]
) -> Counter[str]:
    owner = owners(world.truth)
    worst: dict[str, str] = {}
    order = ("removed", "suspected", "accused")
    said = [("removed", claim) for _, claim in held]
    said += [("accused" if claim.accuses else "suspected", claim) for claim in claims]
    for word, claim in said:
        label = whose(claim, owner)
        if label and not label["answers"] and verdict(claim, label) == "false":
            worst[label["id"]] = max(worst.get(label["id"], word), word, key=order.index)
    return Counter(worst.values())


def _failures(
    world: World, claims: Sequence[Claim], held: Sequence[tuple[str, Claim]]
) -> Counter[str]:
    owner = owners(world.truth)
    came: dict[str, str] = {}
    for word, claim in [*held, *(("found", claim) for claim in claims)]:
        label = whose(claim, owner)
        if label and label["answers"] and label["decidable"] and verdict(claim, label) == "hit":
            came[label["id"]] = word
    return Counter(came.values())


def _figures(worlds: Sequence[Removed]) -> dict[str, object]:
    lookalikes = sum((w.lookalikes for w in worlds), Counter[str]())
    failures = sum((w.failures for w in worlds), Counter[str]())
    tried = sum(w.disproofs[0] for w in worlds)
    accusing = sum(w.disproofs[1] for w in worlds)
    lost = failures.total() - failures["found"]
    return {
        "lookalikes": lookalikes.total(),
        "removed": _share(lookalikes["removed"], lookalikes.total()),
        "removed_or_suspected": _share(
            lookalikes.total() - lookalikes["accused"], lookalikes.total()
        ),
        "failures": failures.total(),
        "failures_removed": _share(lost, failures.total()),
        "removed_by": {name: n for name, n in sorted(failures.items()) if name != "found"},
        "findings": accusing,
        "cheapest_disproof_tried": _share(tried, accusing),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


if __name__ == "__main__":
    main()
