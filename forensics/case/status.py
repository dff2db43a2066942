"""What a finding is beside the case's earlier runs, and which of theirs this run does not show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import duckdb
import orjson

from forensics.case import acceptance
from forensics.detect.registry import PATTERNS
from forensics.model.audit import RunInfo, SourceCoverage, SourceVerdict
from forensics.model.declarations import Declarations
from forensics.model.finding import Finding, Severity, Verdict
from forensics.model.gone import Gone
from forensics.model.words import instant
from forensics.store import queries


def with_status(connection: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> list[Finding]:
    """Compare with the run that the case holds: an episode is known by shared evidence.

    Args:
        connection: Has `candidates`, `candidate_evidence` and the views of the case.
        found: What this run found.
    """
    if not connection.execute("SELECT EXISTS (FROM evidence)").fetchall()[0][0]:
        return list(found)
    known = _compared(connection, _LAST_RUN)
    accepted = _compared(connection, acceptance.HOLDING)
    ended = _compared(connection, acceptance.ENDED).keys()
    return [
        replace(
            finding,
            status=_word(
                finding,
                known.get(finding.finding_id),
                accepted.get(finding.finding_id),
                has_ended=finding.finding_id in ended,
            ),
        )
        for finding in found
    ]


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What a finding was before: its severities, its status, and whether it has more lines now."""

    has_grown: bool
    severities: Sequence[str]
    statuses: Sequence[str]

    def is_less_than(self, finding: Finding) -> bool:
        """More evidence is growth, and so is a finding that weighs more than it did."""
        return self.has_grown or all(
            finding.severity.rank < Severity(held).rank for held in self.severities
        )


def _word(
    finding: Finding, known: _Earlier | None, accepted: _Earlier | None, *, has_ended: bool
) -> str:
    if accepted and not accepted.is_less_than(finding):
        return "accepted"
    if known is None:
        return "new"
    # What was accepted and no longer is comes back as if it had grown: it has to be looked at.
    returns = has_ended or ("accepted" in known.statuses and accepted is None)
    return "growing" if returns or known.is_less_than(finding) else "recurring"


def _compared(connection: duckdb.DuckDBPyConnection, earlier: str) -> dict[str, _Earlier]:
    """Findings of this run to what they were; `earlier` defines with what they are compared."""
    connection.execute(earlier)
    compared = connection.execute(queries.sql("forensics.case", "status")).fetchall()
    return {row[0]: _Earlier(*row[1:]) for row in compared}


_LAST_RUN = """
    CREATE OR REPLACE TEMP TABLE earlier_findings AS
    SELECT finding_id, problem_id, arg_max(severity, run_at) AS severity,
        arg_max(status, run_at) AS status
    FROM findings GROUP BY finding_id, problem_id;
    CREATE OR REPLACE TEMP TABLE earlier_evidence AS SELECT finding_id, event_id FROM evidence"""


def gone(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Finding],
    *,
    run: RunInfo,
    verdicts: Sequence[SourceVerdict],
    coverage: Sequence[SourceCoverage],
    incomplete: Mapping[str, str],
) -> list[Gone]:
    """Findings of earlier runs that this one would show if they were still there.

    A weakness of which this run shows another episode is not gone, and what was said to be
    resolved is not said again.

    Args:
        connection: After `with_status`.
        found: What this run found.
        run: What it looked at, and by which numbers.
        verdicts: What each pattern says of each source.
        coverage: The period of each source.
        incomplete: Source to the reason why nothing can be called clear in it.
    """
    problems = {finding.problem_id for finding in found}
    kin = {
        _kin(finding.pattern, finding.subject): finding.finding_id for finding in reversed(found)
    }
    words = {(v.pattern, v.source): v for v in verdicts}
    periods = {c.source: c for c in coverage}
    rows = connection.sql(_EARLIER).to_arrow_table().to_pylist()
    settings = {found_at: _Settings.of(told) for found_at, told in _settings_of(connection)}
    now = _Settings.of(orjson.dumps(run))
    result = []
    for row in rows:
        place = _kin(row["pattern"], row.pop("subject"))
        explained, before = row.pop("explained"), settings.get(row.pop("found_at"))
        looked_at = row["detector"] in run.detectors and not (
            run.until and row["first_at"] and row["first_at"] >= run.until
        )
        if looked_at and row["problem_id"] not in problems:
            after = max(filter(None, (row["last_at"], run.since)), default=None)
            reason = (
                f"The same happens there to others: finding {kin[place]}."
                if place in kin
                else _why_no_finding(row, explained)
                or _why_decided_otherwise(row, before, now)
                or _why_unseen(row, words, periods, incomplete, after)
                or _why_still_there(row, run.since)
            )
            status = "not_observed" if reason else "resolved"
            result.append(Gone(**row, status=status, reason=reason or _seen(row)))
    return result


def _kin(pattern: str, subject: Sequence[str | None]) -> tuple[str, ...]:
    """What two findings have in common that differ only in whom or what they hit."""
    return (pattern, *map(str, subject[:-1]))


def _seen(row: Mapping[str, Any]) -> str:
    logs = " and ".join(f"`{source}`" for source in row["sources"])
    return f"{logs} went on, whole, and `{row['pattern']}` saw nothing of it there."


@dataclass(frozen=True, slots=True)
class _Settings:
    """What decided in a run besides the evidence."""

    thresholds: Mapping[str, Mapping[str, float]]
    declarations: Declarations

    @classmethod
    def of(cls, told: str | bytes) -> Self:
        """From a `RunInfo` as JSON."""
        run = orjson.loads(told)
        return cls(run["thresholds"], Declarations(**run["declarations"]))


