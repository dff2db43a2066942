"""`forensics map`: a mapping for a log that nobody knows."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer

import connectors.registry
from forensics.case.mapping_proposal import Known, MappingProposal, propose_mapping
from forensics.cli import options, printing
from forensics.cli.map_sight import has_records, print_sight, runs_are_one, where_time_may_be
from forensics.model.columns import TOLD_BY
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from forensics.model.words import plural
from forensics.normalise.propose import Line, Proposal

_INDENT = "  "
_SHOWN = 40
_TABLES = 5
_TABLE = re.compile(r"[?&]table=")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="map")(propose)


def propose(
    source: Annotated[str, typer.Argument(metavar="[NAME=]SOURCE", help="The unknown log.")],
    *,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="COLUMN=PATH",
            help="What you know better: a path such as `headers.idem`, or an expression with"
            " `{path}` in it; may be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The mapping; default: NAME.toml.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="Zone of times that have none.")
    ] = "UTC",
    pattern: Annotated[
        str,
        typer.Option(
            metavar="REGEX", help="How a line of text is taken apart: (?P<level>[A-Z]+) (?P<id>.*)."
        ),
    ] = "",
    log_format: options.LogFormat = "",
    force: Annotated[
        bool, typer.Option(help="Also for a format that is known, and over an existing file.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Propose a mapping for an unknown log, say why, and show what could be seen with it."""
    options.check_zone(timezone)
    spec = SourceSpec.parse(source, final=True, log_format=log_format)
    found = propose_mapping(
        connectors.registry,
        spec,
        given=_pairs(given or ()),
        pattern=pattern,
        timezone=timezone,
        force=force or bool(pattern),
    )
    if isinstance(found, Known):
        _say_known(found, timezone, as_json=as_json)
        return
    _require_one_table(spec)
    path = out or Path(f"{found.name}.toml")
    _write(path, found.text, force=force)
    command = _command(found, path, timezone)
    if as_json:
        printing.document(_document(found, path, command))
    else:
        _print(found, path, command, timezone)


def _require_one_table(spec: SourceSpec) -> None:
    """Tables of one database are logs of their own: a mapping of all would fit none.

    Raises:
        UsageError: The address names a database with several tables, and none of them.
    """
    kind = connectors.registry.live_source(spec.address)
    if kind is None or "table" not in kind.options or _TABLE.search(spec.address):
        return
    tables = [part.name for part in kind.open(spec).facts() if part.records != 0]
    if len(tables) > 1:
        shown = ", ".join(f"`{table}`" for table in tables[:_TABLES])
        more = f" and {len(tables) - _TABLES} more" if len(tables) > _TABLES else ""
        raise UsageError(
            f"`{spec.address}` has {len(tables)} tables with rows, each a log of its own:"
            f" {shown}{more}.",
            hint="Propose a mapping for each: "
            + "; ".join(
                f"`forensics map {_of_table(spec.address, table, kind.schemes[0])}`"
                for table in tables[:_TABLES]
            )
            + ". Each says how to read its table.",
        )


def _of_table(address: str, table: str, scheme: str) -> str:
    full = address if "://" in address else f"{scheme}://{quote(address)}"
    joint = "&" if "?" in full else "?"
    return shlex.quote(f"{table}={full}{joint}table={quote(table)}")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    result = {}
    for text in given:
        column, separator, value = text.partition("=")
        if not separator or not column or not value:
            raise UsageError(
                f"--set: `{text}` is not COLUMN=PATH.",
                hint="Write --set operation_key=headers.idem.",
            )
        result[column.strip()] = value.strip()
    return result


def _say_known(found: Known, timezone: str, *, as_json: bool) -> None:
    how = f" --log-format {shlex.quote(found.log_format)}" if found.log_format else ""
    command = _audit(found, how, timezone)
    if as_json:
        printing.document({"known": found, "command": command})
        return
    printing.line(
        f"This is {found.title}; no mapping is needed (beside other formats that are named:"
        f" `--format {found.format}`). --force proposes one all the same."
    )
    printing.line(f"{_INDENT}{command}")


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"`{path}` is there already.",
            hint="Name another with --out, or write over it with --force.",
        ) from None
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}.") from None


def _command(found: MappingProposal, path: Path, timezone: str) -> str:
    # A format is taken for a file where it ends in .toml or has a slash.
    file = path if path.suffix == ".toml" else path.absolute()
    return _audit(found, f" --format {shlex.quote(str(file))}", timezone)


def _audit(found: MappingProposal | Known, how: str, timezone: str) -> str:
    zone = "" if timezone == "UTC" else f" --timezone {shlex.quote(timezone)}"
    return f"forensics audit {shlex.quote(f'{found.name}={found.address}')}{how} --case case{zone}"


