"""`forensics audit`, `ingest` and `detect`."""

from pathlib import Path
from typing import Annotated

import typer

import connectors.registry
from forensics.case.case import Case
from forensics.case.configuration import load
from forensics.model.record import SourceSpec

Sources = Annotated[list[str], typer.Argument(metavar="[NAME=]SOURCE...")]
CaseFolder = Annotated[Path, typer.Option("--case", help="Case folder.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("audit")(audit)


def spec(text: str) -> SourceSpec:
    """`NAME=SOURCE` as it was typed."""
    name, separator, address = text.partition("=")
    if separator and name and "/" not in name:
        return SourceSpec(name=name, address=address)
    return SourceSpec(name="", address=text)


def audit(
    sources: Sources,
    case: CaseFolder = Path("case"),
    out: Annotated[Path | None, typer.Option(help="Folder for the report.")] = None,
) -> None:
    """Read sources into a case, run the detectors, write the report."""
    opened = Case(case, connectors.registry, load(None))
    for account in opened.ingest([spec(source) for source in sources]):
        typer.echo(f"{account.source}: {account.read} read, {account.events} events")
        for notice in account.notices:
            typer.echo(f"  {notice.part}: {notice.sentence}")
    result = opened.audit(out=out)
    for finding in result.findings:
        typer.echo(f"{finding.severity} {finding.pattern} {finding.explanation.title}")