def _why_no_finding(row: Mapping[str, Any], explained: Mapping[str, str] | None) -> str:
    """What this run makes of its lines, where it does not make a finding of them."""
    if explained is None:
        return ""
    pattern = PATTERNS[explained["pattern"]]
    reading = pattern.suppressors.get(explained["suppressor"])
    if reading is None:
        return f"A stronger pattern of `{row['detector']}` holds its lines."
    meaning = reading.text.rstrip(".")
    return f"Its lines are explained innocently by `{explained['suppressor']}`: {meaning}."


def _why_decided_otherwise(row: Mapping[str, Any], before: _Settings | None, now: _Settings) -> str:
    """Which setting is another than when it was found; patterns of a detector share some."""
    if before is None:
        return "By which settings it was found is not known."
    sisters = [p.name for p in PATTERNS.values() if p.detector == row["detector"]]
    for name in sorted(sisters, key=lambda sister: sister != row["pattern"]):
        then, today = before.thresholds.get(name, {}), now.thresholds.get(name, {})
        for number in sorted({*then, *today}):
            if then.get(number) != today.get(number):
                return (
                    f"`{name}.{number}` was {then.get(number, 'not set')} when it was found"
                    f" and is {today.get(number, 'not set')} now."
                )
    if before.declarations != now.declarations:
        return "What is declared of the systems is not what it was when it was found."
    return ""


def _why_still_there(row: Mapping[str, Any], since: datetime | None) -> str:
    """What was looked at again, and is no finding, has not ended."""
    if since and row["last_at"] and row["last_at"] < since:
        return ""
    return f"The logs still hold its lines, of which `{row['pattern']}` makes no finding now."


def _why_unseen(
    row: Mapping[str, Any],
    words: Mapping[tuple[str, str], SourceVerdict],
    periods: Mapping[str, SourceCoverage],
    incomplete: Mapping[str, str],
    after: datetime | None,
) -> str:
    """Why it may be there and not seen, one sentence; empty when it would have been seen."""
    blind = [words[row["pattern"], s].reason for s in row["sources"] if _is_blind(row, s, words)]
    for source in row["sources"]:
        word, period = words.get((row["pattern"], source)), periods.get(source)
        if word is None or period is None or period.last_at is None:
            return f"`{source}` tells of nothing in this run."
        if source in incomplete:
            return f"`{source}` is not whole: {incomplete[source]}"
        if word.verdict is Verdict.PARTIAL or word.partly_blind:
            return f"`{row['pattern']}` cannot see it in `{source}`: {word.reason}"
        if after is None or period.last_at <= after:
            return f"`{source}` tells of nothing after {instant(after) if after else 'it'}."
    # What one log shows may stand in others too, which the pattern never read by themselves.
    if len(blind) == len(row["sources"]):
        why = blind[0] if blind else "no log of it is known."
        return f"`{row['pattern']}` cannot see it: {why}"
    return ""


def _is_blind(
    row: Mapping[str, Any], source: str, words: Mapping[tuple[str, str], SourceVerdict]
) -> bool:
    word = words.get((row["pattern"], source))
    return word is not None and word.verdict is Verdict.BLIND


def _settings_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    return connection.execute("""
        SELECT epoch_us(run_at), document->'run' FROM memory.main.runs
        WHERE run_at IN (SELECT max(run_at) FROM findings GROUP BY finding_id)""").fetchall()


# A detector has a temporary table `runs` of its own.
_EARLIER = """
    WITH last_words AS (
        FROM findings QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY run_at DESC) = 1
    ),
    resolved AS (
        SELECT finding_id, max(run_at) AS run_at
        FROM (SELECT run_at, unnest(resolved) AS finding_id FROM memory.main.runs)
        GROUP BY finding_id
    ),
    still_shown AS (
        SELECT finding_id FROM candidates WHERE suppressor IS NULL
        UNION
        SELECT e.finding_id FROM evidence AS e
        INNER JOIN candidate_evidence AS c USING (event_id)
        INNER JOIN candidates AS n ON c.finding_id = n.finding_id
        INNER JOIN last_words AS f ON e.finding_id = f.finding_id
        WHERE c.suppressor IS NULL AND n.problem_id = f.problem_id
    ),
    explained AS (
        SELECT e.finding_id, min({'pattern': c.pattern, 'suppressor': c.suppressor}) AS explained
        FROM evidence AS e
        INNER JOIN candidate_evidence AS c USING (event_id)
        INNER JOIN last_words AS f ON e.finding_id = f.finding_id
        WHERE c.suppressor IS NOT NULL AND c.detector = f.detector
            AND c.role <> 'context' AND e.role <> 'context'
        GROUP BY e.finding_id
    )
    SELECT f.finding_id, f.problem_id, f.detector, f.pattern, f.severity, f.grade, f.title,
        f.first_at, f.last_at, from_json(f.document->'subject', '["VARCHAR"]') AS subject,
        from_json(f.document->'sources', '["VARCHAR"]') AS sources,
        epoch_us(f.run_at) AS found_at, x.explained
    FROM last_words AS f
    LEFT JOIN resolved AS r USING (finding_id)
    LEFT JOIN explained AS x USING (finding_id)
    WHERE coalesce(r.run_at <= f.run_at, TRUE) AND finding_id NOT IN (FROM still_shown)
    ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], f.severity),
        f.first_at, f.finding_id"""
