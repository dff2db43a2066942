"""`forensics demo`: the sample week in, the page out, and how many planted cases were found."""

import shutil
from pathlib import Path
from typing import Annotated

import orjson
import typer

from forensics.case.samples import score, week
from forensics.cli import options, printing, summary
from forensics.report.document import rendered

_CASE = Path("demo-case")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    *,
    case: Annotated[Path, typer.Option(metavar="DIR", help="Made anew.")] = _CASE,
    as_json: options.Json = False,
) -> None:
    """Audit the sample week of a made-up shop and say how many planted cases were found."""
    if (case / "case.json").exists():
        shutil.rmtree(case)
    opened = options.open_case(case)
    sources, truth = week()
    accounts = opened.ingest(sources)
    result = opened.audit()
    marks = score(opened, result, truth)
    if as_json:
        printing.document(orjson.loads(rendered(result)) | {"marks": marks})
        raise typer.Exit(0 if marks.perfect else 1)
    summary.accounts(accounts)
    summary.audit(orjson.loads(rendered(result)), report=case / "report")
    printing.line(marks.sentence)
    for miss in marks.missed:
        printing.line(f"  missed: {miss}")
    for false in marks.accused:
        printing.line(f"  accused: {false}")
    raise typer.Exit(0 if marks.perfect else 1)
