"""An audit as one customer may read it: nothing in it is of anybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import duckdb

from forensics.case.names import ids_of
from forensics.case.pseudonyms import Names
from forensics.model.audit import Audit, Repair
from forensics.model.blast_radius import BlastRadius, Harm, Money, StillOut
from forensics.model.errors import UsageError
from forensics.model.finding import Explanation, Exposure, Finding, Total
from forensics.model.incident import Incident, Standing
from forensics.model.words import plural
from forensics.scope.severity import severity
from forensics.store import queries


def mark(connection: duckdb.DuckDBPyConnection, customer: str) -> None:
    """Make `customer_events`, the customer's lines, and `other_events`, all that are not.

    Raises:
        UsageError: No event names that customer, or those of several tenants do: an id need not
            be one person in both.
    """
    connection.execute("SET VARIABLE customer = $customer", {"customer": customer})
    queries.run(connection, "forensics.link", "identities")
    queries.run(connection, "forensics.case", "one_customer")
    if not connection.execute("SELECT count(*) FROM customer_events").fetchall()[0][0]:
        raise UsageError(f"No event of the case names the customer `{customer}`.")
    tenants = [tenant for (tenant,) in connection.execute(_TENANTS).fetchall()]
    if len(tenants) > 1:
        named = ", ".join(f"`{tenant}`" for tenant in tenants[:_MOST_TENANTS])
        raise UsageError(
            f"The customer `{customer}` stands in lines of {len(tenants)} tenants ({named}), and"
            " need not be one person in all of them.",
            hint="Read each tenant's logs into a case of its own for such a copy.",
        )


def names_of_others(connection: duckdb.DuckDBPyConnection) -> Names:
    """Ids that other lines hold and none of this customer's does."""
    only = f"({ids_of('other_events')}) EXCEPT ({ids_of('customer_events')})"
    customers = "SELECT DISTINCT customer_id FROM other_events WHERE customer_id IS NOT NULL"
    rows = connection.execute(f"SELECT * FROM ({only}) UNION ({customers})").fetchall()
    return Names(labels=dict.fromkeys((name for (name,) in rows), "other"))


