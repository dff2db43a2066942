"""Histories by the real detectors: many in one case, each with a tenant, logs and systems."""

from collections.abc import Sequence
from typing import Any

from benchmarks.reach.histories.history import History
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from forensics.model.finding import Grade
from tests.detect.judging import settled
from tests.link.linked import linked

Rows = list[dict[str, Any]]
Found = dict[str, Rows]
TOGETHER = 40


def audited(asked: Sequence[History]) -> Found:
    """The findings in each history by its name."""
    found: Found = {history.name: [] for history in asked}
    for start in range(0, len(asked), TOGETHER):
        events = [e for history in asked[start : start + TOGETHER] for e in history.events]
        with linked(events) as connection:
            run(connection, DETECTORS)
            for row in settled(connection):
                if row["ids"] and row["suppressor"] is None:
                    (name,) = {event_id.rpartition("-")[0] for event_id in row["ids"]}
                    found[name].append(row)
    return found


def above_suspicion(rows: Rows) -> Rows:
    """Those that accuse."""
    return [row for row in rows if row["grade"] != Grade.SUSPICION]


def noticed(history: History, rows: Rows) -> bool:
    """Whether a finding names a record or an operation that went wrong."""
    wrong = {anomaly.rpartition("/")[2] for anomaly in history.anomalies}
    wrong |= {f"{history.name}-{anomaly}" for anomaly in history.anomalies}
    return any(wrong & set(row["subject"]) for row in above_suspicion(rows))
