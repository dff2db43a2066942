"""`forensics audit`, `ingest` and `detect`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from forensics.case.audit import blind_everywhere
from forensics.case.case import Case
from forensics.case.configuration import Configuration
from forensics.cli import options, printing, summary
from forensics.cli.progress import progress, telling
from forensics.model.audit import Audit, SourceAccount
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from forensics.report.document import rendered

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=]SOURCE...",
        help="Files, folders, globs or `-`; default: the sources of forensics.toml.",
    ),
]
Format = Annotated[
    str, typer.Option("--format", metavar="NAME|FILE", help="Force a format or a mapping file.")
]
Final = Annotated[
    bool, typer.Option(help="Half a record at the end is damage, not a log still being written.")
]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of times that have none.")
]
MaxQuarantine = Annotated[
    float | None, typer.Option(metavar="SHARE", help="Records that may be unreadable; 0.001.")
]
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
    app.command()(ingest)
    app.command()(detect)


def audit(
    sources: Sources = None,
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    out: Out = None,
    since: options.Since = None,
    until: options.Until = None,
    format_name: Format = "",
    timezone: Zone = None,
    final: Final = False,
    detector: options.Detectors = None,
    fail_on: options.FailOn = None,
    every: options.Every = False,
    max_quarantine: MaxQuarantine = None,
    config: options.ConfigFile = None,
    threads: options.Threads = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Read sources into a case, run the detectors, write the report, print the findings."""
    configuration = options.settings(
        config, fail_on=fail_on, timezone=timezone, max_quarantine=max_quarantine
    )
    window = options.window(since, until)
    chosen = options.detectors(detector)
    opened = options.open_case(case, configuration)
    accounts = _read(opened, sources or [], format_name=format_name, final=final, wait=wait)
    with telling() as say:
        result = opened.audit(
            out=out,
            since=window[0],
            until=window[1],
            detectors=chosen,
            threads=threads,
            wait_s=wait,
            say=say,
            on_wait=printing.say,
        )
    if as_json:
        summary.notices(accounts)
        printing.document(orjson.loads(rendered(result)))
    else:
        summary.accounts(accounts)
        summary.audit(orjson.loads(rendered(result)), case=case, report=out or case / "report")
    raise typer.Exit(_code(result, accounts, configuration, chosen, every=every))


def ingest(
    sources: Sources = None,
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    format_name: Format = "",
    timezone: Zone = None,
    final: Final = False,
    max_quarantine: MaxQuarantine = None,
    config: options.ConfigFile = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Read what is new in the sources into a case."""
    configuration = options.settings(config, timezone=timezone, max_quarantine=max_quarantine)
    opened = options.open_case(case, configuration)
    accounts = _read(opened, sources or [], format_name=format_name, final=final, wait=wait)
    if as_json:
        printing.document(accounts)
    else:
        summary.accounts(accounts)
    raise typer.Exit(3 if _incomplete(accounts, configuration) else 0)


def detect(
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    out: Out = None,
    since: options.Since = None,
    until: options.Until = None,
    detector: options.Detectors = None,
    fail_on: options.FailOn = None,
    every: options.Every = False,
    config: options.ConfigFile = None,
    threads: options.Threads = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Run the detectors over what the case holds, without reading anything new."""
    options.require_case(case)
    configuration = options.settings(config, fail_on=fail_on)
    window = options.window(since, until)
    chosen = options.detectors(detector)
    with telling() as say:
        result = options.open_case(case, configuration).audit(
            out=out,
            since=window[0],
            until=window[1],
            detectors=chosen,
            threads=threads,
            wait_s=wait,
            say=say,
            on_wait=printing.say,
        )
    if as_json:
        printing.document(orjson.loads(rendered(result)))
    else:
        summary.audit(orjson.loads(rendered(result)), case=case, report=out or case / "report")
    raise typer.Exit(_code(result, (), configuration, chosen, every=every))


def _read(
    case: Case, texts: Sequence[str], *, format_name: str, final: bool, wait: float
) -> list[SourceAccount]:
    specs = [SourceSpec.parse(text, format=format_name, final=final) for text in texts]
    specs = specs or list(case.configuration.sources)
    if not specs:
        raise UsageError(
            "No source was named, and forensics.toml lists none.",
            hint="Name files, folders or globs: `forensics audit events.jsonl --case incident-17`.",
        )
    with progress() as report:
        accounts = case.ingest(specs, wait_s=wait, on_wait=printing.say, report=report)
    if all(account.failed and not account.read for account in accounts):
        sentences = [notice.sentence for account in accounts for notice in account.notices]
        raise UsageError("Nothing could be read. " + " ".join(sentences))
    return accounts


def _incomplete(accounts: Sequence[SourceAccount], configuration: Configuration) -> bool:
    return any(
        account.failed
        or (account.read and account.quarantined / account.read > configuration.max_quarantine)
        for account in accounts
    )


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
    return 3 if result.missing or blind or _incomplete(accounts, configuration) else 0
