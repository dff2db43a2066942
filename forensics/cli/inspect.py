"""`forensics show`, `report`, `joins`, `sql` and `verify`: what a case holds."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from forensics.case.copies import check_place
from forensics.cli import finding as finding_lines
from forensics.cli import incident as incident_lines
from forensics.cli import options, printing, summary
from forensics.model.audience import OWNER
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from forensics.model.words import plural

_LINES = 50


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command()(report)
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
    incident, findings = finding_lines.chosen(document, name)
    if as_json:
        printing.document(incident or findings)
        return
    if incident:
        incident_lines.show(incident)
    for finding in findings:
        finding_lines.show(finding)
        finding_lines.evidence(
            case, finding["finding_id"], veil, most=None if every_line else _LINES
        )
    incident_lines.ahead(document, findings, case / "report" / "repair.csv", veil)


def _within(
    document: dict[str, Any], since: datetime | None, until: datetime | None, *, as_json: bool
) -> None:
    """The findings of a run that reach into a time; one without times may have been in any."""
    found = []
    for finding in document["findings"]:
        first, last = finding_lines.ends(finding)
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
