"""One incident on a terminal: the same parts as on its card of the page."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from forensics.case.pseudonyms import Pseudonyms
from forensics.case.questions import read_repairs
from forensics.cli import printing
from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.model.incident import MOST_FAILURES, MOST_REMEDIES
from forensics.model.words import duration, goes_on, line_told, plural, priced, span_digits

_INDENT = "  "
_MOST_ROWS = 20


def show(incident: dict[str, Any]) -> None:
    """Print it; its findings are printed elsewhere."""
    printing.line(f"{incident['severity']}  {incident['title']}")
    for name, text in _facts(incident):
        printing.prose(f"{name}: {text}", indent=_INDENT)
    for number, step in enumerate(incident["story"], start=1):
        printing.prose(f"{number}. {step['sentence']}{_relation(step)}", indent=_INDENT)


def ahead(
    document: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    repairs: Path,
    veil: Pseudonyms | None,
) -> None:
    """What fires next of the findings' incidents, and what is to be undone of the findings.

    Args:
        document: The last run, as in `findings.json`.
        findings: Those that are shown.
        repairs: The repair list of that run.
        veil: What takes people's names out of it.
    """
    incidents = {finding["incident_id"] for finding in findings}
    pending = [work for work in document["pending"] if work["incident_id"] in incidents]
    if pending:
        printing.line()
        printing.line("what fires next")
        printing.events(
            ("why", "what", "of", "name", "last seen", "may fire", "key remembered until"),
            [_pending(work) for work in pending[:_MOST_ROWS]],
            below=("name",),
        )
        _more(len(pending))
    shown = {finding["finding_id"] for finding in findings}
    rows = [row for row in read_repairs(repairs) if row["finding_id"] in shown]
    if rows:
        printing.line()
        printing.line("what to repair")
        listed = [_repair(veil.within(row) if veil else row) for row in rows[:_MOST_ROWS]]
        header = ("act", "what", "money", "customer", "state", "keep")
        printing.events(header, listed, below=("keep",))
        _more(len(rows))


def _more(rows: int) -> None:
    if rows > _MOST_ROWS:
        printing.line(f"and {rows - _MOST_ROWS:,} more, in the report")


def _pending(work: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        work["why"],
        work["action"],
        work["system"],
        work["name"],
        _moment(work["since"]),
        _moment(work["fires_at"]) if work["fires_at"] else "any time",
        _moment(work["key_until"]) if work["key_until"] else "",
    )


def _repair(row: Mapping[str, str]) -> tuple[str, ...]:
    money = f"{Decimal(row['amount']):,.2f} {row['currency']}".rstrip() if row["amount"] else ""
    keep = f"keep {row['keep']}" if row["keep"] else ""
    because = f" ({row['keep_because']})" if row["keep_because"] else ""
    return row["act"], row["subject"], money, row["customer"], row["state"], keep + because


def _facts(incident: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ends = [_time(incident[name]) for name in ("first_at", "last_at")]
    digits = span_digits(ends)
    yield "from", " to ".join(printing.moment(one, digits) for one in ends)
    for place, root in enumerate(incident["roots"]):
        share = f"{root['weight']:.0%} of the findings follow"
        before = "; its cause is before the log" if root["before_log"] else ""
        name = "began with" if place == 0 else "or with"
        yield name, f"{_moment(root['occurred_at'], digits)} {line_told(root)} ({share}{before})"
    for change in incident["preceded_by"]:
        where = printing.log_line(change["source"], change["place"])
        yield "preceded by", f"{_moment(change['occurred_at'])} {line_told(change)} ({where})"
    for one in incident["failed"][:MOST_FAILURES]:
        more = f", {plural(one['lines'], 'line')}" if one["lines"] > 1 else ""
        where = printing.log_line(one["source"], one["place"])
        yield (
            "failed meanwhile",
            f"{_moment(one['occurred_at'], digits)} {line_told(one)} ({where}{more})",
        )
    if (rest := len(incident["failed"]) - MOST_FAILURES) > 0:
        yield "failed meanwhile", f"and {rest:,} more kinds of failure"
    for name in incident["mechanisms"]:
        yield "came about by", f"{mechanisms()[name].words} ({name})"
    for remedy in incident["remedies"][:MOST_REMEDIES]:
        yield "what to do", remedy
    standing = incident["standing"]
    yield "goes on", f"{goes_on(standing['state'])} {_moment(standing['reaches_to'])}"
    yield from _radius(incident["blast_radius"])


def _radius(radius: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for money in radius["money"]:
        gross, back = float(money["gross"]), float(money["compensated"])
        effects = f"{plural(money['effects'], 'effect')} {money['stage']} ({money['certain']})"
        out = f"{priced(gross - back, money['currency'])} still out of {gross:,.2f}"
        yield "money", f"{out}, {effects}"
    for lost in radius["unresolved"]:
        yield "outcome unknown", priced(float(lost["gross"]), lost["currency"])
    for one in radius["estimates"]:
        yield (
            "may cost besides",
            f"{one['middle']} {one['currency']} (nine times in ten {one['low']} to {one['high']})",
        )
    for harm in radius["harms"]:
        yield "customers", f"{len(harm['customers']):,} {harm['harm']} ({harm['certain']})"
    if radius["corrected_s"] is not None:
        yield "until taken back", duration(radius["corrected_s"])
    counted = [
        (radius["records_wrong"], "possibly wrong record"),
        (radius["calls_wasted"], "wasted call"),
        *(
            (radius["operations"][name]["value"] or 0, what)
            for name, what in (
                ("goodput_lost", "lost operation"),
                ("invariants_broken", "proven wrong record"),
                ("records_diverged", "diverged record"),
                ("backlog", "unfinished task"),
            )
        ),
        *((count, f"further {kind} effect") for kind, count in radius["followed"]),
        (radius["refused"], "others' refused operation"),
        (radius["starved"], "others' perhaps starved operation"),
    ]
    if any(count for count, _ in counted):
        yield "operations", "; ".join(plural(count, what) for count, what in counted if count)


def _relation(step: dict[str, Any]) -> str:
    if step["relation"] is None:
        return ""
    word = {"caused": "caused by", "followed": "followed", "coincided": "coincided with"}
    return f" ({word[step['relation']]} {step['after']})"


def _moment(when: str | None, digits: int = 0) -> str:
    return printing.moment(_time(when), digits)


def _time(when: str | None) -> datetime | None:
    return datetime.fromisoformat(when) if when else None
