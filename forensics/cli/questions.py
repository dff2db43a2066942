"""`forensics trace`, `check` and `accept`: what became of an id, what is known, what may stay."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from forensics.case.case import Case
from forensics.cli import options, printing
from forensics.cli.id_list import IdList, names_ids, read_ids
from forensics.model.acceptance import Acceptance
from forensics.model.answer import Answer, Checked, TracedLine
from forensics.model.errors import UsageError
from forensics.model.words import came_of_it, duration, fraction_digits_by_source, plural
from forensics.scope.trace_words import MENTIONED

_LINES = 50
_MICROSECONDS = 1_000_000
_Told = TypeVar("_Told", Answer, Checked)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(trace)
    app.command()(check)
    app.command()(accept)


def trace(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As a log names it.")],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    join: options.Joins = None,
    config: options.ConfigFile = None,
    every_line: Annotated[
        bool, typer.Option("--all", help=f"Every log line, not {_LINES} of them.")
    ] = False,
    name_people: options.NamePeople = False,
    as_json: options.Json = False,
) -> None:
    """Show all that every source says of an id, in order, and how often what was done.

    An order, customer, charge, message, idempotency key, run or trace: whatever a log names.
    Exit code 0 when all were seen, 1 when one never was.
    """
    options.require_case(case)
    opened = options.open_case(case, options.settings(config, joins=join))
    answers = _for_print(opened, opened.answers(ids), name_people=name_people)
    if as_json:
        printing.document([asdict(answer) for answer in answers])
    else:
        for answer in answers:
            _print(answer, most=None if every_line else _LINES)
    raise typer.Exit(0 if all(answer.lines for answer in answers) else 1)


def check(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="One id a line, or a CSV; `-` for standard input."),
    ],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The column of ids; default: of those named so the one best known.",
        ),
    ] = None,
    join: options.Joins = None,
    config: options.ConfigFile = None,
    name_people: options.NamePeople = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV, a row an id and finding.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Sort a list of ids into: in a finding of the last audit, seen and in none, not seen.

    Exit code 1 when one is in a finding, else 0.
    """
    options.require_case(case)
    listed = read_ids(file, column=column)
    opened = options.open_case(case, options.settings(config, joins=join))
    found = _for_print(opened, _checked(opened, listed), name_people=name_people)
    if as_json:
        printing.document([asdict(one) for one in found])
    elif as_csv:
        printing.csv_rows(_HEADER, [row for one in found for row in _rows(one)])
    else:
        _print_checked(found)
    raise typer.Exit(1 if any(one.findings for one in found) else 0)


def _checked(case: Case, listed: IdList) -> list[Checked]:
    """The ids of the column of which most were seen; says which.

    Columns whose names say that they hold ids are asked before all others, seen or not; what only
    stands in the text or attributes of a line counts less than what a log names.
    """
    columns = {listed.column: listed.ids, **listed.others}
    every = dict.fromkeys(one for ids in columns.values() for one in ids)
    told = {one.asked: one for one in case.check(list(every))}
    seen = {one for one, found in told.items() if found.sort != "not seen"}
    named = {one for one in seen if not MENTIONED.keys() >= set(told[one].found_as)}
    known = {name: len(seen.intersection(ids)) for name, ids in columns.items()}
    kinds = _kinds(case) if listed.others else []
    of_ids = [name for name in columns if listed.others and names_ids(name, kinds)]
    best = max(
        of_ids or columns, key=lambda name: (len(named.intersection(columns[name])), known[name])
    )
    if not known[best]:
        _say_unseen(best, known, is_asked_for=bool(of_ids) or not listed.others)
    elif listed.others:
        more = ", ".join(f"`{n}` has {c:,}" for n, c in known.items() if c and n != best)
        printing.say(
            f"Read column `{best}`, of which {known[best]:,} were seen"
            f"{f' ({more})' if more else ''}; --column names another."
        )
    return [told[one] for one in columns[best]]


def _say_unseen(column: str, known: Mapping[str, int], *, is_asked_for: bool) -> None:
    if not is_asked_for:
        raise UsageError(
            "No id of any column was ever seen: this clears nothing.",
            hint="Name the column with --column.",
        )
    printing.say(f"No id of column `{column}` was ever seen: this clears nothing.")
    for name, count in known.items():
        if count:
            printing.say(f"Of column `{name}` {count:,} were: check again with --column.")


def _kinds(case: Case) -> list[str]:
    """What the logs call the records that they tell of."""
    return case.sql("SELECT DISTINCT entity_type FROM events WHERE entity_type IS NOT NULL")[
        "entity_type"
    ].to_list()


def _for_print(case: Case, answers: list[_Told], *, name_people: bool) -> list[_Told]:
    """People under pseudonyms, but for the name that was asked for."""
    if name_people:
        return answers
    veil = case.without_people()
    return [replace(veil.within(answer), asked=answer.asked) for answer in answers]


_HEADER = (
    "id", "sort", "found_as", "finding_id", "pattern", "severity", "grade", "status", "acts",
    "money", "verdict",
)  # fmt: skip


