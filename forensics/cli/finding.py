"""One finding on a terminal, with its log lines."""

from datetime import datetime
from pathlib import Path
from typing import Any

from forensics.case.pseudonyms import Pseudonyms
from forensics.cli import options, printing
from forensics.model.errors import UsageError
from forensics.model.words import (
    confidence,
    fraction_digits,
    fraction_digits_by_source,
    log_place,
    of_case,
    plural,
)

_INDENT = "  "


def chosen(
    document: dict[str, Any], name: str
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The findings an id (or its beginning) names; its incident when it names one."""
    by_id = {finding["finding_id"]: finding for finding in document["findings"]}
    exact = [finding for identity, finding in by_id.items() if identity.startswith(name)]
    incidents = [i for i in document["incidents"] if i["incident_id"].startswith(name)]
    if incidents and not by_id.get(name):
        return incidents[0], [by_id[identity] for identity in incidents[0]["findings"]]
    if len(exact) == 1:
        return None, exact
    if exact:
        raise UsageError(f"`{name}` is the beginning of {len(exact)} findings: write more of it.")
    raise UsageError(
        f"The last audit has no finding or incident `{name}`.",
        hint="`forensics show` lists them.",
    )


def ends(finding: dict[str, Any]) -> list[datetime | None]:
    """When it began and ended; None where its log has no times."""
    whens = (finding["first_at"], finding["last_at"])
    return [datetime.fromisoformat(when) if when else None for when in whens]


def show(finding: dict[str, Any]) -> None:
    """Print it, without its log lines."""
    words = finding["explanation"]
    printing.line()
    printing.prose(f"{finding['severity']}  {words['title']}")
    printing.line(
        f"{_INDENT}{finding['finding_id']}  {finding['detector']}/{finding['pattern']}"
        f"  grade: {finding['grade']}  status: {finding['status']}"
    )
    whens = ends(finding)
    digits = fraction_digits(whens)
    printing.line(_INDENT + " to ".join(printing.moment(when, digits) for when in whens))
    printing.prose(words["sentences"], indent=_INDENT)
    if sure := confidence(finding["confidence"]):
        printing.prose(f"confidence: {sure}", indent=_INDENT)
    for label, key in (("for", "reasons_for"), ("against", "reasons_against")):
        for reason in words[key]:
            printing.prose(f"{label}: {reason}", indent=_INDENT)
    if words["disproof"]:
        tried = "the log does not show it" if words["disproof_tried"] else "not tried"
        printing.prose(f"would be refuted by: {words['disproof']} ({tried})", indent=_INDENT)
    if words.get("tried"):
        printing.prose(f"looked for, not found: {', '.join(words['tried'])}", indent=_INDENT)
    for name, lacking in words.get("undecided", {}).items():
        columns = ", ".join(need.replace("|", " or ") for need in lacking)
        printing.prose(f"cannot be told: {name} (not all its lines say {columns})", indent=_INDENT)
    if finding["exposure"]:
        printing.prose(f"money: {printing.money(finding['exposure'])}", indent=_INDENT)
    if finding["customers"]:
        printing.prose(f"customers: {', '.join(finding['customers'][:10])}", indent=_INDENT)
    printing.prose(f"what to do: {words['remedy']}", indent=_INDENT)


def evidence(case: Path, finding_id: str, veil: Pseudonyms | None, *, most: int | None) -> None:
    """Print its log lines, or the first of them; a veil takes names of people out."""
    frame = options.open_case(case).sql(f"""
        SELECT evidence.role, e.source, e.source_path, e.source_line, e.source_position,
            e.occurred_at, e.action, e.outcome, concat_ws(' ', e.entity_type, e.entity_id) AS entity
        FROM evidence JOIN events AS e USING (event_id)
        WHERE finding_id = '{finding_id}' ORDER BY occurred_at, event_id""")
    digits = fraction_digits_by_source(frame.select("source", "occurred_at").iter_rows())
    lines = list(frame.head(most or frame.height).iter_rows(named=True))
    printing.line()
    printing.events(
        ("role", "log line", "when", "action", "outcome", "record"),
        [
            (
                row["role"],
                printing.log_line(row["source"], _place(row)),
                printing.moment(row["occurred_at"], digits[row["source"]]),
                row["action"],
                row["outcome"],
                row["entity"],
            )
            for row in (veil.within(lines) if veil else lines)
        ],
        below=("log line",),
    )
    if most is not None and frame.height > most:
        printing.line(
            f"and {plural(frame.height - most, 'more line')}:"
            f" `forensics show {finding_id} {of_case(case)} --all` prints them"
        )


def _place(row: dict[str, Any]) -> str:
    return log_place(row["source_path"], row["source_line"], row["source_position"])