def of_one(connection: duckdb.DuckDBPyConnection, audit: Audit, customer: str) -> Audit:
    """The audit with that customer's rows alone, after `mark`.

    What is told of several customers at once (a story, a sum, a reason) is left out; what the
    customer's own lines and repairs say stands in its place.
    """
    lines = _lines(connection)
    own = {event for (event,) in connection.execute(_OWN).fetchall()}
    naming = {event for (event,) in connection.execute(f"{_OWN} {_NAMED}").fetchall()}
    shared = {finding for (finding,) in connection.execute(_SHARED).fetchall()}
    repairs = [
        replace(row, customer=customer)
        for row in audit.repairs
        if row.customer == customer or (not row.customer and row.evidence in own)
    ]
    by_finding: dict[str, list[Repair]] = {}
    for row in repairs:
        by_finding.setdefault(row.finding_id, []).append(row)
    hit = [f for f in audit.findings if customer in f.customers or f.finding_id in by_finding]
    alone = {
        f.finding_id for f in hit if set(f.customers) <= {customer} and f.finding_id not in shared
    }
    findings = [
        replace(finding, facts={}, customers=[customer])
        if finding.finding_id in alone
        else _cut(
            finding,
            customer,
            by_finding.get(finding.finding_id, ()),
            lines.get(finding.finding_id, _NONE),
        )
        for finding in hit
    ]
    kept = {finding.finding_id: finding for finding in findings}
    incidents = [
        replace(
            incident,
            preceded_by=(),
            failed=[f for f in incident.failed if f.event_id in own],
            roots=[r for r in incident.roots if r.event_id in own],
        )
        if alone >= set(incident.findings)
        else _cut_incident(incident, customer, kept, repairs)
        for incident in audit.incidents
        if kept.keys() & set(incident.findings)
    ]
    # What is not named here tells of everybody.
    return Audit(
        run=audit.run,
        findings=findings,
        incidents=incidents,
        totals=[Total(exposure=one, by_witness={}) for one in exposure(repairs)],
        verdicts=audit.verdicts,
        accounts=audit.accounts,
        coverage=audit.coverage,
        suppressed=(),
        evidence=[
            line if line.event_id in naming else replace(line, raw=None)
            for line in audit.evidence
            if line.finding_id in kept and line.event_id in own
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
    sources: Sequence[str]


_NONE = _Lines(events=0, executions=0, first_at=None, last_at=None, sources=())


def _lines(connection: duckdb.DuckDBPyConnection) -> dict[str, _Lines]:
    rows = connection.sql(_COUNTED).to_arrow_table().to_pylist()
    return {row.pop("finding_id"): _Lines(**row) for row in rows}


_MOST_TENANTS = 5
_TENANTS = (
    "SELECT DISTINCT tenant FROM customer_events"
    " WHERE customer_id IS NOT NULL AND tenant IS NOT NULL ORDER BY tenant"
)
_OWN = "SELECT event_id FROM customer_events"
_NAMED = "WHERE customer_id IS NOT NULL"
_SHARED = """
    SELECT finding_id FROM candidate_evidence ANTI JOIN customer_events USING (event_id)
    UNION
    SELECT finding_id FROM finding_claims INNER JOIN found_effects AS x USING (effect_key)
    WHERE x.customer_id IS DISTINCT FROM getvariable('customer')
        AND x.event_id NOT IN (SELECT event_id FROM customer_events)"""
"""Findings of which a line, or an effect, is not known to be the customer's."""
_COUNTED = """
    SELECT finding_id, count(*) AS events, count(DISTINCT execution_id) AS executions,
        min(occurred_at) AS first_at, max(occurred_at) AS last_at,
        list(DISTINCT source ORDER BY source) AS sources
    FROM candidate_evidence INNER JOIN customer_events USING (event_id)
    WHERE suppressor IS NULL GROUP BY finding_id"""


def _cut(finding: Finding, customer: str, repairs: Sequence[Repair], seen: _Lines) -> Finding:
    """What the customer's own lines and repairs say of a finding that may have hit others."""
    undone = sum(row.act == "none" for row in repairs)
    if repairs:
        what = f"{plural(len(repairs), 'item')} of this customer"
        said = f"{what} should not be as they are; {undone} of them already put right."
    else:
        what = f"{plural(seen.events, 'line')} of this customer"
        said = f"{what} belong to it; nothing of this customer's is known to need putting right."
    money = exposure(repairs)
    return replace(
        finding,
        severity=severity(
            detector=finding.detector,
            grade=finding.grade,
            exposure=money,
            customers=[customer],
            excess=len(repairs),
            unpriced=sum(row.act != "none" and not row.amount for row in repairs),
        ),
        confidence=None,
        explanation=Explanation(
            title=f"{finding.pattern.replace('_', ' ').capitalize()}: {what}",
            sentences=f"{said} The lines that show it stand below.",
            remedy=finding.explanation.remedy,
        ),
        customers=[customer],
        excess=len(repairs),
        exposure=money,
        events=seen.events,
        executions=seen.executions,
        first_at=seen.first_at,
        last_at=seen.last_at,
        sources=seen.sources,
        subject=(),
        facts={},
    )


def _cut_incident(
    incident: Incident, customer: str, kept: Mapping[str, Finding], repairs: Sequence[Repair]
) -> Incident:
    """The incident by what is told of its findings that hit the customer."""
    findings = [kept[name] for name in incident.findings if name in kept]
    names = {finding.finding_id for finding in findings}
    rows = [row for row in repairs if row.finding_id in names]
    harms = [
        Harm(
            harm=harm.harm,
            certain=harm.certain,
            customers=[name for _, name in owned],
            tenants=[tenant for tenant, _ in owned],
        )
        for harm in incident.blast_radius.harms
        if (owned := sorted(one for one in harm.owned if one[1] == customer))
    ]
    none = Decimal(0)
    certain = "confirmed" if any(h.certain == "confirmed" for h in harms) else "possible"
    times = [at for f in findings for at in (f.first_at, f.last_at) if at]
    systems = sorted({row.system for row in rows if row.system})
    return replace(
        incident,
        title=findings[0].explanation.title,
        severity=min((f.severity for f in findings), key=lambda one: one.rank),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        findings=[finding.finding_id for finding in findings],
        story=(),
        roots=(),
        preceded_by=(),
        failed=(),
        standing=_standing(incident.standing, max(times, default=None)),
        exposure=exposure(rows),
        blast_radius=BlastRadius(
            money=[
                Money(
                    currency=one.currency,
                    stage="",
                    certain=certain,
                    effects=sum(row.currency == one.currency for row in rows),
                    gross=one.gross,
                    compensated=one.compensated,
                    by_witness={},
                )
                for one in exposure(rows)
            ],
            still_out=[
                StillOut(
                    currency=one.currency,
                    low=one.net if certain == "confirmed" else none,
                    high=one.net,
                )
                for one in exposure(rows)
            ],
            harms=harms,
            systems=systems,
            sources_joined=len({source for f in findings for source in f.sources}),
        ),
        customers=[customer],
        systems=systems,
    )


def _standing(whole: Standing, last_at: datetime | None) -> Standing:
    """That the incident goes on for others says nothing of this customer."""
    goes_on = whole.state == "running" and last_at != whole.last_at
    return replace(whole, state="unknown" if goes_on else whole.state, last_at=last_at)


def exposure(repairs: Sequence[Repair]) -> list[Exposure]:
    """The money of repairs, each effect once whichever findings name it."""
    effects = {row.evidence: row for row in repairs if row.currency or row.amount}
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in effects.values():
        out, back = Decimal(row.amount or 0), Decimal(row.compensated or 0)
        gross, compensated = sums.get(row.currency, (Decimal(0), Decimal(0)))
        sums[row.currency] = gross + out + back, compensated + back
    return [
        Exposure(currency=currency, gross=gross, compensated=compensated)
        for currency, (gross, compensated) in sorted(sums.items())
    ]
