"""An audit as its audience may read it: the one place where names are taken out of a report."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb

from forensics.case import names, one_customer
from forensics.case.figures import overview_of
from forensics.case.pseudonyms import Pseudonyms
from forensics.model.audience import Audience
from forensics.model.audit import Audit
from forensics.model.incident import Incident

KEY = Path("pseudonyms.key")
"""Where a case keeps what its pseudonyms are made with: whoever has it can test a guess."""

_QUOTED = re.compile(r"`[^`]*`")


def key_of(folder: Path) -> bytes:
    """The key of a case; of one that has none yet, one for this time."""
    path = folder / KEY
    return path.read_bytes() if path.exists() else secrets.token_bytes(32)


def told(
    connection: duckdb.DuckDBPyConnection, audit: Audit, audience: Audience, key: bytes
) -> Audit:
    """The audit with pseudonyms where the audience is not to read a name.

    Args:
        connection: As after an audit; with a customer, its evidence is cut down to the customer's.
        audit: All of it.
        audience: For whom.
        key: Of the case.

    Raises:
        UsageError: No event names the customer that it is for.
    """
    if audience.is_outside:
        # Of what earlier runs found, the names stand in no evidence of this one.
        audit = replace(audit, gone=())
    if audience.customer:
        one_customer.mark(connection, audience.customer)
        audit = one_customer.of_one(connection, audit, audience.customer)
        audit = replace(audit, figures=overview_of(connection, audit))
        others = one_customer.names_of_others(connection)
        audit = Pseudonyms(key, others, people=False).within(audit)
    if audience.redact:
        audit = _without_records(audit)
    veil = _veil(connection, audit, audience, key)
    if audience.redact and veil:
        # Made of ids without a key: who guesses them could tell.
        audit = replace(
            audit,
            repairs=[
                replace(row, idempotency_key=veil.of(row.idempotency_key, "repair"))
                for row in audit.repairs
            ],
        )
    if veil:
        audience = replace(audience, customer=veil.text(audience.customer))
        audit = veil.within(audit)
    return replace(audit, audience=audience)


def _veil(
    connection: duckdb.DuckDBPyConnection, audit: Audit, audience: Audience, key: bytes
) -> Pseudonyms | None:
    if audience.redact:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE veiled_events AS FROM events WHERE event_id IN"
            " (SELECT event_id FROM candidate_evidence WHERE suppressor IS NULL"
            " UNION ALL SELECT unnest($more::VARCHAR []))",
            {"more": list(_events_beside_evidence(audit))},
        )
        held = names.everything(connection)
        named = {n: label for n, label in _named_by(audit).items() if n not in held.systems}
        return Pseudonyms(key, replace(held, labels=named | dict(held.labels)))
    if audience.name_people:
        return None
    people = names.people(connection)
    addressed = names.addressees(line.raw for line in audit.evidence if line.raw)
    labels = dict.fromkeys(addressed - people.systems, "person") | dict(people.labels)
    return Pseudonyms(key, replace(people, labels=labels))


def _events_beside_evidence(audit: Audit) -> Iterator[str]:
    yield from (work.event_id for work in audit.pending)
    for incident in audit.incidents:
        yield from (root.event_id for root in incident.roots)
        yield from (change.event_id for change in incident.preceded_by)
        yield from (failure.event_id for failure in incident.failed)


def _named_by(audit: Audit) -> dict[str, str]:
    """What the audit itself says is an id."""
    labels = {row.subject: "id" for row in audit.repairs if " " not in row.subject}
    labels |= {row.keep: "id" for row in audit.repairs if row.keep != "choose"}
    labels |= {work.name: "id" for work in audit.pending}
    labels |= {name: "customer" for finding in audit.findings for name in finding.customers}
    labels |= {row.customer: "customer" for row in audit.repairs}
    return {name: label for name, label in labels.items() if name}


def _without_records(audit: Audit) -> Audit:
    """Nothing as it was read, and no value that only stands there as an example."""
    return replace(
        audit,
        evidence=[replace(line, raw=None) for line in audit.evidence],
        incidents=[_without_errors(incident) for incident in audit.incidents],
        joins=[replace(join, examples=()) for join in audit.joins],
        quarantine=[
            replace(one, reason=_QUOTED.sub("`…`", one.reason)) for one in audit.quarantine
        ],
        reconciliations=[replace(one, examples=()) for one in audit.reconciliations],
        gone=[
            replace(one, title=one.pattern.replace("_", " "), reason=_QUOTED.sub("`…`", one.reason))
            for one in audit.gone
        ],
    )


def _without_errors(incident: Incident) -> Incident:
    """The text of an error may quote what was refused."""
    return replace(
        incident,
        roots=[replace(root, error="") for root in incident.roots],
        preceded_by=[replace(change, error="") for change in incident.preceded_by],
        failed=[replace(failure, error="") for failure in incident.failed],
    )


def people_of(connection: duckdb.DuckDBPyConnection, key: bytes) -> Pseudonyms:
    """Pseudonyms for people alone, for what is printed of a case."""
    return Pseudonyms(key, names.people(connection))
