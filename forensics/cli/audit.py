"""`forensics audit` and `detect`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from forensics.case.audit import blind_everywhere
from forensics.case.configuration import Configuration
from forensics.case.copies import check_place
from forensics.cli import options, printing, summary
from forensics.cli.ingest import (
    Final,
    Format,
    MaxQuarantine,
    Sources,
    Zone,
    incomplete,
    read,
    specified,
)
from forensics.cli.progress import telling
from forensics.model.audience import Audience
from forensics.model.audit import Audit, SourceAccount
from forensics.report.document import rendered

if TYPE_CHECKING:
    from forensics.case.case import Case

Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        file_okay=False,
        help="Copy the report there too; it always lies in CASE/report.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(audit)
    app.command()(detect)


def audit(
    sources: Sources = None,
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    out: Out = None,
    since: options.Since = None,
    until: options.Until = None,
    formats: Format = None,
    log_format: options.LogFormat = "",
    timezone: Zone = None,
    final: Final = False,
    allow_primary: options.AllowPrimary = False,
    allow_marks: options.AllowMarks = False,
    detector: options.Detectors = None,
    join: options.Joins = None,
    fail_on: options.FailOn = None,
    every: options.Every = False,
    max_quarantine: MaxQuarantine = None,
    title: options.Title = "",
    name_people: options.NamePeople = False,
    redact: options.Redact = False,
    customer: options.For = "",
    config: options.ConfigFile = None,
    threads: options.Threads = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Read sources into a case, run the detectors, write the report, print the findings."""
    configuration = options.settings(
        config, fail_on=fail_on, timezone=timezone, max_quarantine=max_quarantine, joins=join
    )
    window = options.window(since, until)
    chosen = options.detectors(detector)
    audience = options.audience(
        title=title, name_people=name_people, redact=redact, customer=customer
    )
    opened = options.open_case(case, configuration)
    check_place(out, case, audience)
    specs = specified(
        sources or [],
        configuration,
        formats=tuple(formats or ()),
        final=final,
        log_format=log_format,
        allow=options.allowed(primary=allow_primary, marks=allow_marks),
        held=case if (case / "case.json").exists() else None,
    )
    accounts = read(opened, specs, wait_s=wait)
    result = _audited(
        opened, window, chosen, out=out, audience=audience, threads=threads, wait=wait
    )
    if as_json:
        summary.notices(accounts)
        printing.document(orjson.loads(rendered(result)))
    else:
        summary.accounts(accounts)
        _summarise(opened, result, configuration, case=case, out=out, every=every)
    raise typer.Exit(_code(result, accounts, configuration, chosen, every=every))


def detect(
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    out: Out = None,
    since: options.Since = None,
    until: options.Until = None,
    detector: options.Detectors = None,
    join: options.Joins = None,
    fail_on: options.FailOn = None,
    every: options.Every = False,
    title: options.Title = "",
    name_people: options.NamePeople = False,
    redact: options.Redact = False,
    customer: options.For = "",
    config: options.ConfigFile = None,
    threads: options.Threads = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Run the detectors over what the case holds, without reading anything new."""
    options.require_case(case)
    configuration = options.settings(config, fail_on=fail_on, joins=join)
    window = options.window(since, until)
    chosen = options.detectors(detector)
    audience = options.audience(
        title=title, name_people=name_people, redact=redact, customer=customer
    )
    opened = options.open_case(case, configuration)
    result = _audited(
        opened, window, chosen, out=out, audience=audience, threads=threads, wait=wait
    )
    if as_json:
        printing.document(orjson.loads(rendered(result)))
    else:
        _summarise(opened, result, configuration, case=case, out=out, every=every)
    raise typer.Exit(_code(result, (), configuration, chosen, every=every))


def _summarise(
    opened: "Case",
    result: Audit,
    configuration: Configuration,
    *,
    case: Path,
    out: Path | None,
    every: bool,
) -> None:
    summary.audit(
        orjson.loads(rendered(result)),
        case=case,
        report=out or case / "report",
        uncounted=_uncounted(opened, result, configuration, every=every),
    )


def _audited(
    opened: "Case",
    window: tuple[datetime | None, datetime | None],
    detectors: Sequence[str],
    audience: Audience,
    *,
    out: Path | None,
    threads: int | None,
    wait: float,
) -> Audit:
    with telling() as say:
        return opened.audit(
            out=out,
            since=window[0],
            until=window[1],
            detectors=detectors,
            threads=threads,
            audience=audience,
            wait_s=wait,
            say=say,
            on_wait=printing.say,
        )


def _uncounted(case: "Case", result: Audit, configuration: Configuration, *, every: bool) -> str:
    """Why findings do not count for the exit code; empty where there are none, or some do."""
    if not result.findings or result.at_or_above(configuration.fail_on, every=every):
        return ""
    accepted = sum(finding.status == "accepted" for finding in result.findings)
    known = len(result.at_or_above(configuration.fail_on, every=True))
    below = len(result.findings) - known - accepted
    told = [
        f"{known:,} known (--all counts them)" if known else "",
        f"{accepted:,} accepted" if accepted else "",
        f"{below:,} below --fail-on {configuration.fail_on}" if below else "",
    ]
    before = case.audited_before() if known else None
    since = (
        f"nothing new that counts since {printing.moment(before)}"
        if before
        else "no finding counts"
    )
    return f"{since}: {', '.join(filter(None, told))}"


def _code(
    result: Audit,
    accounts: Sequence[SourceAccount],
    configuration: Configuration,
    detectors: Sequence[str],
    *,
    every: bool,
) -> int:
    """The exit code: 1 outranks 3; `findings.json` carries both."""
    if result.at_or_above(configuration.fail_on, every=every):
        return 1
    blind = blind_everywhere(result, detectors)
    for name in blind:
        printing.say(f"`{name}` can see nothing in any source: `forensics explain {name}`.")
    return 3 if result.missing or blind or incomplete(accounts, configuration) else 0
