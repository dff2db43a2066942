"""`forensics show`, `explain`, `sql` and `verify`: questions to a case."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from forensics.case.copies import check_place
from forensics.case.pseudonyms import Pseudonyms
from forensics.cli import incident as incident_lines
from forensics.cli import options, printing, summary
from forensics.detect.contract import Detector, Pattern
from forensics.detect.duplicate_side_effect.mechanisms import Mechanism, mechanisms
from forensics.detect.registry import DETECTORS, PATTERNS, innocent_readings
from forensics.model.audience import OWNER
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from forensics.model.words import (
    confidence,
    fraction_digits,
    fraction_digits_by_source,
    log_place,
    of_case,
    plural,
)

_FINDING_ID = re.compile("[0-9a-f]{6,16}")
_INDENT = "  "
_LINES = 50


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command()(report)
    app.command()(explain)
    app.command()(joins)
    app.command()(sql)
    app.command()(verify)


def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[FINDING|INCIDENT]", help="An id, or its beginning.")
    ] = None,
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    every_line: Annotated[
        bool, typer.Option("--all", help=f"Every log line of a finding, not {_LINES} of them.")
    ] = False,
    since: options.Since = None,
    until: options.Until = None,
    name_people: options.NamePeople = False,
    as_json: options.Json = False,
) -> None:
    """Show the last audit, or one finding or incident of it with its evidence."""
    window = options.window(since, until)
    if name and any(window):
        raise UsageError("--since and --until choose among findings: leave out the id or them.")
    options.require_case(case)
    opened = options.open_case(case)
    veil = None if name_people else opened.without_people()
    document = opened.last_run()
    document = veil.within(document) if veil else document
    if name is None:
        if any(window):
            _within(document, *window, as_json=as_json)
        elif as_json:
            printing.document(document)
        else:
            summary.audit(document, case=case, report=case / "report")
            if document["findings"]:
                printing.line()
                summary.every_finding(document)
        return
    incident, findings = _chosen(document, name)
    if as_json:
        printing.document(incident or findings)
        return
    if incident:
        incident_lines.show(incident)
    for finding in findings:
        _finding(finding)
        _evidence(case, finding["finding_id"], veil, most=None if every_line else _LINES)
    incident_lines.ahead(document, findings, case / "report" / "repair.csv", veil)


def _within(
    document: dict[str, Any], since: datetime | None, until: datetime | None, *, as_json: bool
) -> None:
    """The findings of a run that reach into a time; one without times may have been in any."""
    found = []
    for finding in document["findings"]:
        first, last = _ends(finding)
        if not (since and last and last < since) and not (until and first and first >= until):
            found.append(finding)
    if as_json:
        printing.document(found)
    else:
        summary.every_finding({"findings": found})
        printing.line(f"{len(found)} of {plural(len(document['findings']), 'finding')}.")


def report(
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", file_okay=False, help="Copy the report of the last audit there."
        ),
    ] = None,
    title: options.Title = "",
    name_people: options.NamePeople = False,
    redact: options.Redact = False,
    customer: options.For = "",
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Say where the report of the last audit lies, copy it, or make a copy for somebody else."""
    options.require_case(case)
    audience = options.audience(
        title=title, name_people=name_people, redact=redact, customer=customer
    )
    opened = options.open_case(case, options.settings(config))
    opened.last_run()
    check_place(out, case, audience)
    if audience != OWNER and out is None:
        raise UsageError(
            "Another report than the case's own needs a place.", hint="Name --out DIR."
        )
    if out is None:
        files = sorted((case / "report").iterdir())
    else:
        files = opened.report(out, None if audience == OWNER else audience)
    if as_json:
        printing.document([str(path) for path in files])
    else:
        for path in files:
            printing.line(str(path))


def explain(
    name: Annotated[str, typer.Argument(metavar="DETECTOR|PATTERN|MECHANISM|FINDING")],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    as_json: options.Json = False,
) -> None:
    """Say what a detector, pattern, mechanism or finding means, how it can be wrong, what to do.

    Of the name of an innocent reading it says which patterns look for it.
    """
    detector = next((d for d in DETECTORS if d.name == name), None)
    if as_json:
        printing.document(_explained(name, detector, case))
    elif detector:
        _detector(detector)
    elif name in PATTERNS:
        printing.page(PATTERNS[name].page)
        _parameters(PATTERNS[name])
    elif name in mechanisms():
        _mechanism(mechanisms()[name])
    elif name in innocent_readings():
        _innocent(name, innocent_readings()[name])
    elif (case / "case.json").exists():
        _, findings = _chosen(options.open_case(case).last_run(), name)
        for finding in findings:
            _finding(finding)
            printing.line()
            printing.page(PATTERNS[finding["pattern"]].page)
    elif _FINDING_ID.fullmatch(name):
        raise UsageError(
            f"`{name}` looks like the id of a finding, and there is no case in `{case}`.",
            hint="Say with --case in which case it is.",
        )
    else:
        detectors = (d.name for d in DETECTORS)
        known = sorted({*PATTERNS, *detectors, *mechanisms(), *innocent_readings()})
        raise UsageError.unknown("detector, pattern, mechanism or finding", name, known=known)


