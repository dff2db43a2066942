"""Puts findings together from the candidates and what they touched."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import duckdb
import orjson

from forensics.model.finding import Explanation, Exposure, Finding, Grade
from forensics.scope import money
from forensics.scope.severity import severity

Explain = Callable[[str, str, Mapping[str, Any]], Explanation]


def assemble(connection: duckdb.DuckDBPyConnection, explain: Explain) -> list[Finding]:
    """Findings of the run: by severity, money still out, grade, time, id.

    Args:
        connection: Has what `money.measure` needs.
        explain: A finding's id, its pattern's name and its facts to words.
    """
    money.measure(connection)
    exposure = money.by_finding(connection)
    customers = _lists(connection, "SELECT DISTINCT finding_id, customer_id FROM finding_customers")
    sources = _lists(connection, "SELECT DISTINCT finding_id, source FROM finding_events")
    rows = connection.sql("""
        SELECT c.*, i.incident_id, x.executions, coalesce(u.unpriced, 0) AS unpriced
        FROM candidates AS c
        JOIN finding_incidents AS i USING (finding_id)
        LEFT JOIN finding_unpriced AS u USING (finding_id)
        JOIN (
            SELECT finding_id, count(DISTINCT execution_id) AS executions
            FROM finding_events GROUP BY finding_id
        ) AS x USING (finding_id)
        WHERE c.suppressor IS NULL""").to_arrow_table()
    findings = [_finding(row, explain, exposure, customers, sources) for row in rows.to_pylist()]
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> tuple[int, Decimal, int, str, str]:
    grades = list(Grade)
    when = finding.first_at.isoformat() if finding.first_at else ""
    net = max((lost.net for lost in finding.exposure), default=Decimal(0))
    return finding.severity.rank, -net, grades.index(finding.grade), when, finding.finding_id


def _finding(
    row: dict[str, Any],
    explain: Explain,
    exposure: Mapping[str, list[Exposure]],
    customers: Mapping[str, list[str]],
    sources: Mapping[str, list[str]],
) -> Finding:
    identity = row["finding_id"]
    facts = orjson.loads(row["facts"])
    grade = Grade(row["grade"])
    hit = customers.get(identity, [])
    lost = exposure.get(identity, [])
    return Finding(
        finding_id=identity,
        problem_id=row["problem_id"],
        detector=row["detector"],
        pattern=row["pattern"],
        severity=severity(
            detector=row["detector"],
            grade=grade,
            exposure=[sum_lost for sum_lost in lost if sum_lost.currency],
            customers=hit,
            excess=row["excess"],
            unpriced=row["unpriced"],
        ),
        grade=grade,
        subject=row["subject"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        events=row["events"],
        executions=row["executions"],
        excess=row["excess"],
        exposure=lost,
        customers=hit,
        sources=sources.get(identity, []),
        explanation=explain(identity, row["pattern"], facts),
        facts=facts,
        incident_id=row["incident_id"],
        reproduce=(
            "SELECT e.*, evidence.role FROM evidence JOIN events AS e USING (event_id)"
            f" WHERE finding_id = '{identity}' ORDER BY occurred_at, event_id"
        ),
    )


def _lists(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[str]]:
    result: dict[str, list[str]] = defaultdict(list)
    for finding, value in connection.execute(f"{query} ORDER BY ALL").fetchall():
        result[finding].append(value)
    return result