def _print(found: MappingProposal, path: Path, command: str, timezone: str) -> None:
    proposal, tally = found.proposal, found.trial.tally
    printing.table(
        ("column", "from", "confidence", "why"),
        [(x.column, x.expression, f"{x.confidence:.2f}", x.reason) for x in proposal.lines],
    )
    if proposal.rows:
        printing.line()
        printing.table(
            ("where", "is", "because"),
            [(row.when, _words(row.columns), row.comment) for row in proposal.rows],
        )
    if proposal.alternatives:
        printing.line()
        printing.table(
            ("perhaps", "from", "confidence", "why"),
            [
                (x.column, x.expression, f"{x.confidence:.2f}", x.reason)
                for x in proposal.alternatives
            ],
        )
    if proposal.left:
        printing.line()
        printing.table(("field left", "kept in", "example"), _left(proposal)[:_SHOWN])
        if len(proposal.left) > _SHOWN:
            printing.line(f"and {len(proposal.left) - _SHOWN} more, which --json lists.")
    if lacking := [b for b in found.trial.blind if not b.of_other_kinds]:
        printing.line()
        printing.table(
            ("blind pattern", "lacks", "cure"),
            [(b.pattern, ", ".join(b.missing), _cure(b.cure, b.maybe)) for b in lacking],
        )
        named = {name for b in lacking for need in b.missing for name in need.split("|")}
        for name in sorted(named & TOLD_BY.keys() if has_records(proposal) else ()):
            column, where = TOLD_BY[name]
            printing.line(f"`{name}` is told by `{column}` {where}.")
    printing.line()
    print_sight(found)
    ignored = sum(tally.ignored.values())
    printing.line(
        f"Of {tally.read:,} sampled records {tally.mapped:,} give {tally.events:,} events,"
        f" {ignored:,} are ignored and {tally.quarantined:,} cannot be read."
    )
    _print_doubts(found)
    _print_next(found, path, command, timezone)


def _print_doubts(found: MappingProposal) -> None:
    proposal = found.proposal
    if found.warning:
        printing.line(found.warning)
    for line in proposal.lines:
        if line.doubt:
            printing.line(line.doubt)
    if all(line.column != "occurred_at" for line in proposal.lines):
        printing.line(
            f"No time was found, and most patterns need one. {where_time_may_be(proposal)}"
        )
    if sentence := runs_are_one(proposal):
        printing.line(sentence)
    if found.trial.zoneless.times:
        printing.line(
            f"{plural(found.trial.zoneless.times, 'time')} without a zone were read as"
            f" {found.trial.zoneless.zone}: --timezone says which zone it is."
        )


def _print_next(found: MappingProposal, path: Path, command: str, timezone: str) -> None:
    printing.line(f"Written to {path}. Read it, correct it, then:")
    printing.line(f"{_INDENT}{command}")
    printing.line("or in forensics.toml:")
    printing.line(f"{_INDENT}[sources.{found.name}]")
    printing.line(f"{_INDENT}address = {_toml(found.address)}")
    printing.line(f"{_INDENT}format = {_toml(str(path))}")
    if timezone != "UTC":
        printing.line(f"{_INDENT}[audit]")
        printing.line(f"{_INDENT}timezone = {_toml(timezone)}")


def _words(columns: Any) -> str:  # noqa: ANN401 - a mapping of column to expression
    return " ".join(f"{column}={word}" for column, word in columns.items())


def _left(proposal: Proposal) -> list[tuple[str, str, str]]:
    return [
        (f.path, "attributes" if proposal.keeps(f) else "raw", f.example) for f in proposal.left
    ]


def _cure(cure: str, maybe: Sequence[str]) -> str:
    return f"{cure} Perhaps --set {' or --set '.join(maybe)}." if maybe else cure


def _document(found: MappingProposal, path: Path, command: str) -> dict[str, Any]:
    proposal = found.proposal
    return {
        "name": found.name,
        "address": found.address,
        "file": str(path),
        "command": command,
        "records": proposal.records,
        "warning": found.warning,
        "lists": proposal.lists,
        "recognise": proposal.recognise,
        "columns": [_line(line) for line in proposal.lines],
        "classify": proposal.rows,
        "alternatives": [_line(line) for line in proposal.alternatives],
        "left": [
            {"field": path, "kept_in": kept, "example": example}
            for path, kept, example in _left(proposal)
        ],
        "trial": found.trial,
        "mapping": found.text,
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "column": line.column,
        "from": line.expression,
        "confidence": line.confidence,
        "reason": line.reason,
        "doubt": line.doubt,
    }


def _toml(text: str) -> str:
    """A TOML basic string; JSON escapes the same characters."""
    return orjson.dumps(text).decode()
