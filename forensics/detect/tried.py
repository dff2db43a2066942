"""Which innocent readings of each finding the log could have shown, and did not.

A suppressor is a disproof that the pattern's query tries. It has failed on every finding, but that
says something only where the finding's own lines hold what the reading rests on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import duckdb

from forensics.detect.contract import Detector, Pattern
from forensics.detect.filled import fills
from forensics.model.finding import Explanation

_TOLD = "evidence.role IN ('original', 'duplicate') AND events.kind <> 'read'"
"""What the readings are about: who only looked wrote no value and took no money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the search for innocent readings came to.

    Attributes:
        names: Suppressors that the log could have shown, and that do not hold.
        undecided: Those that it could not, with the columns that it lacks for them.
    """

    names: tuple[str, ...]
    undecided: Mapping[str, tuple[str, ...]]

    def told(self, explanation: Explanation, pattern: Pattern) -> Explanation:
        """The explanation with what was tried."""
        return replace(
            explanation,
            disproof_tried=pattern.disproved_by in self.names,
            tried=self.names,
            undecided=self.undecided,
        )


def tried(connection: duckdb.DuckDBPyConnection, detectors: Iterable[Detector]) -> dict[str, Tried]:
    """Finding id to what was tried, for every finding.

    Args:
        connection: Has `events`, `candidates`, `candidate_evidence` and `declared_systems`.
        detectors: Those that ran.
    """
    # No column is read for a pattern that found nothing.
    rows = connection.execute("SELECT DISTINCT pattern FROM candidates WHERE suppressor IS NULL")
    with_findings = {name for (name,) in rows.fetchall()}
    patterns = {p.name: p for d in detectors for p in d.patterns if p.name in with_findings}
    if not patterns:
        return {}
    readings = [reading for p in patterns.values() for reading in p.suppressors.values()]
    needs = sorted({need for reading in readings for need in reading.needs})
    elsewhere = sorted({need for reading in readings for need in reading.elsewhere})
    found = _lacking_lines(connection, needs)
    nowhere = _lacking_everywhere(connection, elsewhere)
    # Findings of a pattern that lack the same share what is said of it.
    shared: dict[tuple[str, tuple[str, ...]], Tried] = {}
    result = {}
    for finding, name, lacking in found:
        key = (name, tuple(lacking))
        if key not in shared:
            shared[key] = _sorted_out(patterns[name], frozenset(lacking), nowhere)
        result[finding] = shared[key]
    return result


def _sorted_out(pattern: Pattern, lacking: frozenset[str], nowhere: frozenset[str]) -> Tried:
    missing = {
        name: tuple(
            [need for need in reading.needs if need in lacking]
            + [need for need in reading.elsewhere if need in nowhere]
        )
        for name, reading in pattern.suppressors.items()
    }
    return Tried(
        names=tuple(name for name, lacks in missing.items() if not lacks),
        undecided={name: lacks for name, lacks in missing.items() if lacks},
    )


def _lacking_lines(
    connection: duckdb.DuckDBPyConnection, needs: Iterable[str]
) -> list[tuple[str, str, list[str]]]:
    """Finding, pattern and the needs that not all of its lines fill."""
    lacking = ", ".join(
        f"CASE WHEN bool_and({fills(need)}) FILTER ({_TOLD}) THEN NULL ELSE '{need}' END"
        for need in needs
    )
    return connection.execute(f"""
        SELECT finding_id, any_value(pattern),
            list_filter([{lacking}], lambda need: need IS NOT NULL)
        FROM candidate_evidence AS evidence JOIN events USING (event_id)
        WHERE suppressor IS NULL GROUP BY finding_id""").fetchall()


def _lacking_everywhere(
    connection: duckdb.DuckDBPyConnection, needs: Iterable[str]
) -> frozenset[str]:
    """The needs that no line of the case fills."""
    filled = [f"CASE WHEN bool_or({fills(need)}) THEN NULL ELSE '{need}' END" for need in needs]
    row = connection.execute(f"SELECT [{', '.join(filled)}] FROM events").fetchone()
    return frozenset(need for need in row[0] if need) if row else frozenset()
