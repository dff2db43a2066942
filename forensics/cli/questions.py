"""`forensics trace`: what became of one order, customer, charge, message, key or run."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from forensics.cli import options, printing
from forensics.model.answer import Answer, TracedLine
from forensics.model.words import duration, fraction_digits_by_source, plural

_LINES = 50
_MICROSECONDS = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(trace)


def trace(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As a log names it.")],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    join: options.Joins = None,
    config: options.ConfigFile = None,
    every_line: Annotated[
        bool, typer.Option("--all", help=f"Every log line, not {_LINES} of them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show all that every source says of an id, in order, and how often what was done.

    An order, customer, charge, message, idempotency key, run or trace: whatever a log names.
    Exit code 0 when all were seen, 1 when one never was.
    """
    options.require_case(case)
    answers = options.open_case(case, options.settings(config, joins=join)).answers(ids)
    if as_json:
        printing.document([asdict(answer) for answer in answers])
    else:
        for answer in answers:
            _print(answer, most=None if every_line else _LINES)
    raise typer.Exit(0 if all(answer.lines for answer in answers) else 1)


def _print(answer: Answer, *, most: int | None) -> None:
    if answer.lines:
        printing.line(f"{answer.asked}: {', '.join(answer.found_as)}")
    for count in answer.counts:
        printing.line(f"  {count.name}: {count.sentence}.")
    if not answer.counts:
        printing.line(answer.verdict)
    if answer.lines:
        printing.line()
        _lines(answer.lines[:most])
        if most is not None and len(answer.lines) > most:
            printing.line(f"and {plural(len(answer.lines) - most, 'more line')}: --all prints them")
        printing.line()


def _lines(lines: Sequence[TracedLine]) -> None:
    digits = fraction_digits_by_source((line.source, line.occurred_at) for line in lines)
    printing.table(
        ("when", "±", "order", "log line", "action", "outcome", "of", "reached"),
        [
            (
                printing.moment(line.occurred_at, digits[line.source]),
                _error(line),
                line.in_order,
                f"{line.source} {line.place}",
                line.action,
                line.outcome,
                line.effect_id or line.entity,
                line.reached,
            )
            for line in lines
        ],
    )


def _error(line: TracedLine) -> str:
    return duration(max(line.error_us, line.resolution_us) / _MICROSECONDS)
