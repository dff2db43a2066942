"""The document of a run with other statuses of its findings, as when some were accepted since."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from forensics.model.audit import Audit, RunInfo, SourceAccount, SourceCoverage, SourceVerdict
from forensics.model.blast_radius import BlastRadius, Harm, Money, StillOut
from forensics.model.declarations import Declarations
from forensics.model.elsewhere import Elsewhere
from forensics.model.finding import Explanation, Finding, Grade, Severity, Verdict
from forensics.model.incident import Incident, Pending, Standing, Untold
from forensics.report.document import plain
from forensics.report.headline import headline

_Row = Mapping[str, Any]


def restated(document: _Row, statuses: Mapping[str, str]) -> dict[str, Any]:
    """The same run, with a headline that follows the statuses.

    Args:
        document: As `findings.json` has it.
        statuses: Finding id to its status now, of those that have another.
    """
    findings = [
        finding | {"status": statuses.get(finding["finding_id"], finding["status"])}
        for finding in document["findings"]
    ]
    told = dict(document) | {"findings": findings}
    anew = orjson.loads(orjson.dumps(headline(_audit(told)), default=plain))
    # How long a source keeps its records is known to the mappings alone, and no status changes it.
    return told | {"headline": anew | {"save": document["headline"]["save"]}}


def _audit(document: _Row) -> Audit:
    """What of an audit its headline is made of."""
    return Audit(
        run=RunInfo(
            **_with_times(document["run"], "at", "since", "until")
            | {"declarations": Declarations(**document["run"]["declarations"])}
        ),
        findings=[_finding(row) for row in document["findings"]],
        incidents=[_incident(row) for row in document["incidents"]],
        verdicts=[
            SourceVerdict(
                **_with_times(row, "first_at", "last_at") | {"verdict": Verdict(row["verdict"])}
            )
            for row in document["verdicts"]
        ],
        elsewhere=[Elsewhere(**row) for row in document["elsewhere"]],
        accounts=[SourceAccount(**row, address="") for row in document["sources"]],
        coverage=[
            SourceCoverage(**_with_times(row, "first_at", "last_at"))
            for row in document["coverage"]
        ],
        suppressed=(),
        quarantine=document["quarantine"],
        evidence=(),
        repairs=(),
        pending=[
            Pending(**_with_times(row, "since", "fires_at", "key_until"))
            for row in document["pending"]
        ],
        untold=[Untold(**row) for row in document["untold"]],
        missing=document["missing"],
    )


def _finding(row: _Row) -> Finding:
    return Finding(
        **_with_times(row, "first_at", "last_at")
        | {
            "severity": Severity(row["severity"]),
            "grade": Grade(row["grade"]),
            "explanation": Explanation(**row["explanation"]),
        }
    )


def _incident(row: _Row) -> Incident:
    radius = row["blast_radius"]
    return Incident(
        **_with_times(row, "first_at", "last_at")
        | {
            "severity": Severity(row["severity"]),
            "standing": Standing(**_with_times(row["standing"], "last_at", "reaches_to")),
            "blast_radius": BlastRadius(
                money=[_money(one) for one in radius["money"]],
                still_out=[
                    StillOut(
                        currency=one["currency"], low=Decimal(one["low"]), high=Decimal(one["high"])
                    )
                    for one in radius["still_out"]
                ],
                harms=[Harm(**one) for one in radius["harms"]],
                records_wrong=radius["records_wrong"],
            ),
        }
    )


def _money(row: _Row) -> Money:
    return Money(
        **dict(row)
        | {
            "gross": Decimal(row["gross"]),
            "compensated": Decimal(row["compensated"]),
            "by_witness": {name: Decimal(net) for name, net in row["by_witness"].items()},
        }
    )


def _with_times(row: _Row, *names: str) -> dict[str, Any]:
    times = {name: row[name] and datetime.fromisoformat(row[name]) for name in names}
    return dict(row) | times
