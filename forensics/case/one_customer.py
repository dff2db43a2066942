"""An audit as one customer may read it: nothing in it is of anybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import duckdb

from forensics.case.names import ids_of
from forensics.case.pseudonyms import Names
from forensics.model.audit import Audit, Repair
from forensics.model.errors import UsageError
from forensics.model.finding import Explanation, Exposure, Finding, Total
from forensics.model.incident import BlastRadius, Harm, Incident, Money
from forensics.model.words import plural


def mark(connection: duckdb.DuckDBPyConnection, customer: str) -> None:
    """Make `customer_events`, the customer's lines, and `other_events`, those of all others.

    Raises:
        UsageError: No event names that customer.
    """
    for name, condition in (("customer", "="), ("other", "<>")):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name}_events AS"
            f" FROM events WHERE customer_id {condition} $customer",
            {"customer": customer},
        )
    if not connection.execute("SELECT count(*) FROM customer_events").fetchall()[0][0]:
        raise UsageError(f"No event of the case names the customer `{customer}`.")


def names_of_others(connection: duckdb.DuckDBPyConnection) -> Names:
    """Ids that lines of other customers hold and none of this one's does."""
    only = f"({ids_of('other_events')}) EXCEPT ({ids_of('customer_events')})"
    customers = "SELECT DISTINCT customer_id FROM other_events"
    rows = connection.execute(f"SELECT * FROM ({only}) UNION ({customers})").fetchall()
    return Names(labels=dict.fromkeys((name for (name,) in rows), "other"))


def of_one(connection: duckdb.DuckDBPyConnection, audit: Audit, customer: str) -> Audit:
    """The audit with that customer's rows alone, after `mark`.

    What is told of several customers at once (a story, a sum, a reason) is left out; what the
    customer's own lines and repairs say stands in its place.
    """
    lines = _lines(connection)
    own = {event for (event,) in connection.execute(_OWN).fetchall()}
    others = {event for (event,) in connection.execute(_OTHERS).fetchall()}
    repairs = [row for row in audit.repairs if row.customer == customer]
    by_finding: dict[str, list[Repair]] = {}
    for row in repairs:
        by_finding.setdefault(row.finding_id, []).append(row)
    findings = [
        _finding(finding, customer, by_finding.get(finding.finding_id, ()), lines)
        for finding in audit.findings
        if customer in finding.customers
    ]
    kept = {finding.finding_id: finding for finding in findings}
    alone = {f.finding_id for f in audit.findings if list(f.customers) == [customer]}
    incidents = [
        _incident(incident, customer, kept, repairs)
        for incident in audit.incidents
        if kept.keys() & set(incident.findings)
    ]
    # What is not named here tells of everybody.
    return Audit(
        run=audit.run,
        findings=findings,
        incidents=incidents,
        totals=[Total(exposure=one, by_witness={}) for one in _exposure(repairs)],
        verdicts=audit.verdicts,
        accounts=audit.accounts,
        coverage=audit.coverage,
        suppressed=(),
        evidence=[
            line if line.event_id in own else replace(line, raw=None)
            for line in audit.evidence
            if (line.finding_id in kept and line.event_id in own)
            or (line.finding_id in alone and line.event_id not in others)
        ],
        repairs=repairs,
        pending=[work for work in audit.pending if work.event_id in own],
        kept_days=audit.kept_days,
        missing=audit.missing,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """The customer's own lines of one finding."""

    events: int
    executions: int
    first_at: datetime | None
    last_at: datetime | None


_NONE = _Lines(events=0, executions=0, first_at=None, last_at=None)


def _lines(connection: duckdb.DuckDBPyConnection) -> dict[str, _Lines]:
    rows = connection.sql(_COUNTED).to_arrow_table().to_pylist()
    return {row.pop("finding_id"): _Lines(**row) for row in rows}


_OWN = "SELECT event_id FROM customer_events"
_OTHERS = "SELECT event_id FROM other_events SEMI JOIN candidate_evidence USING (event_id)"
_COUNTED = """
    SELECT finding_id, count(*) AS events, count(DISTINCT execution_id) AS executions,
        min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM candidate_evidence INNER JOIN customer_events USING (event_id)
    WHERE suppressor IS NULL GROUP BY finding_id"""


def _finding(
    finding: Finding, customer: str, repairs: Sequence[Repair], lines: Mapping[str, _Lines]
) -> Finding:
    """As it is where it hit nobody else; of one that did, what the customer's lines say."""
    if list(finding.customers) == [customer]:
        return replace(finding, facts={})
    effects = plural(len(repairs), "item")
    undone = sum(row.act == "none" for row in repairs)
    seen = lines.get(finding.finding_id, _NONE)
    return replace(
        finding,
        explanation=Explanation(
            title=f"{finding.pattern.replace('_', ' ').capitalize()}: {effects} of this customer",
            sentences=f"{effects} of this customer should not be as they are; {undone} of them"
            " already put right. The lines that show it stand below.",
            remedy=finding.explanation.remedy,
        ),
        customers=[customer],
        excess=len(repairs),
        exposure=_exposure(repairs),
        events=seen.events,
        executions=seen.executions,
        first_at=seen.first_at,
        last_at=seen.last_at,
        subject=(),
        facts={},
    )


def _incident(
    incident: Incident, customer: str, kept: Mapping[str, Finding], repairs: Sequence[Repair]
) -> Incident:
    """The incident by its findings that hit the customer; as it is where it hit nobody else."""
    if list(incident.customers) == [customer] and kept.keys() >= set(incident.findings):
        return incident
    findings = [kept[name] for name in incident.findings if name in kept]
    names = {finding.finding_id for finding in findings}
    rows = [row for row in repairs if row.finding_id in names]
    harms = [
        Harm(harm=harm.harm, certain=harm.certain, customers=[customer])
        for harm in incident.blast_radius.harms
        if customer in harm.customers
    ]
    certain = "confirmed" if any(h.certain == "confirmed" for h in harms) else "possible"
    times = [at for f in findings for at in (f.first_at, f.last_at) if at]
    systems = sorted({row.system for row in rows if row.system})
    return replace(
        incident,
        title=findings[0].explanation.title,
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        findings=[finding.finding_id for finding in findings],
        story=(),
        roots=(),
        preceded_by=(),
        exposure=_exposure(rows),
        blast_radius=BlastRadius(
            money=[
                Money(
                    currency=one.currency,
                    stage="",
                    certain=certain,
                    effects=sum(row.currency == one.currency for row in rows),
                    gross=one.gross,
                    compensated=one.compensated,
                )
                for one in _exposure(rows)
            ],
            harms=harms,
            systems=systems,
        ),
        customers=[customer],
        systems=systems,
    )


def _exposure(repairs: Sequence[Repair]) -> list[Exposure]:
    """The money of repairs, each effect once whichever findings name it."""
    effects = {(row.system, row.subject): row for row in repairs if row.currency}
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in effects.values():
        out, back = Decimal(row.amount or 0), Decimal(row.compensated or 0)
        gross, compensated = sums.get(row.currency, (Decimal(0), Decimal(0)))
        sums[row.currency] = gross + out + back, compensated + back
    return [
        Exposure(currency=currency, gross=gross, compensated=compensated)
        for currency, (gross, compensated) in sorted(sums.items())
    ]
