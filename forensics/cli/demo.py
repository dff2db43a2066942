"""`forensics demo`: the sample week in, the page out, and how many planted cases were found."""

import shutil
from pathlib import Path
from typing import Annotated

import orjson
import typer

from forensics.case.samples import score, week
from forensics.cli import options, printing, summary
from forensics.model.errors import UsageError
from forensics.report.document import rendered

_CASE = Path("demo-case")


def _clear(case: Path, addresses: set[str]) -> None:
    """Remove what an earlier demo left; a case that holds anything else stays.

    Raises:
        UsageError: The case was not made by a demo.
    """
    if not (case / "case.json").exists():
        return
    held = set(options.open_case(case).sql("SELECT DISTINCT address FROM acquisitions")["address"])
    if not held <= addresses:
        raise UsageError(
            f"`{case}` is a case with evidence of its own, not a demo's.",
            hint="Name another folder with --case.",
        )
    shutil.rmtree(case)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    *,
    case: Annotated[
        Path, typer.Option(metavar="DIR", help="Made anew; a case of your own is never touched.")
    ] = _CASE,
    as_json: options.Json = False,
) -> None:
    """Audit the sample week of a made-up shop and say how many planted cases were found."""
    sources, truth = week()
    _clear(case, {source.address for source in sources})
    opened = options.open_case(case)
    accounts = opened.ingest(sources)
    result = opened.audit()
    marks = score(opened, result, truth)
    if as_json:
        printing.document(orjson.loads(rendered(result)) | {"marks": marks})
        raise typer.Exit(0 if marks.perfect else 1)
    summary.accounts(accounts)
    summary.audit(orjson.loads(rendered(result)), case=case, report=case / "report")
    printing.line(marks.sentence)
    for miss in marks.missed:
        printing.line(f"  missed: {miss}")
    for false in marks.accused:
        printing.line(f"  accused: {false}")
    raise typer.Exit(0 if marks.perfect else 1)
