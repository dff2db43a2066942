"""Counts how often findings are right, for `forensics/detect/calibration.json`.

On seeds of their own: neither those that rules are mended on nor those that are reported.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.labelled import findings
from benchmarks.labelled.measure import in_parallel
from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import owners, verdict, whose
from benchmarks.labelled.world import World, labelled_world, quiet_week
from forensics.detect.calibration import LOG_KINDS
from forensics.model.finding import Grade

CALIBRATION_SEEDS = range(4000, 4200)
"""For counting alone."""

_Counted = tuple[Counter[tuple[str, str, bool]], set[tuple[Any, ...]]]
"""Findings by pattern, grade and whether they were right; the kinds of logs that there were.

Suspicions are left out: they get no confidence.
"""


def calibrate(seeds: Sequence[int]) -> Path:
    """Count on a world of each seed at each quality and on its quiet week, and keep it."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    kinds: set[tuple[Any, ...]] = set()
    tasks = [(seed, quality) for quality in (*Quality, None) for seed in seeds]
    for counted, of_world in in_parallel(_counted, tasks):
        counts += counted
        kinds |= of_world
    told = sorted({(pattern, grade) for pattern, grade, _ in counts})
    document = {
        "seeds": list(seeds),
        "qualities": [str(quality) for quality in Quality],
        "log_kinds": sorted(kinds),
        "findings": [
            {
                "pattern": pattern,
                "grade": grade,
                "findings": counts[pattern, grade, True] + counts[pattern, grade, False],
                "right": counts[pattern, grade, True],
            }
            for pattern, grade in told
        ],
    }
    path = Path(str(files("forensics.detect").joinpath("calibration.json")))
    path.write_text(_one_row_a_line(document), encoding="utf-8")
    return path


def _counted(seed: int, quality: Quality | None) -> _Counted:
    """Of one world; without a quality, of a quiet week, in which nothing is right."""
    world: World = quiet_week(seed) if quality is None else labelled_world(seed, quality)
    with tempfile.TemporaryDirectory() as scratch:
        world.save(Path(scratch))
        audited = findings.of_the_analyzer(Path(scratch))
        kinds = {row[1:] for row in audited.case.sql(LOG_KINDS).rows()}
    owner = owners(world.truth)
    said = [(claim, verdict(claim, whose(claim, owner))) for claim in audited.claims]
    return Counter(
        (claim.pattern, claim.grade, judged == "hit")
        for claim, judged in said
        if judged != "also" and claim.grade != Grade.SUSPICION
    ), kinds


def _one_row_a_line(document: dict[str, Any]) -> str:
    """JSON whose lists have a row a line, so that a change of it can be read."""
    parts = []
    for name, value in document.items():
        if isinstance(value[0], dict | tuple):
            rows = ",\n".join(f"    {json.dumps(row)}" for row in value)
            parts.append(f'  "{name}": [\n{rows}\n  ]')
        else:
            parts.append(f'  "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"