def joins(
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    join: options.Joins = None,
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Show which fields of two sources name one thing, and which only look so."""
    options.require_case(case)
    found = options.open_case(case, options.settings(config, joins=join)).learned_joins()
    if as_json:
        printing.document([asdict(one) for one in found])
        return
    printing.table(
        ("standing", "fields", "shared", "of each", "things", "times", "such as", "why"),
        [
            (
                one.standing,
                one.name,
                f"{one.shared:,}",
                f"{one.left_share:.0%}, {one.right_share:.0%}",
                one.cardinality,
                one.times,
                ", ".join(one.examples),
                one.reason,
            )
            for one in found
        ],
    )
    if not found:
        printing.line("No two sources share values that could be names of things.")


def sql(
    query: Annotated[str, typer.Argument(help="Views: events, findings, evidence, coverage, ...")],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    as_json: options.Json = False,
) -> None:
    """Ask the case in SQL; read-only, and nothing outside the case can be reached."""
    options.require_case(case)
    frame = options.open_case(case).sql(query)
    if as_json:
        printing.document(frame.to_dicts())
    else:
        printing.table(frame.columns, frame.iter_rows())


def verify(
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    expect: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="A head digest that was kept elsewhere.")
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]SOURCE", help="Compare with the source as it is now."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Recompute the chain of custody and every file of the case; exit 1 when something differs."""
    opened = options.open_case(case)
    verdict = opened.verify(expect=expect)
    sources = [SourceSpec.parse(text) for text in against or ()]
    checks = [check for source in sources for check in opened.verify_against(source)]
    if as_json:
        printing.document({"case": verdict, "sources": checks})
    else:
        for difference in verdict.differences:
            printing.line(f"{difference.file}: {difference.sentence}")
        for name in verdict.leftovers:
            printing.line(f"{name}: left by a run that was killed; the next run removes it")
        printing.line(verdict.sentence)
        for check in checks:
            printing.line(f"{check.part.source}: {check.sentence}")
    good = not verdict.differences and all(check.good for check in checks)
    raise typer.Exit(0 if good else 1)


def _chosen(
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


def _ends(finding: dict[str, Any]) -> list[datetime | None]:
    """When it began and ended; None where its log has no times."""
    whens = (finding["first_at"], finding["last_at"])
    return [datetime.fromisoformat(when) if when else None for when in whens]


def _finding(finding: dict[str, Any]) -> None:
    words = finding["explanation"]
    printing.line()
    printing.prose(f"{finding['severity']}  {words['title']}")
    printing.line(
        f"{_INDENT}{finding['finding_id']}  {finding['detector']}/{finding['pattern']}"
        f"  grade: {finding['grade']}  status: {finding['status']}"
    )
    ends = _ends(finding)
    digits = fraction_digits(ends)
    printing.line(_INDENT + " to ".join(printing.moment(when, digits) for when in ends))
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


def _evidence(case: Path, finding_id: str, veil: Pseudonyms | None, *, most: int | None) -> None:
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


def _explained(name: str, detector: Detector | None, case: Path) -> Any:  # noqa: ANN401 - JSON
    if detector:
        return [_described(pattern) for pattern in detector.every_pattern]
    if name in PATTERNS:
        return _described(PATTERNS[name])
    if name in mechanisms():
        return mechanisms()[name]
    if name in innocent_readings():
        return innocent_readings()[name]
    options.require_case(case)
    _, findings = _chosen(options.open_case(case).last_run(), name)
    return [finding | {"about": _described(PATTERNS[finding["pattern"]])} for finding in findings]


def _described(pattern: Pattern) -> dict[str, Any]:
    return {
        "detector": pattern.detector,
        "pattern": pattern.name,
        "question": pattern.question,
        "needs": pattern.needs,
        "cure": pattern.cure,
        "thresholds": pattern.parameters,
        "suppressors": {n: reading.text for n, reading in pattern.suppressors.items()},
        "page": pattern.page,
    }


def _detector(detector: Detector) -> None:
    printing.line(f"{detector.name}: {detector.question}")
    printing.table(
        ("pattern", "question", "needs"),
        [(p.name, p.question, ", ".join(p.needs)) for p in detector.every_pattern],
    )


def _mechanism(mechanism: Mechanism) -> None:
    printing.line(f"{mechanism.name}: how a duplicate came about, where the log shows this:")
    printing.prose(mechanism.shows, indent=_INDENT)
    printing.prose(f"what to do: {mechanism.remedy}", indent=_INDENT)
    if mechanism.source:
        printing.prose(f"source: {mechanism.source}", indent=_INDENT)


def _innocent(name: str, texts: Mapping[str, str]) -> None:
    printing.line(f"{name}: an innocent reading, looked for before anything is called a failure:")
    for text in dict.fromkeys(texts.values()):
        patterns = [pattern for pattern, said in texts.items() if said == text]
        printing.prose(f"{text} ({', '.join(patterns)})", indent=_INDENT)
    printing.line("`forensics explain PATTERN` says more of it.")


def _parameters(pattern: Pattern) -> None:
    if pattern.parameters:
        printing.line("Thresholds (forensics.toml, [thresholds." + pattern.name + "]):")
        printing.table(
            ("name", "default", "unit", "why", "source"),
            [(n, p.default, p.unit, p.why, p.source) for n, p in pattern.parameters.items()],
        )
