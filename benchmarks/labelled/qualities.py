"""Three qualities of log; what is missing is taken away before a record is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from benchmarks.labelled.fact import Columns, Fact
from sample_data.identifiers import content_hash

KEYS = ("operation_key", "delivery_id", "handoff_id", "natural_key", "occurrence_id")
CAUSES = ("cause_id", "other_causes", "previous_execution_id", "trace_id")
VERSIONS = ("version_read", "version_written", "lock.fencing_token")

MOST_SECONDS_OFF = 2.0
"""How far a system's clock is off at most in a `half` log, in either direction."""


class Quality(StrEnum):
    """How much of what identifies things a log still tells."""

    FULL = "full"  # everything the format has a place for
    HALF = "half"  # each key, cause and version missing half the time, clocks off
    BLIND = "blind"  # no keys, causes or versions


def degraded(facts: Sequence[Fact], quality: Quality, seed: int) -> list[Fact]:
    """The facts as a log of that quality tells them; an instance loses the same whatever else."""
    if quality is Quality.FULL:
        return list(facts)
    if quality is Quality.BLIND:
        return [replace(fact, columns=_without(fact.columns, _identities())) for fact in facts]
    offsets: dict[str, timedelta] = {}
    told = []
    numbers: Counter[str | None] = Counter()
    for fact in facts:
        numbers[fact.label] += 1
        coins = content_hash("lost", seed, fact.label, numbers[fact.label])
        lost = [name for place, name in enumerate(_identities()) if coins >> place & 1]
        told.append(_shifted(replace(fact, columns=_without(fact.columns, lost)), offsets, seed))
    return told


def _identities() -> tuple[str, ...]:
    return (*KEYS, *CAUSES, *VERSIONS)


def _without(columns: Columns, names: Sequence[str]) -> Columns:
    kept = {name: value for name, value in columns.items() if name not in names}
    if "lock.fencing_token" in names and "lock" in kept:
        kept["lock"] = {k: v for k, v in kept["lock"].items() if k != "fencing_token"}
    return kept


def _shifted(fact: Fact, offsets: dict[str, timedelta], seed: int) -> Fact:
    if fact.clock not in offsets:
        seconds = Random(f"{seed}/clock/{fact.clock}").uniform(-MOST_SECONDS_OFF, MOST_SECONDS_OFF)
        offsets[fact.clock] = timedelta(seconds=seconds)
    offset = offsets[fact.clock]
    columns = {
        name: value + offset if isinstance(value, datetime) else value
        for name, value in fact.columns.items()
    }
    return replace(fact, at=fact.at + offset, columns=columns)
