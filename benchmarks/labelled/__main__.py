"""Measure the analyzer on logs with a known answer, or make such logs, or score another tool.

    uv run python -m benchmarks.labelled [--split train|test] [--seeds N] [--quality Q]
    uv run python -m benchmarks.labelled make FOLDER
    uv run python -m benchmarks.labelled score FOLDER
    uv run python -m benchmarks.labelled calibrate [--seeds N]
    uv run python -m benchmarks.labelled thresholds [--seeds N] [--only NAMES]

See README.md beside this file.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.labelled import findings
from benchmarks.labelled.calibrate import CALIBRATION_SEEDS, calibrate
from benchmarks.labelled.catalogue import LABELLED
from benchmarks.labelled.measure import TEST_SEEDS, TOOLS, TRAINING_SEEDS, Measured, total
from benchmarks.labelled.measure import labelled as measure_labelled
from benchmarks.labelled.measure import quiet as measure_quiet
from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import Miss, Score, score
from benchmarks.labelled.table import header, row, shown_misses
from benchmarks.labelled.thresholds import sweep
from benchmarks.labelled.world import labelled_world
from benchmarks.results import keep


def main() -> None:
    """Do what the command line asks."""
    asked = _parser().parse_args()
    seeds = [asked.seed] if asked.seed is not None else _seeds(asked.split, asked.seeds)
    qualities = [Quality(asked.quality)] if asked.quality else list(Quality)
    if asked.command == "make":
        _make(asked.folder, seeds, qualities)
    elif asked.command == "score":
        _score(asked.folder)
    elif asked.command == "calibrate":
        print(f"written to {calibrate(CALIBRATION_SEEDS[: asked.seeds])}")
    elif asked.command == "thresholds":
        print(f"written to {sweep(asked.seeds, _names(asked.only))}")
    else:
        _measure(asked, seeds, qualities)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labelled", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("command", nargs="?", default="measure",
                        choices=("measure", "make", "score", "calibrate", "thresholds"),
    )  # fmt: skip
    parser.add_argument("folder", nargs="?", type=Path, help="where the worlds are")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--seeds", type=int, default=3, help="how many of the split's")
    parser.add_argument("--seed", type=int, help="this one instead")
    parser.add_argument("--quality", choices=[str(quality) for quality in Quality])
    parser.add_argument("--quiet-weeks", type=int, help="as many as seeds when not given")
    parser.add_argument("--only", default="", help="classes or numbers, separated by commas")
    parser.add_argument("--keep", type=Path, help="leave logs, truth, findings and case here")
    parser.add_argument("--show", choices=("misses",), help="on training seeds alone")
    return parser


def _seeds(split: str, count: int) -> list[int]:
    return list((TEST_SEEDS if split == "test" else TRAINING_SEEDS)[:count])


def _names(told: str) -> list[str]:
    return [name for name in told.split(",") if name]


def _measure(asked: argparse.Namespace, seeds: list[int], qualities: list[Quality]) -> None:
    tested = asked.split == "test" or not set(seeds).isdisjoint(TEST_SEEDS)
    if asked.show and tested:
        raise SystemExit(
            "What is missed on test seeds is not shown: rules that were mended on it could not be"
            " measured on it. Use `--split train`."
        )
    only = _names(asked.only)
    if unknown := set(only) - {story.name for story in LABELLED}:
        raise SystemExit(f"There is no class {', '.join(sorted(unknown))}; see README.md.")
    began = time.monotonic()
    measured = list(measure_labelled(seeds, qualities, only=only, keep=asked.keep))
    print(header())
    figures = {
        str(quality): _of_quality(quality, [m for m in measured if m.quality is quality])
        for quality in qualities
    }
    if asked.show:
        _show(measured)
    if only or asked.seed is not None or asked.quality:
        return
    weeks = measure_quiet(seeds if asked.quiet_weeks is None
                          else _seeds(asked.split, asked.quiet_weeks))  # fmt: skip
    severities = sum(weeks, Counter())
    print(f"\n{len(weeks)} quiet weeks: {dict(severities) or 'nothing found'}")
    path = keep(
        f"labelled_{asked.split}", split=asked.split, seeds=seeds,
        seconds=round(time.monotonic() - began), qualities=figures,
        quiet_weeks={"weeks": len(weeks), "findings_by_severity": severities},
        **({} if tested else {"classes": _classes(measured)}),
    )  # fmt: skip
    print(f"written to {path}")


def _of_quality(quality: Quality, measured: Sequence[Measured]) -> dict[str, object]:
    sums = {tool: total(m.scores[tool] for m in measured) for tool in TOOLS}
    figures = {
        tool: {detector: part.figures() for detector, part in by_detector.items()}
        for tool, by_detector in sums.items()
    }
    for detector in sums["analyzer"]:
        print(row(str(quality), detector, {tool: figures[tool][detector] for tool in TOOLS}))
    cases, blind, partly = (sum(m.undecided[place] for m in measured) for place in range(3))
    if cases:
        print(
            f"{quality}: of {cases} cases that such logs cannot decide, the analyzer says of"
            f" {blind} that it is blind, and of {partly} that it is to most of a log's events"
        )
    undecided = {"cases": cases, "said_blind": blind, "said_blind_to_most": partly}
    return figures | {"undecided": undecided}


def _classes(measured: Sequence[Measured]) -> dict[str, dict[str, str]]:
    """Of each class and quality, how many were found of those that could be decided."""
    counts: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for one in measured:
        for name, (cases, found) in one.classes.items():
            both = counts[name].setdefault(str(one.quality), [0, 0])
            both[0] += found
            both[1] += cases
    return {
        name: {quality: f"{found}/{cases}" for quality, (found, cases) in by_quality.items()}
        for name, by_quality in sorted(counts.items())
    }


def _show(measured: Sequence[Measured]) -> None:
    for one in measured:
        for line in shown_misses(one.misses, one.seed, one.quality):
            print(line)


def _make(folder: Path, seeds: list[int], qualities: list[Quality]) -> None:
    for seed in seeds:
        for quality in qualities:
            labelled_world(seed, quality).save(folder / f"{seed}-{quality}")
    print(f"{len(seeds) * len(qualities)} worlds in {folder}; put `findings.jsonl` into each of"
          f" them, then: uv run python -m benchmarks.labelled score {folder}")  # fmt: skip


def _score(folder: Path) -> None:
    by_quality: dict[str, list[tuple[dict[str, Score], list[Miss]]]] = defaultdict(list)
    for path in sorted(folder.glob("*/truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        claims = findings.read(path.with_name("findings.jsonl"))
        by_quality[truth["quality"]].append(score(truth, claims))
    print(header(tools=("tool",)))
    for quality, scored in by_quality.items():
        for detector, part in total(scores for scores, _ in scored).items():
            print(row(quality, detector, {"tool": part.figures()}))


if __name__ == "__main__":
    main()
