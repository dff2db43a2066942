"""Measure the analyzer and the two baselines on worlds of given seeds."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.labelled import baselines, findings
from benchmarks.labelled.catalogue import LABELLED
from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import DETECTORS, Label, Miss, Score, score
from benchmarks.labelled.world import labelled_world, quiet_week

TRAINING_SEEDS = range(1000, 1200)
"""For mending rules and fitting numbers."""

TEST_SEEDS = range(7000, 7200)
"""For reporting alone: nobody looks at what was missed on them."""

TOOLS = ("analyzer", "rules", "linkage")

_WORKERS = 2
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of one world.

    Attributes:
        seed: Of the world.
        quality: Of its logs.
        scores: Of each tool, a detector each.
        misses: What the analyzer got wrong.
        classes: Cases of each class that could be decided, and those found by the analyzer.
        undecided: Cases that the log cannot decide; those of which the analyzer says that it is
            blind for a right pattern in a log that tells of it; and those others of which it says
            so of most of that log's events.
    """

    seed: int
    quality: Quality
    scores: dict[str, dict[str, Score]]
    misses: list[Miss]
    classes: dict[str, tuple[int, int]]
    undecided: tuple[int, int, int]


def labelled(
    seeds: Sequence[int],
    qualities: Sequence[Quality],
    *,
    only: Sequence[str] = (),
    keep: Path | None = None,
) -> Iterator[Measured]:
    """Measure every seed at every quality; `keep` is where the logs stay."""
    tasks = [(seed, quality) for quality in qualities for seed in seeds]
    yield from in_parallel(partial(_one, only=tuple(only), keep=keep), tasks)


def quiet(seeds: Sequence[int]) -> list[Counter[str]]:
    """Findings of each quiet week by severity, those above suspicion."""
    return list(in_parallel(_quiet, [(seed,) for seed in seeds]))


def total(scores: Iterable[dict[str, Score]]) -> dict[str, Score]:
    """Add up, a detector each."""
    sums = {detector: Score() for detector in DETECTORS}
    for of_world in scores:
        for detector, part in of_world.items():
            sums[detector] += part
    return sums


def in_parallel(
    action: Callable[..., _Result], tasks: Sequence[tuple[Any, ...]]
) -> Iterator[_Result]:
    """Yield what the action makes of each task, in their order."""
    if len(tasks) == 1:
        yield action(*tasks[0])
        return
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(action, *zip(*tasks, strict=True))


def _one(seed: int, quality: Quality, *, only: tuple[str, ...], keep: Path | None) -> Measured:
    stories = [story for story in LABELLED if not only or story.name in only]
    world = labelled_world(seed, quality, stories)
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep / f"{seed}-{quality}" if keep else Path(scratch)
        # Of an earlier run with other logs.
        shutil.rmtree(folder / "case", ignore_errors=True)
        world.save(folder)
        audited = findings.of_the_analyzer(folder)
        findings.save(audited.claims, folder / "findings.jsonl")
        answers = {
            "analyzer": audited.claims, "rules": baselines.rules(audited.case),
            "linkage": baselines.linkage(audited.case),
        }  # fmt: skip
    scored = {tool: score(world.truth, said) for tool, said in answers.items()}
    misses = scored["analyzer"][1]
    missed = {m.label["id"] for m in misses if m.what in ("missed", "hinted") and m.label}
    undecided = [case for case in world.truth["cases"] if not case["decidable"]]
    blind = [case for case in undecided if _said_blind(case, audited.blind)]
    partly = [case for case in undecided if _said_blind(case, audited.partly_blind)]
    return Measured(
        seed=seed, quality=quality, misses=misses,
        scores={tool: scores for tool, (scores, _) in scored.items()},
        classes={
            case["class"]: (1, int(case["id"] not in missed))
            for case in world.truth["cases"] if case["decidable"]
        },
        undecided=(len(undecided), len(blind), sum(case not in blind for case in partly)),
    )  # fmt: skip


def _said_blind(case: Label, blind: frozenset[tuple[str, str]]) -> bool:
    logs = {log for log, _ in case["records"]}
    return any((pattern, log) in blind for pattern in case["answers"] for log in logs)


def _quiet(seed: int) -> Counter[str]:
    with tempfile.TemporaryDirectory() as scratch:
        quiet_week(seed).save(Path(scratch))
        claims = findings.of_the_analyzer(Path(scratch)).claims
    return Counter(claim.severity for claim in claims if claim.accuses)
