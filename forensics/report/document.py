"""`findings.json`: the whole audit for programs, the same byte for byte for the same evidence.

What differs from run to run (times, versions, the custody digest) stands in `run` alone.
"""

from decimal import Decimal
from typing import Any

import orjson

from forensics.model.audit import Audit
from forensics.report.headline import headline

SCHEMA_VERSION = 4


def document(audit: Audit) -> dict[str, Any]:
    """The audit as plain data, in the order of the published schema."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": audit.run,
        "headline": headline(audit),
        "summary": _summary(audit),
        "incidents": audit.incidents,
        "findings": audit.findings,
        "gone": audit.gone,
        "pending": audit.pending,
        "untold": audit.untold,
        "reconciliations": audit.reconciliations,
        "exposures": audit.exposures,
        "suppressed": audit.suppressed,
        "coverage": audit.coverage,
        "joins": audit.joins,
        "verdicts": audit.verdicts,
        "elsewhere": audit.elsewhere,
        "sources": [_account(account) for account in audit.accounts],
        "quarantine": audit.quarantine,
        "missing": audit.missing,
    }


def rendered(audit: Audit) -> bytes:
    """The bytes of `findings.json`, indented for diffs."""
    return orjson.dumps(
        document(audit), default=plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def _summary(audit: Audit) -> dict[str, Any]:
    severities: dict[str, int] = {}
    for finding in audit.findings:
        name = finding.severity.value
        severities[name] = severities.get(name, 0) + 1
    return {
        "incidents": len(audit.incidents),
        "findings": len(audit.findings),
        "by_severity": severities,
        "suppressed": sum(count.candidates for count in audit.suppressed),
        "events": sum(coverage.events for coverage in audit.coverage),
        "sources": len(audit.coverage),
        "money": [
            {
                "currency": total.exposure.currency,
                "gross": total.exposure.gross,
                "compensated": total.exposure.compensated,
                "net_by_witness": total.by_witness,
            }
            for total in audit.totals
        ],
    }


def _account(account: Any) -> dict[str, Any]:  # noqa: ANN401 - orjson takes any dataclass
    return {
        name: getattr(account, name)
        for name in (
            "source", "formats", "read", "mapped", "ignored", "already_stored", "quarantined",
            "events",
        )
    }  # fmt: skip


def plain(value: object) -> str:
    """A number with decimals as text, so that no reader rounds it.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError
