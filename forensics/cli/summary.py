"""The ranked summary of an audit, and the account of what was read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forensics.cli import printing
from forensics.model.audit import SourceAccount

_TOP = 20
_QUIET_STATES = frozenset({"new", "grown", "unchanged"})


def accounts(read: Sequence[SourceAccount]) -> None:
    """What became of every source's records, and what the user should be told."""
    printing.table(
        ("source", "format", "read", "mapped", "ignored", "stored before", "quarantined"),
        [
            (
                account.source,
                ", ".join(account.formats) or "-",
                f"{account.read:,}",
                f"{account.mapped:,}",
                f"{sum(account.ignored.values()):,}",
                f"{account.already_stored:,}",
                f"{account.quarantined:,}",
            )
            for account in read
        ],
    )
    for account in read:
        for notice in account.notices:
            if notice.state not in _QUIET_STATES:
                printing.say(f"{account.source}: {notice.sentence}")
        unmapped = {n: c for n, c in account.ignored.items() if n.startswith("unmapped")}
        for name, count in unmapped.items():
            printing.say(
                f"{account.source}: {count:,} records {name}: no format recognises them."
                " `forensics map FILE` proposes a mapping."
            )


def audit(document: dict[str, Any], *, report: Path) -> None:
    """Findings worst first, incidents, what was not seen, and where the page is."""
    printing.line()
    findings = document["findings"]
    if findings:
        printing.table(
            ("severity", "grade", "pattern", "what", "money", "finding"),
            [_row(finding) for finding in findings[:_TOP]],
        )
        if len(findings) > _TOP:
            printing.line(f"and {len(findings) - _TOP:,} more: `forensics show` lists them all")
    else:
        printing.line("No findings.")
    printing.line()
    _closing(document)
    printing.line(f"report: {report / 'report.html'}")


def _row(finding: dict[str, Any]) -> tuple[str, ...]:
    return (
        finding["severity"],
        finding["grade"],
        finding["pattern"],
        finding["explanation"]["title"],
        printing.money(finding["exposure"]),
        finding["finding_id"],
    )


def _closing(document: dict[str, Any]) -> None:
    counts = document["summary"]
    printing.line(
        f"{counts['findings']:,} findings in {counts['incidents']:,} incidents; "
        f"{counts['suppressed']:,} candidates were explained innocently; "
        f"{counts['events']:,} events of {counts['sources']:,} sources."
    )
    blind = sorted({v["pattern"] for v in document["verdicts"]} - _sighted(document))
    if blind:
        printing.line(f"Blind in every source: {', '.join(blind)} (`forensics explain PATTERN`).")
    for sentence in document["missing"]:
        printing.line(f"missing: {sentence}")


def _sighted(document: dict[str, Any]) -> set[str]:
    return {v["pattern"] for v in document["verdicts"] if v["verdict"] != "blind"}
