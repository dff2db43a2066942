"""The ranked summary of an audit, and the account of what was read."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forensics.cli import printing
from forensics.model.audit import SourceAccount
from forensics.model.words import plural, vouched

TOP = 20
"""Findings that a summary lists."""
_TOP_INCIDENTS = 5
_TOP_EXPOSURES = 3
_EXAMPLES = 3
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
    notices(read)


def notices(read: Sequence[SourceAccount]) -> None:
    """What the user should be told of the sources, in sentences to standard error."""
    for account in read:
        for notice in account.notices:
            if notice.state not in _QUIET_STATES:
                printing.say(f"{account.source}: {notice.sentence}")
        _unmapped(account)


def _unmapped(account: SourceAccount) -> None:
    names = [n.partition(": ")[2] for n in account.ignored if n.startswith("unmapped: ")]
    if not names:
        return
    count = sum(account.ignored[f"unmapped: {name}"] for name in names)
    more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
    printing.say(
        f"{account.source}: no format recognises {plural(count, 'record')} of"
        f" {', '.join(names[:_EXAMPLES])}{more}; `forensics map SOURCE` proposes a mapping."
    )


def audit(document: dict[str, Any], *, case: Path, report: Path) -> None:
    """Incidents and findings worst first, what was not seen, and where the page is."""
    printing.line()
    findings = document["findings"]
    joined = [i for i in document["incidents"] if len(i["findings"]) > 1]
    if joined:
        printing.table(
            ("severity", "incident", "findings", "money", "customers", "id"),
            [
                (
                    incident["severity"],
                    incident["title"],
                    len(incident["findings"]),
                    printing.money(incident["exposure"]),
                    len(incident["customers"]) or "",
                    incident["incident_id"],
                )
                for incident in joined[:_TOP_INCIDENTS]
            ],
        )
        printing.line()
    if findings:
        printing.table(
            ("severity", "grade", "status", "pattern", "what", "money", "finding"),
            [_row(finding) for finding in findings[:TOP]],
        )
        if len(findings) > TOP:
            more = f"{len(findings) - TOP:,} more"
            printing.line(f"and {more}: `forensics show --case {case}` lists them all")
    else:
        printing.line("No findings.")
    printing.line()
    _closing(document)
    printing.line(f"report: {report / 'report.html'}")


def every_finding(document: dict[str, Any]) -> None:
    """All findings of a run, one a line."""
    printing.table(
        ("severity", "grade", "status", "pattern", "what", "money", "finding"),
        [_row(finding) for finding in document["findings"]],
    )


def _row(finding: dict[str, Any]) -> tuple[str, ...]:
    return (
        finding["severity"],
        finding["grade"],
        finding["status"],
        finding["pattern"],
        finding["explanation"]["title"],
        printing.money(finding["exposure"]),
        finding["finding_id"],
    )


def _closing(document: dict[str, Any]) -> None:
    counts = document["summary"]
    printing.line(
        f"{plural(counts['findings'], 'finding')} in {plural(counts['incidents'], 'incident')}"
        f"{_statuses(document)}; {plural(counts['suppressed'], 'candidate')} explained innocently;"
        f" {plural(counts['events'], 'event')} of {plural(counts['sources'], 'source')}."
    )
    if empty := [c["source"] for c in document["coverage"] if not c["events"]]:
        printing.line(f"No event in {', '.join(empty)}.")
    for money in counts["money"]:
        if shares := vouched(money["net_by_witness"], money["currency"]):
            printing.line(f"Paid, charged or credited too often and not yet taken back: {shares}.")
    for latent in document["exposures"][:_TOP_EXPOSURES]:
        printing.line(f"Not happened, but can: {latent['explanation']['title']}.")
    if (more := len(document["exposures"]) - _TOP_EXPOSURES) > 0:
        printing.line(f"and {plural(more, 'exposure')} more, which stand on the page.")
    blind = sorted({v["pattern"] for v in document["verdicts"]} - _sighted(document))
    if blind:
        printing.line(f"Blind in every source: {', '.join(blind)} (`forensics explain PATTERN`).")
    for why in document.get("quarantine", ()):
        printing.line(
            f"{why['source']}: {plural(why['records'], 'record')} in quarantine, such as"
            f" {why['example']}: {why['reason']}"
        )
    for sentence in document["missing"]:
        printing.line(f"missing: {sentence}")


def _statuses(document: dict[str, Any]) -> str:
    """What is new since the last run; nothing where all is."""
    counts = Counter(finding["status"] for finding in document["findings"])
    if counts.keys() <= {"new"}:
        return ""
    return f" ({', '.join(f'{counts[s]} {s}' for s in ('new', 'growing', 'recurring'))})"


def _sighted(document: dict[str, Any]) -> set[str]:
    return {v["pattern"] for v in document["verdicts"] if v["verdict"] != "blind"}
