"""A world: the logs of some weeks in their native formats, and the truth about them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.labelled.background import background
from benchmarks.labelled.catalogue import LABELLED, QUIET
from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats import (
    canonical,
    celery,
    cloudevents,
    cloudtrail,
    debezium,
    otlp,
    stripe,
)
from benchmarks.labelled.qualities import CAUSES, KEYS, Quality, degraded
from benchmarks.labelled.stage import Stage
from benchmarks.labelled.story import Story
from benchmarks.labelled.told import decidable, mechanism_told, pattern_told
from sample_data.moments import iso, later

START = datetime(2026, 4, 6, tzinfo=UTC)
DAYS, QUIET_DAYS = 24, 7

WRITERS = {
    "canonical": canonical.write, "celery": celery.write, "cloudevents": cloudevents.write,
    "cloudtrail": cloudtrail.write, "debezium": debezium.write, "otlp": otlp.write,
    "stripe": stripe.write,
}  # fmt: skip

_NAMED = ("entity_id", "effect_id", "execution_id", "transaction_id", "customer_id", *KEYS, *CAUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Logs with a known answer.

    Attributes:
        seed: What it was made from.
        quality: Of its logs.
        records: The native records of each log, in the order of the file.
        truth: What `truth.json` says.
    """

    seed: int
    quality: Quality
    records: dict[str, list[dict[str, Any]]]
    truth: dict[str, Any]

    def save(self, folder: Path) -> None:
        """Write `logs/<format>.jsonl` and `truth.json`."""
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        for log, records in self.records.items():
            lines = (json.dumps(record, separators=(",", ":")) + "\n" for record in records)
            (folder / "logs" / f"{log}.jsonl").write_text("".join(lines), encoding="utf-8")
        truth = json.dumps(self.truth, indent=1)
        (folder / "truth.json").write_text(truth + "\n", encoding="utf-8")


def labelled_world(seed: int, quality: Quality, stories: Sequence[Story] = LABELLED) -> World:
    """Every story once, among ordinary business."""
    return _world(seed, quality, [(story, 1) for story in stories], DAYS)


def quiet_week(seed: int, quality: Quality = Quality.FULL) -> World:
    """A week in which nothing is wrong: every lookalike twice."""
    return _world(seed, quality, [(story, 2) for story in QUIET], QUIET_DAYS)


def _world(seed: int, quality: Quality, stories: Sequence[tuple[Story, int]], days: int) -> World:
    facts = background(seed, START, days, orders_a_day=12)
    played: dict[str, Story] = {}
    for story, times in stories:
        for number in range(times):
            label = f"{story.name}/{number}" if times > 1 else story.name
            played[label] = story
            facts += _played(seed, label, story, days)
    facts.sort(key=lambda fact: fact.at)
    told = degraded(facts, quality, seed)
    records, lines = _written(told)
    labels = {
        label: _label(label, story, _of(label, facts), _of(label, told), lines)
        for label, story in played.items()
    }
    truth = {
        "seed": seed, "quality": str(quality),
        "cases": [label for label in labels.values() if label["answers"]],
        "lookalikes": [label for label in labels.values() if not label["answers"]],
    }  # fmt: skip
    return World(seed=seed, quality=quality, records=records, truth=truth)


def _played(seed: int, label: str, story: Story, days: int) -> list[Fact]:
    moment = Random(f"{seed}/{label}/moment").uniform(0.1, days - 3.2) * 86_400
    stage = Stage(seed, label, later(START, round(moment, 3)), tuple(story.logs))
    story.play(stage)
    return stage.facts


def _written(
    facts: Sequence[Fact],
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[tuple[str, int]]]]:
    """The records of each log, and where in them each label's are."""
    records: dict[str, list[dict[str, Any]]] = {}
    lines: dict[str, list[tuple[str, int]]] = {}
    for log, write in WRITERS.items():
        written = sorted(write([f for f in facts if f.log == log]), key=lambda row: row[1])
        records[log] = [record for _, _, record in written]
        for number, (fact, _, _) in enumerate(written, start=1):
            if fact.label is not None:
                lines.setdefault(fact.label, []).append((log, number))
    return records, lines


def _of(label: str, facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.label == label]


def _label(
    label: str,
    story: Story,
    whole: Sequence[Fact],
    told: Sequence[Fact],
    lines: dict[str, list[tuple[str, int]]],
) -> dict[str, Any]:
    return {
        "id": label, "class": story.name, "story": story.told, "source": story.source,
        "detector": story.detector, "answers": list(story.answers), "also": list(story.also),
        "mechanism": story.mechanism, "decidable": decidable(story, whole, told),
        "pattern_told": pattern_told(story, whole, told),
        "mechanism_told": mechanism_told(story, whole, told),
        "first_at": iso(min(fact.at for fact in told)),
        "last_at": iso(max(fact.at for fact in told)),
        "systems": sorted({fact.columns["system"] for fact in told}),
        "values": sorted(
            {v for fact in told for c in _NAMED if isinstance(v := fact.columns.get(c), str)}
        ),
        "records": [list(line) for line in lines[label]],
    }  # fmt: skip
