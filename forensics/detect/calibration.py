"""How often findings like one were right, where it is known what was right.

`calibration.json` counts them on the labelled benchmark's own seeds for it; docs/confidence.md says
how. What a log was like there is kept as well: of a log unlike all of them nothing is said.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Self

import duckdb
import orjson

from forensics.model.finding import Finding, Grade

LOG_KINDS = """
    WITH formats AS (
        SELECT DISTINCT source, format FROM acquisitions
        WHERE events > 0
    ),
    told AS (
        SELECT source,
            bool_or(coalesce(operation_key, delivery_id, occurrence_id) IS NOT NULL) AS names,
            bool_or(coalesce(cause_id, trace_id) IS NOT NULL) AS causes,
            bool_or(coalesce(version_read, version_written) IS NOT NULL) AS versions
        FROM events GROUP BY source
    )
    SELECT source, format, names, causes, versions FROM told JOIN formats USING (source)
    ORDER BY ALL"""
"""Of each source of a case: its formats, and whether it has keys, causes and versions."""

_FEWEST = 10
"""Findings of a pattern and grade below which their share says too little (with ten right of ten,
Laplace's rule gives 0.92)."""

LogKind = tuple[str, bool, bool, bool]
"""Format; whether the log has keys, causes and versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was counted.

    Attributes:
        log_kinds: The kinds of logs it was counted on.
        counts: Pattern and grade to the number of such findings, and of those that were right.
    """

    log_kinds: frozenset[LogKind]
    counts: Mapping[tuple[str, str], tuple[int, int]]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """From the document that `calibration.json` holds."""
        return cls(
            log_kinds=frozenset((f, n, c, v) for f, n, c, v in document["log_kinds"]),
            counts={
                (row["pattern"], row["grade"]): (row["findings"], row["right"])
                for row in document["findings"]
            },
        )

    def confidence(self, finding: Finding, log_kinds: Sequence[LogKind]) -> float | None:
        """The probability that such a finding is right, by Laplace's rule of succession.

        Args:
            finding: Its pattern and its grade count.
            log_kinds: Of the logs that witness it. Whether they have versions is asked of races
                alone.

        Returns:
            None for a log of another kind, where too few such findings were counted, and for a
            suspicion: how many of those are right is a matter of the log, not of the pattern.
        """
        if finding.grade is Grade.SUSPICION:
            return None
        findings, right = self.counts.get((finding.pattern, finding.grade), (0, 0))
        asked = 4 if finding.detector == "race_window" else 3
        known = {kind[:asked] for kind in self.log_kinds}
        of_its_logs = {kind[:asked] for kind in log_kinds}
        if findings < _FEWEST or not of_its_logs or not of_its_logs <= known:
            return None
        return round((right + 1) / (findings + 2), 3)


@cache
def shipped() -> Calibration:
    """The calibration that belongs to these detectors."""
    text = files("forensics.detect").joinpath("calibration.json").read_bytes()
    return Calibration.read(orjson.loads(text))


def with_confidence(
    connection: duckdb.DuckDBPyConnection,
    findings: Sequence[Finding],
    *,
    changed: Collection[str] = (),
) -> list[Finding]:
    """The findings, each with its probability where there is one to give.

    Args:
        connection: Has `events` and `acquisitions`.
        findings: Of this case.
        changed: Patterns that looked with other thresholds than those that were counted.
    """
    if not findings:
        return []
    kinds: dict[str, list[LogKind]] = defaultdict(list)
    for source, *kind in connection.execute(LOG_KINDS).fetchall():
        kinds[source].append(tuple(kind))
    known = shipped()
    return [
        replace(
            finding,
            confidence=None
            if finding.pattern in changed
            else known.confidence(finding, [k for s in finding.sources for k in kinds[s]]),
        )
        for finding in findings
    ]