def _rows(one: Checked) -> list[tuple[str, ...]]:
    about, found_as = (one.asked, one.sort), ", ".join(one.found_as)
    if not one.findings:
        return [(*about, found_as, "", "", "", "", "", "", "", one.verdict)]
    return [
        (
            *about,
            found_as,
            hit.finding_id,
            hit.pattern,
            hit.severity,
            hit.grade,
            hit.status,
            "; ".join(hit.acts),
            ", ".join(hit.money),
            one.verdict,
        )
        for hit in one.findings
    ]


def _print_checked(found: Sequence[Checked]) -> None:
    sorts = {sort: [one for one in found if one.sort == sort] for sort in _SORTS}
    if hit := sorts["in a finding"]:
        printing.table(
            (
                "in a finding",
                "as",
                "finding",
                "pattern",
                "severity",
                "grade",
                "status",
                "money",
                "to do",
            ),
            [(*row[:1], *row[2:8], row[9], row[8]) for one in hit for row in _rows(one)],
        )
        printing.line()
    if seen := sorts["seen"]:
        printing.table(
            ("in no finding", "as", "what was done"),
            [(one.asked, ", ".join(one.found_as), one.verdict) for one in seen],
        )
        printing.line()
    if unseen := sorts["not seen"]:
        printing.table(("not seen",), [(one.asked,) for one in unseen])
        printing.line()
    once = sum(one.is_once for one in seen)
    accepted = sum(all(f.status == "accepted" for f in one.findings) for one in hit)
    stands = f" ({accepted:,} only in accepted ones)" if accepted else ""
    printing.line(
        f"{plural(len(found), 'id')}: {len(hit):,} in a finding{stands}, {len(seen):,} in none"
        f" ({once:,} of them proven to be once), {len(unseen):,} not seen."
    )


_SORTS = ("in a finding", "seen", "not seen")


def accept(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[FINDING|INCIDENT]", help="An id, or its beginning."),
    ] = None,
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; kept with who said so and when.")
    ] = "",
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="From when on it counts again: a date, or `30d` ahead."),
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Let what was accepted count again.")
    ] = False,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Accept a finding, or all of an incident's: until it grows, it no longer counts.

    Without an id, list what was accepted.
    """
    options.require_case(case)
    opened = options.open_case(case)
    if name is None:
        said = opened.acceptances()
    elif withdraw:
        said = opened.withdraw(name, reason=reason, wait_s=wait)
    elif not reason:
        raise UsageError("Nothing is accepted without a reason.", hint="Say it with --reason.")
    else:
        moment = options.ahead(until, option="--until")
        said = opened.accept(name, reason=reason, until=moment, wait_s=wait)
    if as_json:
        printing.document([asdict(one) for one in said])
    else:
        _print_acceptances(said)


def _print_acceptances(said: Sequence[Acceptance]) -> None:
    now = datetime.now(UTC)
    printing.table(
        ("finding", "stands", "until", "said by", "at", "reason", "what"),
        [
            (
                one.finding_id,
                "withdrawn" if one.withdrawn else "accepted" if one.holds(now) else "run out",
                printing.moment(one.until) if one.until else "it grows",
                one.said_by,
                printing.moment(one.said_at),
                one.reason,
                one.title,
            )
            for one in said
        ],
    )
    if not said:
        printing.line("Nothing was ever accepted in this case.")
    elif any(one.holds(now) for one in said):
        printing.line(
            "What is accepted counts for nothing: `forensics show` and `forensics report --out DIR`"
            " say so at once, the case's own report from the next audit on."
        )
    elif any(one.withdrawn for one in said):
        printing.line("What was withdrawn counts again, from the next audit on as `growing`.")


def _print(answer: Answer, *, most: int | None) -> None:
    if answer.lines:
        printing.line(f"{answer.asked}: {', '.join(answer.found_as)}")
    for count in answer.counts:
        printing.prose(f"{count.name}: {count.sentence}.", indent="  ")
    if not answer.counts:
        printing.prose(answer.verdict)
    if answer.lines:
        printing.line()
        _lines(answer.lines[:most])
        if most is not None and len(answer.lines) > most:
            printing.line(f"and {plural(len(answer.lines) - most, 'more line')}: --all prints them")
        printing.line()


def _lines(lines: Sequence[TracedLine]) -> None:
    digits = fraction_digits_by_source((line.source, line.occurred_at) for line in lines)
    printing.events(
        ("when", "±", "order", "log line", "action", "outcome", "of", "reached"),
        [
            (
                printing.moment(line.occurred_at, digits[line.source]),
                _error(line),
                line.in_order,
                printing.log_line(line.source, line.place),
                line.action,
                came_of_it(line.outcome, line.error),
                line.effect_id or line.entity,
                line.reached,
            )
            for line in lines
        ],
        below=("log line", "reached"),
    )


def _error(line: TracedLine) -> str:
    return duration(max(line.error_us, line.resolution_us) / _MICROSECONDS)
